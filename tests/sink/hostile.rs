//! Sessions that mean harm, or do it without meaning to.

use std::time::{Duration, Instant};

use threepid::mail::{Limits, read_mail};

use crate::peer::{Peer, soon, start};

#[tokio::test]
async fn a_whole_session_in_one_write_is_answered_in_order() {
    let sink = start(Limits::default()).await;
    let mut mailbox = sink.mailbox("b@x.test");
    let mut peer = Peer::silent(&sink).await;
    peer.write(
        b"EHLO peer.test\r\nMAIL FROM:<a@peer.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n\
          Subject: one\r\n\r\n1\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n.\r\nQUIT\r\n",
    )
    .await;
    for code in [220, 250, 250, 250, 354, 250, 250, 250, 354, 250, 221] {
        assert_eq!(peer.reply().await.code, code);
    }
    assert_eq!(peer.rest().await, "");
    let mails = mailbox.receive(2, soon()).await;
    assert_eq!((&*mails[0].raw, &*mails[1].raw), (&b"Subject: one\r\n\r\n1\r\n"[..], &b""[..]));
    let empty = read_mail(&mails[1], &[], threepid::mail::TEXT_LIMIT);
    assert_eq!((empty.links.len(), empty.raw.size_bytes), (0, 0));
}

#[tokio::test]
async fn a_session_in_single_bytes_is_understood() {
    let sink = start(Limits::default()).await;
    let mut mailbox = sink.mailbox("b@x.test");
    let mut peer = Peer::connect(&sink).await;
    let session = b"EHLO p\r\nMAIL FROM:<>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n..a\r\n.\r\nQUIT\r\n";
    for byte in session {
        peer.write(&[*byte]).await;
    }
    assert!(peer.rest().await.ends_with("221 2.0.0 sink.test closing\r\n"));
    assert_eq!(&*mailbox.receive(1, soon()).await[0].raw, b".a\r\n");
}

#[tokio::test]
async fn a_second_mail_cannot_be_smuggled_in() {
    for dot in ["\n.\r\n", "\n.\n", "\r\n.\n", "\r.\r\n", "\r\n.\r"] {
        let sink = start(Limits::default()).await;
        let mut mailbox = sink.mailbox("b@x.test");
        let mut peer = Peer::connect(&sink).await;
        peer.start_mail("b@x.test").await;
        let inner = format!("first{dot}MAIL FROM:<admin@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\nsecond\r\n.");
        peer.expect(&[(&inner, 250), ("NOOP", 250)]).await;
        let mails = mailbox.receive(1, soon()).await;
        assert!(mails[0].raw.ends_with(b"second\r\n"), "{dot:?}");
        assert_eq!(mailbox.receive(1, tokio::time::Instant::now()).await.len(), 0, "{dot:?}");
    }
}

#[tokio::test]
async fn commands_may_end_with_a_bare_line_feed() {
    let sink = start(Limits::default()).await;
    let mut peer = Peer::connect(&sink).await;
    peer.write(b"EHLO peer.test\nNOOP\nQUIT\n").await;
    assert_eq!([peer.reply().await.code, peer.reply().await.code, peer.reply().await.code], [250, 250, 221]);
}

#[tokio::test]
async fn nul_bytes_are_carried_in_a_message_and_refused_in_a_command() {
    let sink = start(Limits::default()).await;
    let mut mailbox = sink.mailbox("b@x.test");
    let mut peer = Peer::connect(&sink).await;
    peer.expect(&[("\0\0\0", 500), ("NO\0OP", 500)]).await;
    peer.start_mail("b@x.test").await;
    peer.expect(&[("a\0b\u{7f}\r\n.", 250)]).await;
    assert_eq!(&*mailbox.receive(1, soon()).await[0].raw, b"a\0b\x7f\r\n");
}

#[tokio::test]
async fn a_long_line_is_refused_and_the_session_goes_on() {
    let sink = start(Limits { line_bytes: 1000, ..Limits::default() }).await;
    let mut peer = Peer::connect(&sink).await;
    peer.expect(&[
        (&"x".repeat(999), 500),
        (&"x".repeat(100_000), 500),
        (&format!("NOOP {}", "x".repeat(993)), 250),
        (&format!("NOOP {}", "x".repeat(994)), 500),
        ("EHLO peer.test", 250),
        ("AUTH LOGIN", 334),
        (&"x".repeat(2000), 500),
        ("NOOP", 250),
    ])
    .await;
}

#[tokio::test]
async fn a_large_message_is_refused_before_and_after_it_comes() {
    let sink = start(Limits { message_bytes: 1000, ..Limits::default() }).await;
    let mut peer = Peer::connect(&sink).await;
    peer.expect(&[("EHLO peer.test", 250), ("MAIL FROM:<> SIZE=1001", 552), ("MAIL FROM:<> SIZE=9999999999999", 552)])
        .await;
    peer.start_mail("b@x.test").await;
    let reply = peer.ask(&format!("{}\r\n.", "x".repeat(1_000_000))).await;
    assert_eq!((reply.code, reply.lines[0].as_str()), (552, "5.3.4 the message is larger than 1000 bytes"));
    assert_eq!(sink.strays(), []);
    peer.mail("b@x.test", "small").await;
}

#[tokio::test]
async fn too_many_recipients_are_refused_and_the_rest_get_the_mail() {
    let sink = start(Limits { recipients: 3, ..Limits::default() }).await;
    let mut peer = Peer::connect(&sink).await;
    peer.expect(&[
        ("EHLO peer.test", 250),
        ("MAIL FROM:<>", 250),
        ("RCPT TO:<1@x.test>", 250),
        ("RCPT TO:<2@x.test>", 250),
        ("RCPT TO:<3@x.test>", 250),
        ("RCPT TO:<4@x.test>", 452),
        ("DATA", 354),
        ("hello\r\n.", 250),
    ])
    .await;
    assert_eq!(sink.strays().len(), 3);
}

#[tokio::test]
async fn a_full_mailbox_refuses_for_now() {
    let sink = start(Limits { mailbox_mails: 1, ..Limits::default() }).await;
    let mut mailbox = sink.mailbox("b@x.test");
    let mut peer = Peer::connect(&sink).await;
    peer.mail("b@x.test", "first").await;
    peer.start_mail("b@x.test").await;
    peer.expect(&[("second\r\n.", 452)]).await;
    assert_eq!(mailbox.receive(1, soon()).await.len(), 1);
    peer.mail("b@x.test", "third").await;
}

#[tokio::test]
async fn messages_in_flight_are_bounded_together() {
    let sink = start(Limits { in_flight_bytes: 10_000, ..Limits::default() }).await;
    let mut holder = Peer::connect(&sink).await;
    holder.start_mail("b@x.test").await;
    holder.write(&[b'x'; 9000]).await;
    let mut peer = Peer::connect(&sink).await;
    // Whether the sink has read what the other sent is seen only by asking again.
    let refused = async {
        loop {
            peer.start_mail("b@x.test").await;
            let reply = peer.ask(&format!("{}\r\n.", "y".repeat(5000))).await;
            if reply.code != 250 {
                return reply;
            }
        }
    };
    let reply = tokio::time::timeout(Duration::from_secs(10), refused).await.expect("the limit was never hit");
    assert_eq!((reply.code, &reply.lines[0][..5]), (452, "4.3.1"));
    drop(holder);
    let taken = async {
        loop {
            peer.start_mail("b@x.test").await;
            if peer.ask(&format!("{}\r\n.", "y".repeat(5000))).await.code == 250 {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), taken).await.expect("a message that ended still counts");
}

#[tokio::test]
async fn too_many_errors_end_the_session() {
    let sink = start(Limits { errors: 3, ..Limits::default() }).await;
    let mut peer = Peer::connect(&sink).await;
    peer.expect(&[("FOO", 500), ("BAR", 500), ("BAZ", 500)]).await;
    assert_eq!(peer.rest().await, "421 4.7.0 3 errors, closing\r\n");
}

#[tokio::test]
async fn a_silent_client_is_told_and_left() {
    let idle = Duration::from_millis(200);
    let sink = start(Limits { idle, ..Limits::default() }).await;
    let before = Instant::now();
    let mut peer = Peer::connect(&sink).await;
    peer.start_mail("b@x.test").await;
    peer.write(b"a message without an end").await;
    assert_eq!(peer.rest().await, "421 4.4.2 silent for 200ms, closing\r\n");
    assert!(before.elapsed() >= idle);
    assert_eq!(sink.strays(), []);
}

#[tokio::test]
async fn a_client_that_keeps_talking_is_stopped_in_the_end() {
    let (idle, session) = (Duration::from_secs(60), Duration::from_millis(300));
    let sink = start(Limits { idle, session, ..Limits::default() }).await;
    let mut peer = Peer::connect(&sink).await;
    let before = Instant::now();
    let talk = async {
        let mut answered = 0;
        while peer.ask("NOOP").await.code == 250 {
            answered += 1;
        }
        answered
    };
    let answered = tokio::time::timeout(Duration::from_secs(10), talk).await.expect("nobody stopped it");
    assert!(answered > 0);
    assert!(before.elapsed() >= Duration::from_millis(250));
    assert_eq!(peer.rest().await, "");
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_left() {
    let sink = start(Limits { idle: Duration::from_millis(200), connections: 1, ..Limits::default() }).await;
    let mut deaf = Peer::silent(&sink).await;
    // Fills every buffer between us with replies, until the sink stops reading.
    let flood = "HELP\r\n".repeat(10_000);
    let write =
        async { while tokio::io::AsyncWriteExt::write_all(&mut deaf.stream, flood.as_bytes()).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(20), write).await.expect("the sink never closed the connection");
    // Its place is free again.
    let again = async { while Peer::silent(&sink).await.reply().await.code != 220 {} };
    tokio::time::timeout(Duration::from_secs(10), again).await.expect("the place was not given back");
}

#[tokio::test]
async fn one_connection_too_many_is_told_so() {
    let sink = start(Limits { connections: 2, ..Limits::default() }).await;
    let (first, mut second) = (Peer::connect(&sink).await, Peer::connect(&sink).await);
    let mut third = Peer::silent(&sink).await;
    assert_eq!(third.rest().await, "421 4.7.0 2 connections are the limit, try again later\r\n");
    second.expect(&[("NOOP", 250)]).await;
    drop(first);
    let again = async { while Peer::silent(&sink).await.reply().await.code != 220 {} };
    tokio::time::timeout(Duration::from_secs(10), again).await.expect("the place was not given back");
}

#[tokio::test]
async fn a_thousand_idle_connections_change_nothing() {
    let sink = start(Limits::default()).await;
    let mut idle = Vec::new();
    for _ in 0..1000 {
        idle.push(Peer::connect(&sink).await);
    }
    let mut mailbox = sink.mailbox("b@x.test");
    let before = Instant::now();
    Peer::connect(&sink).await.mail("b@x.test", "hello").await;
    assert_eq!(mailbox.receive(1, soon()).await.len(), 1);
    assert!(before.elapsed() < Duration::from_secs(1), "one mail took {:?}", before.elapsed());

    let before = Instant::now();
    sink.shutdown().await;
    assert!(before.elapsed() < Duration::from_secs(5), "the shutdown took {:?}", before.elapsed());
    assert!(idle[999].rest().await.starts_with("421 4.3.2"));
}

#[tokio::test]
async fn many_connections_at_once_are_all_served() {
    let sink = start(Limits::default()).await;
    let mut mailbox = sink.mailbox("b@x.test");
    let before = Instant::now();
    let clients: Vec<_> = (0..500)
        .map(|_| {
            let sink = sink.clone();
            tokio::spawn(async move { Peer::connect(&sink).await.mail("b@x.test", "hello").await })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    assert_eq!(mailbox.receive(500, soon()).await.len(), 500);
    // A full listen queue costs a client a second at least.
    assert!(before.elapsed() < Duration::from_secs(10), "{:?}", before.elapsed());
}
