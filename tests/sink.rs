//! The mail sink as its clients see it: real mail libraries, and hand-written sessions that mean harm.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::{AsyncSmtpTransport, PoolConfig};
use lettre::{AsyncTransport, Message, Tokio1Executor};
use threepid::mail::{Limits, Sink, SinkOptions, read_mail};
use tokio::time::Instant;

async fn start(limits: Limits) -> Sink {
    let listen = "127.0.0.1:0".parse().unwrap();
    Sink::start(SinkOptions { listen, hostname: "sink.test".into(), limits }).await.unwrap()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

fn message(to: &str, body: &str) -> Message {
    Message::builder()
        .from("server@hs.test".parse().unwrap())
        .to(to.parse().unwrap())
        .subject("Prüfung")
        .body(body.to_owned())
        .unwrap()
}

#[tokio::test]
async fn a_mail_library_reuses_its_connections() {
    let sink = start(Limits::default()).await;
    let mailer = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
        .port(sink.addr().port())
        .credentials(Credentials::new("u".into(), "p".into()))
        .authentication(vec![Mechanism::Login])
        .pool_config(PoolConfig::new().max_size(1))
        .build();
    let mut mailbox = sink.mailbox("Alice@x.test");
    for number in 0..3 {
        let body = format!("Hello https://hs.test/verify?token=abcdefghijklmnop{number}\n");
        mailer.send(message("alice@x.test", &body)).await.unwrap();
    }
    let mails = mailbox.receive(3, soon()).await;
    assert_eq!(mails.len(), 3);
    let mail = read_mail(&mails[2], &[]);
    assert_eq!(mail.header("subject"), Some("Prüfung"));
    assert_eq!(mail.session.auth_user.as_deref(), Some("u"));
    assert_eq!(mail.link().map(|l| l.url.as_str()), Some("https://hs.test/verify?token=abcdefghijklmnop2"));
    sink.shutdown().await;
}
