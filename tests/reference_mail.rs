//! The reference homeserver's mail against an SMTP server that this project did not write.

use std::{io, net::TcpListener, sync::mpsc, time::Duration};

use mailin_embedded::{Handler, Response, Server, SslConfig, response::OK};
use threepid::reference::{Options, start};

/// Sends each message on once it is complete.
#[derive(Clone)]
struct Postbox {
    messages: mpsc::Sender<(Vec<String>, String)>,
    recipients: Vec<String>,
    message: Vec<u8>,
}

impl Handler for Postbox {
    fn rcpt(&mut self, to: &str) -> Response {
        self.recipients.push(to.to_owned());
        OK
    }

    fn data(&mut self, line: &[u8]) -> io::Result<()> {
        self.message.extend_from_slice(line);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let message = String::from_utf8_lossy(&std::mem::take(&mut self.message)).into_owned();
        // Nobody listens any more once the test is over.
        drop(self.messages.send((std::mem::take(&mut self.recipients), message)));
        OK
    }
}

#[tokio::test]
async fn an_independent_smtp_server_understands_the_mailer() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let smtp = listener.local_addr().unwrap();
    let (messages, received) = mpsc::channel();
    // The server never stops by itself; its thread ends with the test.
    std::thread::spawn(move || {
        let mut server = Server::new(Postbox { messages, recipients: Vec::new(), message: Vec::new() });
        server.with_name("smtp.test").with_ssl(SslConfig::None).unwrap().with_tcp_listener(listener);
        server.serve().unwrap();
    });

    let homeserver = start(Options::new(smtp)).await.unwrap();
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let url = format!("{}/_matrix/client/r0/account/3pid/email/requestToken", homeserver.url());
    // Twice, so that the second mail goes through a connection that was kept.
    for (attempt, secret) in [(1, "first"), (1, "second")] {
        let body = serde_json::json!({"email": "Alice@X.test", "client_secret": secret, "send_attempt": attempt});
        let answer = client.post(&url).body(body.to_string()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let (recipients, message) = received.recv_timeout(Duration::from_secs(5)).unwrap();
        assert_eq!(recipients, ["alice@x.test"]);
        let parsed = mail_parser::MessageParser::default().parse(message.as_bytes()).unwrap();
        assert_eq!(parsed.subject(), Some("[reference.test] Validate your email"));
        assert_eq!((parsed.text_body_count(), parsed.html_body_count()), (1, 1));
        assert!(parsed.body_text(0).unwrap().contains(&format!("client_secret={secret}")));
    }
    homeserver.shutdown().await;
}
