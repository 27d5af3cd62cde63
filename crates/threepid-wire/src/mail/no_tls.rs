//! What the sink has where the program is built without TLS: no handshake succeeds, and STARTTLS is never offered.
//!
//! It has the interface of `tls`.

use std::io;

use tokio::net::TcpStream;

/// Makes no handshake.
#[derive(Debug, Clone)]
pub(super) struct Acceptor(());

/// There is no connection after a handshake.
pub(super) type Secured = TcpStream;

/// The connection itself.
pub(super) fn below(secured: &Secured) -> &TcpStream {
    secured
}

impl Acceptor {
    /// Refuses.
    ///
    /// # Errors
    ///
    /// Always.
    pub(super) async fn accept(&self, _tcp: TcpStream) -> io::Result<Secured> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// One that makes no handshake.
///
/// # Errors
///
/// Never.
pub(super) fn acceptor(_hostname: &str) -> Result<Acceptor, Box<dyn std::error::Error + Send + Sync>> {
    Ok(Acceptor(()))
}
