//! Real mail libraries.

use std::path::Path;
use std::process::Stdio;

use lettre::message::{MultiPart, SinglePart};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::{AsyncSmtpTransport, PoolConfig};
use lettre::{AsyncTransport, Message, Tokio1Executor};
use threepid::mail::{Limits, Received, Sink, read_mail};
use threepid::model::{LinkSource, Mail};
use tokio::time::{Instant, timeout};

use crate::peer::{LONG, soon, start};

const LINK: &str = "https://hs.test/_any/path?token=abcdefGHIJKLmnop0123456789abcdefGHIJKLmnop&client_secret=monkeys.are_GREAT&sid=0123456789abcdef";

fn mailer(sink: &Sink) -> lettre::transport::smtp::AsyncSmtpTransportBuilder {
    AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1").port(sink.addr().port())
}

fn message(to: &str) -> lettre::message::MessageBuilder {
    Message::builder().from("server@hs.test".parse().unwrap()).to(to.parse().unwrap()).subject("Prüfung")
}

fn read(received: &Received) -> Mail {
    read_mail(received, &["https://hs.test".parse().unwrap()], threepid::mail::TEXT_LIMIT)
}

#[tokio::test]
async fn a_mailer_reuses_its_connection_and_is_known_by_its_name() {
    for (mechanism, user) in [(Mechanism::Plain, "plain user"), (Mechanism::Login, "login user")] {
        let sink = start(Limits { connections: 1, ..Limits::default() }).await;
        let mailer = mailer(&sink)
            .credentials(Credentials::new(user.into(), "secret".into()))
            .authentication(vec![mechanism])
            .pool_config(PoolConfig::new().max_size(1))
            .build();
        let mut mailbox = sink.mailbox("alice@x.test");
        for number in 0..5 {
            let body = format!("Open {LINK}{number}\n");
            mailer.send(message("alice@x.test").body(body).unwrap()).await.unwrap();
            // Let the pool take its connection back: only one can be open.
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
        }
        let mails = mailbox.receive(5, soon()).await;
        assert_eq!(mails.len(), 5);
        for (number, received) in mails.iter().enumerate() {
            let mail = read(received);
            assert_eq!(mail.session.auth_user.as_deref(), Some(user));
            assert_eq!(mail.header("subject"), Some("Prüfung"));
            assert_eq!(mail.link().map(|link| link.url.clone()), Some(format!("{LINK}{number}")));
        }
    }
}

#[tokio::test]
async fn text_and_html_carry_the_same_link() {
    let sink = start(Limits::default()).await;
    let mut mailbox = sink.mailbox("alice@x.test");
    let html = format!("<p>Hällo</p><a href=\"{}\">verify</a>", LINK.replace('&', "&amp;"));
    let body = MultiPart::alternative()
        .singlepart(SinglePart::plain(format!("Hällo\n\n{LINK}\n")))
        .singlepart(SinglePart::html(html));
    mailer(&sink).build().send(message("alice@x.test").multipart(body).unwrap()).await.unwrap();
    let mail = read(&mailbox.receive(1, soon()).await[0]);
    let types: Vec<_> = mail.parts.iter().map(|part| part.content_type.as_str()).collect();
    assert_eq!(types, ["text/plain", "text/html"]);
    assert!(mail.parts[0].transfer_encoding == "quoted-printable", "the sample is not folded: {:?}", mail.parts[0]);
    let links: Vec<_> = mail.links.iter().map(|link| (link.url.as_str(), link.part, link.source)).collect();
    assert_eq!(links, [(LINK, 0, LinkSource::Text), (LINK, 1, LinkSource::Href)]);
}

#[tokio::test]
async fn an_address_beyond_ascii_is_delivered() {
    let sink = start(Limits::default()).await;
    let mut mailbox = sink.mailbox("JOSÉ@x.test");
    mailer(&sink).build().send(message("josé@x.test").body(String::new()).unwrap()).await.unwrap();
    let mail = read(&mailbox.receive(1, soon()).await[0]);
    assert_eq!(mail.envelope.to, ["josé@x.test"]);
    assert!(mail.envelope.params.contains(&"SMTPUTF8".to_owned()), "{:?}", mail.envelope.params);
}

/// Sends everything that `tests/python/smtplib_peer.py` can think of.
#[tokio::test]
async fn the_mail_library_most_homeservers_know_is_served() {
    let sink = start(Limits::default()).await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/smtplib_peer.py");
    let mut python = tokio::process::Command::new("python3");
    python.arg(script).arg(sink.addr().port().to_string());
    python.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let run = match python.spawn() {
        Ok(child) => timeout(LONG, child.wait_with_output()).await.expect("the script hangs").unwrap(),
        Err(error) if std::env::var_os("THREEPID_REQUIRE_REAL").is_none() => {
            println!("not tested: python3 cannot be started: {error}");
            return;
        }
        Err(error) => panic!("python3 cannot be started: {error}"),
    };
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));

    let take = async |to: &str| {
        let mails = sink.mailbox(to).receive(1, Instant::now()).await;
        read(mails.first().unwrap_or_else(|| panic!("no mail for {to}")))
    };
    let plain = take("plain@x.test").await;
    assert_eq!((plain.session.esmtp, plain.session.tls, plain.session.auth_user.as_deref()), (true, false, None));
    assert_eq!(plain.parts[0].text, ".leading dot\r\n..two\r\n.\r\nend\r\n");

    assert_eq!(take("helo@x.test").await.session.helo, "old.peer.test");
    assert!(!take("helo@x.test.second").await.session.esmtp);
    assert_eq!(take("null@x.test").await.envelope.from, "");
    let beyond_ascii = take("josé@x.test").await.envelope.params;
    assert!(beyond_ascii.contains(&"SMTPUTF8".to_owned()), "{beyond_ascii:?}");
    let eight_bit = take("8bit@x.test").await;
    assert_eq!((eight_bit.parts[0].text.as_str(), eight_bit.raw.text.is_some()), ("Grüße\r\n", true));
    let binary = take("latin1@x.test").await;
    assert_eq!((binary.parts[0].text.as_str(), binary.raw.base64.is_some()), ("Grüße\r\n", true));

    let multipart = take("multipart@x.test").await;
    assert_eq!(multipart.header("subject"), Some("Bestätigung – 確認"));
    assert_eq!(multipart.parts.len(), 2);
    assert!(multipart.parts[1].transfer_encoding == "base64" && multipart.parts[1].text.contains("確認"));
    assert_eq!(multipart.links.iter().filter(|link| link.url == LINK).count(), 2, "{:?}", multipart.links);

    assert_eq!(take("login@x.test").await.session.auth_user.as_deref(), Some("user"));
    let tls = take("tls@x.test").await;
    assert_eq!((tls.session.tls, tls.session.auth_user.as_deref()), (true, Some("user")));
    assert_eq!(take("many@x.test").await.envelope.to.len(), 3);
    assert_eq!(sink.strays().len(), 2, "{:?}", sink.strays());
}
