//! The limits of a client.
//!
//! Plain numbers that the command line or a caller sets; each names its flag. It applies none of them.

use std::time::Duration;

/// The limits of a client. Every message about a limit names its flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpOptions {
    /// How long a connection may take to be made (`--connect-timeout`). Default: 5 s.
    pub connect_timeout: Duration,
    /// How long one request may take, from its start to the last byte of the body (`--request-timeout`). Default: 30 s.
    pub request_timeout: Duration,
    /// How many bytes of a body are read (`--body-limit`). Default: 1 MiB.
    pub body_limit: usize,
}

impl Default for HttpOptions {
    fn default() -> HttpOptions {
        HttpOptions {
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
            body_limit: 1024 * 1024,
        }
    }
}
