//! TLS where there is none, none where there is, and a certificate that nobody knows.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::program::Ended;
use crate::run::{ASK, place, preflight, run};
use crate::server::{Server, silence};

/// A server that would list versions to whoever trusts its certificate; and that certificate.
fn encrypted() -> (SocketAddr, String) {
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let pem = own.cert.pem();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key).unwrap());
    let addr = Server::raw(move |socket| {
        let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), socket);
        let body = "{\"versions\": []}";
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let _ = stream.flush();
        silence(&stream.sock);
    });
    (addr, pem)
}

fn one_error(ended: Ended) -> Ended {
    let ended = ended.expect(3);
    assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
    ended
}

#[test]
fn a_certificate_that_nobody_knows_is_told_and_can_be_made_known() {
    let (addr, pem) = encrypted();
    let url = format!("https://{addr}");
    one_error(preflight(&url)).says(&["no answer came of it", "certificate", "--cacert"]);
    let place = place(&[ASK]);
    place.write("ca.pem", &pem);
    let trusted = run(&place, &url, "127.0.0.1:0".parse().unwrap(), &["--cacert=ca.pem"]);
    one_error(trusted).says(&["lists no version"]);
    place.write("no.pem", "nothing");
    let wrong = run(&place, &url, "127.0.0.1:0".parse().unwrap(), &["--cacert=no.pem"]).expect(2);
    wrong.says(&["no.pem", "--cacert"]);
}

#[test]
fn tls_where_there_is_none() {
    let plain = Server::start(|_, _| crate::server::Reply::json(200, "{}"));
    let url = plain.url().replace("http:", "https:");
    one_error(preflight(&url)).says(&["no answer came of it", "speaks no TLS", "http://"]);
    let polite = Server::raw(|mut socket| {
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        silence(&socket);
    });
    one_error(preflight(&format!("https://{polite}"))).says(&["no answer came of it", "speaks no TLS", "http://"]);
    let deaf = Server::raw(|socket| silence(&socket));
    one_error(preflight(&format!("https://{deaf}"))).says(&["no answer came of it", "1000 ms"]);
}

#[test]
fn none_where_there_is_tls() {
    let (addr, _) = encrypted();
    one_error(preflight(&format!("http://{addr}"))).says(&["no answer came of it", "https://"]);
}
