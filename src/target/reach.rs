//! Finding a homeserver that somebody else started, and waiting until it answers.
//!
//! Takes what was given for it, a server name or an address; gives the address of its client-server API, or what was seen
//! instead. It asks for nothing but `/.well-known/matrix/client`, and for the address that it is to wait for.

use std::net::IpAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};

use super::patience::in_short;
use threepid_wire::http::{Client, Origins, Outgoing};

/// Where a server name says that its homeserver is.
const WELL_KNOWN: &str = "/.well-known/matrix/client";

/// How often a server that does not answer yet is asked. There is nothing else to wait on: it is somebody else's.
const INTERVAL: Duration = Duration::from_millis(250);

/// Where a homeserver is, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// Where its client-server API is.
    pub url: String,
    /// The address whose answer led there; `None` if nothing had to be asked.
    pub via: Option<String>,
}

/// That something can be the address of a homeserver, or a server name.
///
/// # Errors
///
/// What it should be instead.
pub fn check_address(given: &str, public_url: Option<&str>) -> Result<(), String> {
    let name = given.trim_end_matches('/');
    if !given.contains("://") {
        let host = name.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(name, |(host, _)| host);
        let is_address = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() || host == "localhost";
        // Nobody serves a `/.well-known` for those.
        if is_address {
            return Err(format!(
                "`{given}` does not say whether it is asked by HTTP or HTTPS: give `http://{name}` or `https://{name}`"
            ));
        }
        let plain = |c: char| c.is_alphanumeric() || "-.".contains(c);
        if host.is_empty() || !host.chars().all(plain) || Origins::parse(&format!("https://{name}"), None).is_err() {
            return Err(format!(
                "`{given}` is neither an address, such as `http://127.0.0.1:8008`, nor a server name, such as \
                 `example.org`"
            ));
        }
        return Origins::parse(&format!("https://{name}"), public_url).map(|_| ()).map_err(|fault| fault.to_string());
    }
    Origins::parse(given, public_url).map(|_| ()).map_err(|fault| fault.to_string())
}

/// Turns a server name into an address; an address stays what it is.
///
/// # Errors
///
/// A message that says what was asked and what it answered, if a server name leads nowhere.
pub async fn reach(given: &str, client: &Client) -> Result<Reached, String> {
    if given.contains("://") {
        return Ok(Reached { url: given.to_owned(), via: None });
    }
    let base = format!("https://{}", given.trim_end_matches('/'));
    match leads_on(&base, client).await {
        Ok(url) => Ok(Reached { url, via: Some(format!("{base}{WELL_KNOWN}")) }),
        // Nobody has to have one: then the name is the address.
        Err(seen) if seen.absent => Ok(Reached { url: base, via: None }),
        Err(seen) => Err(format!(
            "`{given}` is taken for a server name, since it has no `http://` or `https://`, and {}; give its address \
             with --homeserver URL",
            seen.what
        )),
    }
}

/// What was seen of a `/.well-known/matrix/client` that leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// It is not there at all.
    pub absent: bool,
    /// What was asked and answered.
    pub what: String,
}

/// Where the `/.well-known/matrix/client` below an address leads.
///
/// # Errors
///
/// What was seen instead of an address.
pub async fn leads_on(base: &str, client: &Client) -> Result<String, Seen> {
    let url = format!("{}{WELL_KNOWN}", base.trim_end_matches('/'));
    let exchange = client.send(Outgoing::new("GET", url.clone())).await;
    let seen = |absent, what: String| Err(Seen { absent, what: format!("{url} {what}") });
    let Some(response) = exchange.response.as_ref().filter(|_| exchange.failure.is_none()) else {
        return seen(false, format!("could not be had: {}", in_short(&exchange)));
    };
    if response.status != 200 {
        return seen(response.status == 404, format!("answered {}", in_short(&exchange)));
    }
    let body: Option<Value> = response.body.text.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let found = body.as_ref().and_then(|body| body.pointer("/m.homeserver/base_url")).and_then(Value::as_str);
    match found.filter(|url| url.starts_with("https://") || url.starts_with("http://")) {
        Some(url) => Ok(url.trim_end_matches('/').to_owned()),
        None => seen(false, "names no address in `m.homeserver` `base_url`".to_owned()),
    }
}

/// Waits until an address answers with less than 500.
///
/// # Errors
///
/// A message that says what the last try came to.
pub async fn wait_for(url: &str, limit: Duration, client: &Client) -> Result<(), String> {
    let answered = answers(Outgoing::new("GET", url), limit, client).await;
    answered.map_err(|last| format!("{url} did not answer within {} s (--wait-for): {last}", limit.as_secs_f64()))
}

/// Waits until a request is answered with less than 500.
///
/// # Errors
///
/// What the last try came to.
pub async fn answers(request: Outgoing, limit: Duration, client: &Client) -> Result<(), String> {
    let deadline = Instant::now() + limit;
    let mut last = "it was not asked yet".to_owned();
    loop {
        let Ok(exchange) = timeout_at(deadline, client.send(request.clone())).await else { break };
        match &exchange.response {
            Some(response) if exchange.failure.is_none() && response.status < 500 => return Ok(()),
            _ => last = in_short(&exchange),
        }
        if timeout_at(deadline, sleep(INTERVAL)).await.is_err() {
            break;
        }
    }
    Err(last)
}
