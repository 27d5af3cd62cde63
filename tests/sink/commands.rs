//! What each command does.

use std::sync::Arc;
use std::time::Duration;

use threepid::mail::{Extension, Limits, read_mail};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::peer::{LONG, Peer, soon, start};

#[tokio::test]
async fn the_greeting_lists_what_is_offered() {
    let sink = start(Limits { message_bytes: 5000, ..Limits::default() }).await;
    let mut peer = Peer::connect(&sink).await;
    let reply = peer.ask("EHLO peer.test").await;
    assert_eq!(
        reply.lines,
        [
            "sink.test",
            "PIPELINING",
            "SIZE 5000",
            "8BITMIME",
            "SMTPUTF8",
            "ENHANCEDSTATUSCODES",
            "STARTTLS",
            "AUTH PLAIN LOGIN"
        ]
    );
    assert_eq!(peer.ask("HELO peer.test").await.lines, ["sink.test"]);
}

#[tokio::test]
async fn hidden_extensions_are_neither_offered_nor_taken() {
    let sink = start(Limits::default()).await;
    sink.hide_extensions(&[
        Extension::SmtpUtf8,
        Extension::EightBitMime,
        Extension::Size,
        Extension::StartTls,
        Extension::Auth,
    ]);
    let mut peer = Peer::connect(&sink).await;
    assert_eq!(peer.ask("EHLO peer.test").await.lines, ["sink.test", "PIPELINING", "ENHANCEDSTATUSCODES"]);
    peer.expect(&[
        ("STARTTLS", 502),
        ("AUTH PLAIN AGEAYg==", 502),
        ("MAIL FROM:<a@peer.test> SMTPUTF8", 555),
        ("MAIL FROM:<a@peer.test> BODY=8BITMIME", 555),
        ("MAIL FROM:<a@peer.test> SIZE=10", 555),
        ("MAIL FROM:<josé@peer.test>", 553),
        ("MAIL FROM:<a@peer.test>", 250),
        ("RCPT TO:<josé@x.test>", 553),
        ("RCPT TO:<jose@x.test>", 250),
    ])
    .await;
}

#[tokio::test]
async fn commands_out_of_order_are_refused_and_forgiven() {
    let sink = start(Limits::default()).await;
    let mut peer = Peer::connect(&sink).await;
    peer.expect(&[
        ("MAIL FROM:<a@peer.test>", 503),
        ("AUTH PLAIN AGEAYg==", 503),
        ("EHLO peer.test", 250),
        ("RCPT TO:<b@x.test>", 503),
        ("DATA", 503),
        ("MAIL FROM:<a@peer.test>", 250),
        ("MAIL FROM:<a@peer.test>", 503),
        ("DATA", 554),
        ("AUTH PLAIN AGEAYg==", 503),
        ("BDAT 3 LAST", 502),
        ("FOO", 500),
        ("NOOP", 250),
        ("NOOP any words", 250),
        ("VRFY b@x.test", 252),
        ("HELP", 214),
        ("HELP MAIL", 214),
        ("RSET", 250),
        ("RCPT TO:<b@x.test>", 503),
        ("MAIL FROM:<a@peer.test>", 250),
        // A second greeting forgets the transaction.
        ("EHLO peer.test", 250),
        ("RCPT TO:<b@x.test>", 503),
    ])
    .await;
    peer.mail("b@x.test", "still fine").await;
    assert_eq!(peer.ask("QUIT").await.code, 221);
    assert_eq!(peer.rest().await, "");
}

#[tokio::test]
async fn the_envelope_and_the_session_are_kept_as_they_were() {
    let sink = start(Limits::default()).await;
    let mut mailbox = sink.mailbox("b c@x.test");
    let mut peer = Peer::connect(&sink).await;
    peer.expect(&[
        ("ehlo Peer.test", 250),
        ("mail from: <>  SIZE=42 BODY=8BITMIME SMTPUTF8", 250),
        ("RCPT TO:<\"B C\"@x.test> NOTIFY=NEVER", 250),
        ("RCPT TO:<other@x.test>", 250),
        ("DATA", 354),
        ("Subject: =?utf-8?Q?=C3=A9?=\r\n\r\n..\r\n.", 250),
    ])
    .await;
    let mails = mailbox.receive(1, soon()).await;
    assert_eq!(mails[0].recipient, "\"B C\"@x.test");
    assert_eq!(&*mails[0].raw, b"Subject: =?utf-8?Q?=C3=A9?=\r\n\r\n.\r\n");
    let mail = read_mail(&mails[0], &[], threepid::mail::TEXT_LIMIT);
    assert_eq!(mail.envelope.from, "");
    assert_eq!(mail.envelope.to, ["\"B C\"@x.test", "other@x.test"]);
    assert_eq!(mail.envelope.params, ["SIZE=42", "BODY=8BITMIME", "SMTPUTF8"]);
    assert_eq!((mail.session.helo.as_str(), mail.session.esmtp, mail.session.tls), ("Peer.test", true, false));
    assert_eq!(mail.session.auth_user, None);
    assert_eq!(mail.header("subject"), Some("é"));
    let strays: Vec<_> = sink.strays().into_iter().map(|stray| (stray.to, stray.subject)).collect();
    assert_eq!(strays, [("other@x.test".to_owned(), "é".to_owned())]);
}

#[tokio::test]
async fn credentials_are_taken_in_every_form() {
    let sink = start(Limits::default()).await;
    let mut mailbox = sink.mailbox("b@x.test");
    let forms: [&[(&str, u16)]; 4] = [
        // NUL alice NUL secret
        &[("AUTH PLAIN AGFsaWNlAHNlY3JldA==", 235)],
        &[("AUTH PLAIN", 334), ("AGFsaWNlAHNlY3JldA==", 235)],
        &[("AUTH LOGIN", 334), ("YWxpY2U=", 334), ("c2VjcmV0", 235)],
        &[("AUTH LOGIN YWxpY2U=", 334), ("c2VjcmV0", 235)],
    ];
    for form in forms {
        let mut peer = Peer::connect(&sink).await;
        peer.expect(&[("EHLO peer.test", 250)]).await;
        peer.expect(form).await;
        // RSET and a new greeting forget the mail, not who is sending it.
        peer.expect(&[("AUTH PLAIN AGFsaWNlAHNlY3JldA==", 503), ("RSET", 250)]).await;
        peer.mail("b@x.test", "hello").await;
        let mails = mailbox.receive(1, soon()).await;
        assert_eq!(mails[0].session.auth_user.as_deref(), Some("alice"), "{form:?}");
    }
}

#[tokio::test]
async fn a_failed_authentication_leaves_the_session_usable() {
    let sink = start(Limits::default()).await;
    let mut mailbox = sink.mailbox("b@x.test");
    let mut peer = Peer::connect(&sink).await;
    peer.expect(&[
        ("EHLO peer.test", 250),
        ("AUTH LOGIN", 334),
        ("*", 501),
        ("AUTH LOGIN", 334),
        ("YWxpY2U=", 334),
        ("*", 501),
        ("AUTH PLAIN", 334),
        ("not base64!", 501),
        ("AUTH PLAIN YWxpY2U=", 501),
        ("AUTH CRAM-MD5", 504),
    ])
    .await;
    peer.mail("b@x.test", "hello").await;
    assert_eq!(mailbox.receive(1, soon()).await[0].session.auth_user, None);
}

#[tokio::test]
async fn a_mailbox_opened_after_the_mail_still_gets_it() {
    let sink = start(Limits::default()).await;
    let mut peer = Peer::connect(&sink).await;
    peer.mail("late@x.test", "hello").await;
    assert_eq!(sink.strays().len(), 1);
    let mut mailbox = sink.mailbox("LATE@x.test");
    assert_eq!(mailbox.receive(1, Instant::now()).await.len(), 1);
    assert_eq!(sink.strays(), []);
}

#[tokio::test]
async fn a_subscriber_sees_all_mail() {
    let sink = start(Limits::default()).await;
    let mut all = sink.subscribe();
    let _mailbox = sink.mailbox("b@x.test");
    Peer::connect(&sink).await.mail("b@x.test", "one").await;
    Peer::connect(&sink).await.mail("c@x.test", "two").await;
    let recipients = [all.recv().await.unwrap(), all.recv().await.unwrap()].map(|mail| mail.recipient.clone());
    assert_eq!(recipients, ["b@x.test", "c@x.test"]);
}

#[tokio::test]
async fn a_session_goes_on_in_tls_and_knows_nothing_of_before() {
    let sink = start(Limits::default()).await;
    let mut mailbox = sink.mailbox("b@x.test");
    let mut peer = Peer::connect(&sink).await;
    peer.expect(&[("EHLO before.test", 250), ("AUTH PLAIN AGFsaWNlAHNlY3JldA==", 235), ("STARTTLS", 220)]).await;
    let mut peer = encrypt(peer).await;
    peer.expect(&[("MAIL FROM:<a@peer.test>", 503)]).await;
    let offered = peer.ask("EHLO after.test").await.lines;
    assert!(!offered.contains(&"STARTTLS".to_owned()), "{offered:?}");
    peer.expect(&[("STARTTLS", 503)]).await;
    peer.mail("b@x.test", "hello").await;
    let session = mailbox.receive(1, soon()).await[0].session.clone();
    assert_eq!((session.tls, session.auth_user, session.helo.as_str()), (true, None, "peer.test"));
    assert_eq!(peer.ask("QUIT").await.code, 221);
}

#[tokio::test]
async fn commands_slipped_in_before_tls_are_dropped() {
    let sink = start(Limits::default()).await;
    let mut mailbox = sink.mailbox("b@x.test");
    let mut peer = Peer::connect(&sink).await;
    peer.expect(&[("EHLO peer.test", 250)]).await;
    peer.write(b"STARTTLS\r\nEHLO evil.test\r\nMAIL FROM:<evil@x.test>\r\nRCPT TO:<b@x.test>\r\n").await;
    assert_eq!(peer.reply().await.code, 220);
    let mut peer = encrypt(peer).await;
    // Had the commands been kept, this would be answered out of turn, and DATA would be possible.
    peer.expect(&[("NOOP", 250), ("DATA", 503)]).await;
    peer.mail("b@x.test", "hello").await;
    assert_eq!(mailbox.receive(1, soon()).await[0].envelope.from, "a@peer.test");
    let more = mailbox.anything_until(Instant::now() + Duration::from_millis(50)).await;
    assert_eq!(more.len(), 0);
}

/// A mailer that is told to use TLS from the first byte would wait for an answer until its own deadline.
#[tokio::test]
async fn a_handshake_that_comes_first_ends_the_session_at_once() {
    let sink = start(Limits::default()).await;
    let mut peer = Peer::connect(&sink).await;
    peer.write(&[22, 3, 1, 0, 10, 1, 0, 0, 6, 3, 3]).await;
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(LONG, tokio::io::AsyncReadExt::read_to_end(&mut peer.stream, &mut rest)).await;
    assert!(ended.is_ok() && rest.is_empty(), "{rest:?}");
    let said = sink.unsent().unwrap().to_string();
    assert!(said.contains("a mail client came to the sink, spoke TLS from the first byte"), "{said}");
}

#[tokio::test]
async fn a_failed_handshake_ends_that_session_only() {
    let sink = start(Limits::default()).await;
    let mut peer = Peer::connect(&sink).await;
    peer.expect(&[("EHLO peer.test", 250), ("STARTTLS", 220)]).await;
    peer.write(b"this is no handshake, not at all\r\n").await;
    let mut rest = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut peer.stream, &mut rest).await;
    assert!(!rest.starts_with(b"250") && !rest.starts_with(b"5"), "the sink answered in the clear");
    Peer::connect(&sink).await.mail("b@x.test", "hello").await;
}

/// Goes on in TLS, trusting any certificate.
async fn encrypt(peer: Peer<TcpStream>) -> Peer<TlsStream<TcpStream>> {
    assert!(peer.stream.buffer().is_empty(), "the sink said more than it was asked");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone(provider)))
        .with_no_client_auth();
    let name = "sink.test".try_into().unwrap();
    let tls = TlsConnector::from(Arc::new(config)).connect(name, peer.stream.into_inner()).await.unwrap();
    Peer { stream: tokio::io::BufReader::new(tls) }
}

/// Trusts any certificate, but checks that it signed the handshake.
#[derive(Debug)]
struct Anyone(Arc<rustls::crypto::CryptoProvider>);

impl rustls::client::danger::ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &[rustls::pki_types::CertificateDer<'_>],
        _: &rustls::pki_types::ServerName<'_>,
        _: &[u8],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &rustls::pki_types::CertificateDer<'_>,
        signed: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &rustls::pki_types::CertificateDer<'_>,
        signed: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
