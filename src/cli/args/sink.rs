//! The arguments of `sink`, and those about mail that it shares with `run` and `doctor`.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;

use super::durations;
use threepid_wire::mail::Login;

/// What is demanded of whoever sends mail.
#[derive(Debug, Clone, Default, Args)]
pub struct SmtpArgs {
    /// Take mail over TLS from the first byte, as on port 465, with a certificate made for this run.
    #[arg(long, help_heading = super::MAIL)]
    pub smtp_tls: bool,
    /// Take mail only after this login.
    #[arg(long, help_heading = super::MAIL, value_name = "USER:PASSWORD", env = "THREEPID_SMTP_USER", hide_env_values = true)]
    pub smtp_user: Option<Login>,
}

/// Arguments of `sink`.
#[derive(Debug, Args)]
pub struct SinkArgs {
    /// Where to take mail.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:2525")]
    pub smtp_listen: SocketAddr,
    /// Offer STARTTLS, with a certificate made for this run. Off by default, as for `run`: homeservers that ask for TLS
    /// whenever it is offered refuse a certificate that nobody has signed.
    #[arg(long)]
    pub smtp_starttls: bool,
    #[command(flatten)]
    pub smtp: SmtpArgs,
    /// Print whole mails, as they came.
    #[arg(long, conflicts_with = "json")]
    pub raw: bool,
    /// Print each mail as a line of JSON: its addresses, subject, links, codes and texts.
    #[arg(long)]
    pub json: bool,
    /// Wait for one mail to this address, print it, and end; exit code 3 if none comes in time.
    #[arg(long, value_name = "ADDRESS")]
    pub wait_for: Option<String>,
    /// How long to wait for it.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = durations::some_time)]
    pub timeout: Duration,
    /// Refuse mail to this address with 550; may be repeated.
    #[arg(long, value_name = "ADDRESS")]
    pub refuse: Vec<String>,
    /// Answer late to mail for this address: `slow@example.org=5s`; may be repeated.
    #[arg(long, value_name = "ADDRESS=DURATION", value_parser = late)]
    pub delay: Vec<(String, Duration)>,
    /// Answer questions about the mails at this address of the loopback: `GET /mails`, `/mails/1`, `/mails/1/links`.
    #[arg(long, value_name = "ADDR")]
    pub http_listen: Option<SocketAddr>,
}

/// An address, and how late it is answered.
fn late(text: &str) -> Result<(String, Duration), String> {
    let (address, duration) = text.rsplit_once('=').ok_or("give an address and a time, such as slow@example.org=5s")?;
    Ok((address.to_owned(), durations::some_time(duration)?))
}
