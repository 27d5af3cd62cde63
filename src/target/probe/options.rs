//! What a target is probed with. It asks nothing.

use std::time::Duration;

use threepid_wire::http::Origins;

use super::found::Watch;
use crate::target::accounts::AccountOptions;

/// What a target is probed with.
#[derive(Debug, Clone)]
pub struct ProbeOptions {
    /// The profile's name, or `homeserver` where only an address was given.
    pub name: String,
    /// Where it is.
    pub origins: Origins,
    /// How accounts come to be.
    pub accounts: AccountOptions,
    /// The domain of the probe mail's address.
    pub mail_domain: String,
    /// How long to wait for the probe mail (`--mail-timeout`). Default: 10 s.
    pub mail_timeout: Duration,
    /// Where the server's SMTP settings are, for messages.
    pub mail_hint: Option<String>,
    /// Abilities that cannot be probed (`--offers`, and what the profile's variant offers): `identity-server`, …
    pub offers: Vec<String>,
    /// Where it is noted what is found.
    pub watch: Watch,
}

impl ProbeOptions {
    /// The defaults for a server at these origins.
    pub fn new(name: impl Into<String>, origins: Origins, mail_domain: impl Into<String>) -> ProbeOptions {
        ProbeOptions {
            name: name.into(),
            origins,
            accounts: AccountOptions::default(),
            mail_domain: mail_domain.into(),
            mail_timeout: Duration::from_secs(10),
            mail_hint: None,
            offers: Vec::new(),
            watch: Watch::default(),
        }
    }
}
