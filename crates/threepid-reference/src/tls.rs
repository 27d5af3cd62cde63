//! TLS, on both sides: trusting identity servers, and being reachable for them.
//!
//! *Takes* certificates and keys as PEM; *gives* a client's settings and a listener; *never* touches the provider that the
//! whole process shares: ring is passed explicitly.

use std::{fmt, future::pending, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::serve::Listener;
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::StartError;

/// Handshakes at the same time; further connections wait for theirs.
const MAX_HANDSHAKES: usize = 64;
/// How long a client may take for its handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// A second listener for the same server, over TLS.
#[derive(Clone)]
pub struct Tls {
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The certificate chain.
    pub cert_pem: String,
    /// The private key.
    pub key_pem: String,
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tls").field("listen", &self.listen).finish_non_exhaustive()
    }
}

/// Trusts the authorities in `pem` and no others.
pub(super) fn client_config(pem: &str) -> Result<ClientConfig, StartError> {
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_slice_iter(pem.as_bytes());
    for certificate in certificates {
        let added = certificate.ok().map(|it| roots.add(it));
        if !matches!(added, Some(Ok(()))) {
            return Err(StartError::Certificate("an identity server's authority"));
        }
    }
    if roots.is_empty() {
        return Err(StartError::Certificate("an identity server's authority"));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|source| StartError::Tls { source })?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

fn server_config(tls: &Tls) -> Result<ServerConfig, StartError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(tls.cert_pem.as_bytes()).collect();
    let chain = chain.map_err(|_| StartError::Certificate("the TLS listener"))?;
    let key = PrivateKeyDer::from_pem_slice(tls.key_pem.as_bytes())
        .map_err(|_| StartError::Certificate("the TLS listener"))?;
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|source| StartError::Tls { source })?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|source| StartError::Tls { source })
}

/// Accepts TLS connections. Handshakes happen beside each other, so that a slow client keeps nobody waiting.
#[derive(Debug)]
pub(super) struct TlsListener {
    addr: SocketAddr,
    accepted: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    accepting: JoinHandle<()>,
}

impl TlsListener {
    pub(super) async fn bind(tls: &Tls) -> Result<Self, StartError> {
        let config = server_config(tls)?;
        let taken = |source| StartError::Bind { addr: tls.listen, source };
        let listener = TcpListener::bind(tls.listen).await.map_err(taken)?;
        let addr = listener.local_addr().map_err(taken)?;
        let (sender, accepted) = mpsc::channel(MAX_HANDSHAKES);
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let accepting = tokio::spawn(accept(listener, acceptor, sender));
        Ok(Self { addr, accepted, accepting })
    }

    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for TlsListener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.accepted.recv().await {
            Some(connection) => connection,
            None => pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.addr)
    }
}

async fn accept(
    mut listener: TcpListener,
    acceptor: TlsAcceptor,
    sender: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let handshakes = Arc::new(Semaphore::new(MAX_HANDSHAKES));
    while let Ok(place) = Arc::clone(&handshakes).acquire_owned().await {
        // The listener of axum waits and tries again when the machine has no descriptors left.
        let (stream, peer) = Listener::accept(&mut listener).await;
        drop(stream.set_nodelay(true));
        let (acceptor, sender) = (acceptor.clone(), sender.clone());
        tokio::spawn(async move {
            match timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
                // An error means that the server has stopped.
                Ok(Ok(stream)) => drop(sender.send((stream, peer)).await),
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            }
            drop(place);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::certificate;

    #[test]
    fn certificates_and_keys_have_to_be_some() {
        let (cert_pem, key_pem) = certificate();
        assert!(client_config(&cert_pem).is_ok());
        for pem in ["", "nonsense", &key_pem] {
            assert!(client_config(pem).is_err(), "{pem}");
        }
        let tls = |cert_pem: &str, key_pem: &str| Tls {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            cert_pem: cert_pem.to_owned(),
            key_pem: key_pem.to_owned(),
        };
        assert!(server_config(&tls(&cert_pem, &key_pem)).is_ok());
        assert!(server_config(&tls(&cert_pem, "")).is_err());
        assert!(server_config(&tls("", &key_pem)).is_err());
        // A key of another certificate.
        assert!(server_config(&tls(&cert_pem, &certificate().1)).is_err());
    }

    #[test]
    fn a_private_key_is_not_shown() {
        let (cert_pem, key_pem) = certificate();
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let shown = format!("{:?}", Tls { listen, cert_pem, key_pem });
        assert!(!shown.contains("PRIVATE"), "{shown}");
    }
}
