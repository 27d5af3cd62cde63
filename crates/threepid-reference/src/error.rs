//! Why the server did not start, in words for whoever starts it.

use std::net::SocketAddr;

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The listening address could not be taken.
    #[error("cannot listen on {addr}; choose a free port, or port 0")]
    Bind {
        /// The address asked for.
        addr: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The base of the links is not an absolute http(s) address.
    #[error("the public address `{given}` is not an absolute http or https address")]
    PublicUrl {
        /// The address asked for.
        given: String,
    },
    /// Two shapes decide the same aspect differently.
    #[error("the shapes `{first}` and `{second}` both decide {aspect}; choose one")]
    Contradiction {
        /// The shape named first.
        first: &'static str,
        /// The shape named later.
        second: &'static str,
        /// What both decide.
        aspect: &'static str,
    },
    /// The server name cannot stand in a mail address.
    #[error("`{given}` cannot be a server name: no mail can be sent from it")]
    ServerName {
        /// The name asked for.
        given: String,
    },
    /// A certificate or a key cannot be read.
    #[error("invalid PEM in the certificate or key of {0}")]
    Certificate(&'static str),
    /// TLS refuses what it was given.
    #[error("TLS cannot be set up")]
    Tls {
        /// What it said.
        source: rustls::Error,
    },
    /// The client for identity servers cannot be made.
    #[error("the client for identity servers cannot be set up")]
    IdentityClient {
        /// What it said.
        source: reqwest::Error,
    },
    /// There is no randomness for a key.
    #[error("the operating system gave no randomness for a signing key")]
    SigningKey,
}
