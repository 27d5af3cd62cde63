//! Where a homeserver that somebody else started is, and when it answers.
//!
//! Takes `--homeserver` and `--wait-for`; gives the address to test, and says on standard error what led there. It tests
//! nothing.

use super::args::durations;
use super::start::Starter;
use super::terminal;
use crate::target::{leads_on, reach, wait_for};
use threepid_wire::http::{Client, HttpOptions, Shared};

impl Starter<'_> {
    /// The client that asks where a homeserver is.
    fn client(&self) -> Result<Client, String> {
        let shared = match self.authorities {
            Some(authorities) => Shared::with_pem(&authorities.pem, &authorities.file),
            None => Shared::new(),
        };
        let http = HttpOptions {
            request_timeout: self.args.http.request_timeout,
            connect_timeout: self.args.http.connect_timeout,
            ..HttpOptions::default()
        };
        let shared = shared.map_err(|fault| fault.to_string())?;
        Client::new(&http, &shared).map_err(|fault| fault.to_string())
    }

    /// The address of what was given, which may be a server name.
    pub(super) async fn reached(&self, given: &str) -> Result<String, String> {
        let reached = reach(given, &self.client()?).await?;
        if let Some(via) = reached.via {
            terminal::err(&format!("{via} leads to {}\n", reached.url));
        }
        Ok(reached.url)
    }

    /// Where the address's `/.well-known/matrix/client` leads to, if elsewhere: the address may be that of the server
    /// name instead of the homeserver's.
    pub(super) async fn led_on(&self, url: &str) -> Result<Option<String>, String> {
        let next = leads_on(url, &self.client()?).await.ok().filter(|next| next != url.trim_end_matches('/'));
        if let Some(next) = &next {
            terminal::err(&format!("{url} is not a homeserver; its /.well-known/matrix/client leads to {next}\n"));
        }
        Ok(next)
    }

    /// Waits until the address of `--wait-for` answers, while mail is taken already.
    ///
    /// # Errors
    ///
    /// A message that says what the last try came to, or that the options are not right.
    pub(super) async fn wait(&self) -> Result<(), String> {
        let Some([url, limit]) = self.args.wait_for.as_deref() else { return Ok(()) };
        let limit = durations::some_time(limit).map_err(|fault| format!("{limit}: {fault} (--wait-for)"))?;
        terminal::err(&format!("waiting for {url}; mail is taken at {}\n", self.sink.addr()));
        wait_for(url, limit, &self.client()?).await
    }
}
