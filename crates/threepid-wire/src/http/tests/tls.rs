//! Which certificates are trusted.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{failure, options, send};
use crate::http::{Client, Outgoing, Shared};
use threepid_record::model::FailureKind;

#[tokio::test]
async fn certificates_are_trusted_only_through_the_given_authority() {
    let certified = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let config =
        rustls::ServerConfig::builder_with_provider(std::sync::Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certified.cert.der().clone()], key)
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
