//! Which certificates are trusted.

use std::net::SocketAddr;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{failure, options, send};
use crate::http::{Client, Outgoing, Shared};
use threepid_record::model::FailureKind;

/// A server with this certificate; gives its address.
async fn serve(certificate: CertificateDer<'static>, key: &KeyPair) -> SocketAddr {
    let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config =
        rustls::ServerConfig::builder_with_provider(std::sync::Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            if let Ok(mut tls) = acceptor.accept(socket).await {
                let mut buffer = [0; 1024];
                let _ = tls.read(&mut buffer).await;
                let _ = tls.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await;
                let _ = tls.shutdown().await;
            }
        }
    });
    address
}

/// What `openssl req -x509` makes calls itself an authority. It is trusted where it is named, for its own names alone.
#[tokio::test]
async fn a_certificate_that_calls_itself_an_authority_is_trusted_where_it_is_named() {
    for (name, trusted) in [("127.0.0.1", true), ("other.example", false)] {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let url = format!("https://{}/", serve(certificate.der().clone(), &key).await);
        let shared = Shared::with_pem(certificate.pem().as_bytes(), "own.pem").unwrap();
        let exchange = Client::new(&options(), &shared).unwrap().send(Outgoing::new("GET", url.clone())).await;
        assert_eq!(exchange.failure.is_none(), trusted, "{name}: {:?}", exchange.failure);
        // Another of the same kind says nothing for it.
        let other = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let shared = Shared::with_pem(other.pem().as_bytes(), "other.pem").unwrap();
        let exchange = Client::new(&options(), &shared).unwrap().send(Outgoing::new("GET", url)).await;
        assert_eq!(failure(&exchange).0, FailureKind::Connect);
    }
}

#[tokio::test]
async fn certificates_are_trusted_only_through_the_given_authority() {
    let certified = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let address = serve(certified.cert.der().clone(), &certified.signing_key).await;
    let url = format!("https://{address}/");

    let shared = Shared::with_pem(certified.cert.pem().as_bytes(), "ca.pem").unwrap();
    let trusting = Client::new(&options(), &shared).unwrap();
    let exchange = trusting.send(Outgoing::new("GET", url.clone())).await;
    assert_eq!(exchange.failure, None);
    assert_eq!(exchange.response.unwrap().body.text.as_deref(), Some("hi"));

    let exchange = send(&options(), Outgoing::new("GET", url)).await;
    let (kind, message) = failure(&exchange);
    assert_eq!(kind, FailureKind::Connect);
    assert!(message.contains("certificate"), "{message}");

    let error = Shared::with_pem(b"not a pem", "ca.pem").unwrap_err();
    assert!(error.to_string().starts_with("no certificate could be read from `ca.pem`"), "{error}");
}
