//! What a server is started with: what the user asks for, and the programs that were found. It looks for none.

use std::path::PathBuf;
use std::time::Duration;

use crate::target::install::InstallOptions;
use crate::target::template::Values;

/// What a managed server is started with.
#[derive(Debug, Clone)]
pub struct StartOptions {
    /// The host of the SMTP server that the homeserver should use.
    pub smtp_host: String,
    /// Its port.
    pub smtp_port: u16,
    /// The domain of the addresses that scenarios use, for profiles that restrict domains.
    pub mail_domain: String,
    /// Further placeholders, such as files of the embedded identity server.
    pub values: Values,
    /// How the software is installed.
    pub install: InstallOptions,
    /// The server's binary (`--binary`), for a profile that has none installed. `None`: the one in `PATH`.
    pub binary: Option<PathBuf>,
    /// A folder to keep what the server writes in; `None` for a temporary one.
    pub scratch: Option<PathBuf>,
    /// How long the server may take to answer (`--start-timeout`). Default: 60 s.
    pub start_timeout: Duration,
    /// How long it may take to end by itself. Default: 10 s.
    pub stop_timeout: Duration,
}

impl StartOptions {
    /// The defaults, with mail to the given place.
    pub fn new(smtp_host: impl Into<String>, smtp_port: u16, mail_domain: impl Into<String>) -> StartOptions {
        StartOptions {
            smtp_host: smtp_host.into(),
            smtp_port,
            mail_domain: mail_domain.into(),
            values: Values::new(),
            install: InstallOptions::default(),
            binary: None,
            scratch: None,
            start_timeout: Duration::from_secs(60),
            stop_timeout: Duration::from_secs(10),
        }
    }
}

/// The programs that a start needs.
#[derive(Debug, Default)]
pub(in crate::target) struct Tools {
    /// The interpreter of the environment that was installed.
    pub(in crate::target) python: Option<PathBuf>,
    /// The binary that somebody brings.
    pub(in crate::target) binary: Option<PathBuf>,
    /// What runs containers.
    pub(in crate::target) runtime: Option<&'static str>,
}
