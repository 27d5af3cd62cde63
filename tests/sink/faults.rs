//! Faults that a scenario scripts.

use std::time::{Duration, Instant};

use threepid::mail::Limits;
use threepid::model::MailFault;

use crate::peer::{Peer, soon, start};

#[tokio::test]
async fn a_recipient_is_refused_as_often_as_scripted() {
    let sink = start(Limits::default()).await;
    let refuse = MailFault::RefuseRcpt { code: 451, text: "4.7.1 come back later".into() };
    sink.behave("B@x.test", refuse, Some(2));
    let mut peer = Peer::connect(&sink).await;
    peer.expect(&[("EHLO peer.test", 250), ("MAIL FROM:<a@peer.test>", 250)]).await;
    assert_eq!(peer.ask("RCPT TO:<b@x.test>").await.lines, ["4.7.1 come back later"]);
    peer.expect(&[("RCPT TO:<c@x.test>", 250), ("RCPT TO:<b@x.test>", 451), ("RCPT TO:<b@x.test>", 250)]).await;
}

#[tokio::test]
async fn a_message_refused_at_its_end_reaches_nobody_and_the_session_goes_on() {
    let sink = start(Limits::default()).await;
    let mut mailbox = sink.mailbox("c@x.test");
    sink.behave("b@x.test", MailFault::RefuseData { code: 554, text: "no".into() }, Some(1));
    let mut peer = Peer::connect(&sink).await;
    peer.expect(&[
        ("EHLO peer.test", 250),
        ("MAIL FROM:<a@peer.test>", 250),
        ("RCPT TO:<c@x.test>", 250),
        ("RCPT TO:<b@x.test>", 250),
        ("DATA", 354),
        ("first\r\n.", 554),
    ])
    .await;
    peer.mail("c@x.test", "second").await;
    let mails = mailbox.receive(1, soon()).await;
    assert!(mails[0].raw.ends_with(b"second\r\n"));
    assert_eq!(sink.strays(), []);
}

#[tokio::test]
async fn a_hang_up_comes_without_an_answer_and_drops_the_message() {
    let sink = start(Limits::default()).await;
    sink.behave("b@x.test", MailFault::HangUp, Some(1));
    let mut peer = Peer::connect(&sink).await;
    peer.start_mail("b@x.test").await;
    peer.write(b"hello\r\n.\r\n").await;
    assert_eq!(peer.rest().await, "");
    assert_eq!(sink.strays(), []);
    Peer::connect(&sink).await.mail("b@x.test", "again").await;
    assert_eq!(sink.strays().len(), 1);
}

#[tokio::test]
async fn a_stall_delays_one_recipient_and_nobody_else() {
    let sink = start(Limits::default()).await;
    let stall = Duration::from_millis(300);
    sink.behave("slow@x.test", MailFault::Stall(stall), Some(1));
    let before = Instant::now();
    let mut slow = Peer::connect(&sink).await;
    slow.write(b"EHLO peer.test\r\nMAIL FROM:<>\r\nRCPT TO:<slow@x.test>\r\n").await;
    // What came before the stall is answered at once.
    assert_eq!((slow.reply().await.code, slow.reply().await.code), (250, 250));
    Peer::connect(&sink).await.mail("b@x.test", "hello").await;
    assert!(before.elapsed() < stall, "another session waited too");
    assert_eq!(slow.reply().await.code, 250);
    assert!(before.elapsed() >= stall);
}

#[tokio::test]
async fn a_stall_ends_with_the_sink() {
    let sink = start(Limits::default()).await;
    sink.behave("slow@x.test", MailFault::Stall(Duration::from_secs(3600)), None);
    let mut peer = Peer::connect(&sink).await;
    peer.write(b"EHLO peer.test\r\nMAIL FROM:<>\r\nRCPT TO:<slow@x.test>\r\n").await;
    assert_eq!((peer.reply().await.code, peer.reply().await.code), (250, 250));
    sink.shutdown().await;
    assert!(peer.rest().await.starts_with("421 4.3.2"));
}

#[tokio::test]
async fn a_calmed_recipient_is_taken_again() {
    let sink = start(Limits::default()).await;
    sink.behave("b@x.test", MailFault::RefuseRcpt { code: 550, text: "no".into() }, None);
    let mut peer = Peer::connect(&sink).await;
    peer.expect(&[("EHLO peer.test", 250), ("MAIL FROM:<>", 250), ("RCPT TO:<b@x.test>", 550)]).await;
    sink.calm("b@x.test");
    peer.expect(&[("RCPT TO:<b@x.test>", 250)]).await;
}
