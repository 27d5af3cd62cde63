//! The arguments of `doctor`: those of `run` that say where a homeserver is, how it is reached, and where its mail comes.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args, Parser};

use super::{HttpArgs, ProvisionArgs, RunArgs, SmtpArgs, durations};

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The homeserver: its address, or a server name whose `/.well-known/matrix/client` leads there.
    #[arg(long, value_name = "URL|NAME")]
    pub homeserver: String,
    /// The address that the homeserver's links carry, if it is not where it is reached.
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Something the homeserver is configured for, as scenarios name it under `needs`; may be repeated.
    #[arg(long, value_name = "NEED")]
    pub offers: Vec<String>,
    /// Where to take mail [default: 127.0.0.1:2525].
    #[arg(long, value_name = "ADDR")]
    pub smtp_listen: Option<SocketAddr>,
    /// Offer STARTTLS, with a certificate made for the moment.
    #[arg(long)]
    pub smtp_starttls: bool,
    #[command(flatten)]
    pub smtp: SmtpArgs,
    /// How long to wait for the mail.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = durations::some_time)]
    pub mail_timeout: Duration,
    #[command(flatten)]
    pub http: HttpArgs,
    #[command(flatten)]
    pub provision: ProvisionArgs,
}

/// `run` without anything said.
#[derive(Debug, Parser)]
struct Unsaid {
    #[command(flatten)]
    run: RunArgs,
}

impl DoctorArgs {
    /// The arguments with which `run` would begin.
    ///
    /// # Errors
    ///
    /// If the defaults of `run` are not right, which its own tests rule out.
    pub fn into_run(self) -> Result<RunArgs, clap::Error> {
        let Unsaid { run } = Unsaid::try_parse_from(["run"])?;
        Ok(RunArgs {
            homeserver: Some(self.homeserver),
            public_url: self.public_url,
            offers: self.offers,
            smtp_listen: self.smtp_listen,
            smtp_starttls: self.smtp_starttls,
            smtp: self.smtp,
            mail_timeout: self.mail_timeout,
            http: self.http,
            provision: self.provision,
            ..run
        })
    }
}
