//! TLS for STARTTLS, with a certificate made for this run.
//!
//! Takes the sink's name, gives an acceptor. It never reads or writes a file, and never touches the process-wide
//! provider: the one to use is passed explicitly.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::TcpStream;
pub(super) use tokio_rustls::TlsAcceptor as Acceptor;

/// A connection after the handshake.
pub(super) type Secured = tokio_rustls::server::TlsStream<TcpStream>;

/// The connection below it.
pub(super) fn below(secured: &Secured) -> &TcpStream {
    secured.get_ref().0
}

/// An acceptor with a self-signed certificate for `hostname`, `localhost` and the loopback addresses.
///
/// # Errors
///
/// If no key or certificate can be made, for example because `hostname` cannot stand in one.
pub(super) fn acceptor(hostname: &str) -> Result<Acceptor, Box<dyn std::error::Error + Send + Sync>> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if !names.iter().any(|name| name == hostname) {
        names.insert(0, hostname.to_owned());
    }
    let made = rcgen::generate_simple_self_signed(names)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    Ok(Acceptor::from(Arc::new(config)))
}
