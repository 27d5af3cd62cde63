//! Mail that no homeserver should send, and SMTP clients that are none.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;

use crate::homeserver::{self, Post, field, is_probe};
use crate::program::{Ended, Place};
use crate::run::{ASK, FOLLOW, against_with, outcomes, place, reason, record, run};
use crate::server::{Reply, Server};

/// A run of a homeserver that sends its mail so; it gets the address and the link.
fn sending(send: impl Fn(&Post, &str, &str) + Send + Sync + 'static) -> (Ended, Place, Server) {
    // What is sent takes its time on a busy machine, and the answer comes after it.
    against_with(&["--request-timeout=15s", "--timeout=18s"], FOLLOW, move |asked, post| {
        (asked.what() == "POST /account/3pid/email/requestToken" && !is_probe(asked)).then(|| {
            send(
                post,
                &field(asked, "email"),
                &format!("http://{}/follow?token=abcdefghijklmnopqrst&sid=s1", post.own),
            );
            Reply::json(200, r#"{"sid": "s1"}"#)
        })
    })
}

/// The mail is odd, but its link is there and works.
#[track_caller]
fn good(send: impl Fn(&Post, &str, &str) + Send + Sync + 'static) {
    let (ended, place, _) = sending(send);
    assert_eq!(outcomes(&place), ["pass"], "{}", ended.out);
    ended.expect(0);
}

#[test]
fn a_mail_that_is_larger_than_the_sink_takes_is_no_verdict_on_the_homeserver() {
    let (ended, place, _) = sending(|post, to, link| {
        let filler = "x".repeat(998) + "\r\n";
        post.send(to, &format!("Subject: large\r\n\r\n{link}\r\n{}", filler.repeat(50 * 1024)));
    });
    assert_eq!(outcomes(&place), ["error"], "{}", ended.out);
    for part in ["refused", "10485760 bytes"] {
        assert!(reason(&place).contains(part), "{part:?} is missing in {}", reason(&place));
    }
    ended.expect(3);
}

#[test]
fn a_preflight_whose_mail_is_too_large_says_so() {
    let (ended, _, _) = against_with(&["--request-timeout=15s"], ASK, |asked, post| {
        (asked.what() == "POST /account/3pid/email/requestToken").then(|| {
            let filler = "x".repeat(998) + "\r\n";
            post.send(&field(asked, "email"), &format!("Subject: large\r\n\r\n{}", filler.repeat(11 * 1024)));
            Reply::json(200, r#"{"sid": "s1"}"#)
        })
    });
    ended.expect(3).says(&["refused", "10485760 bytes", "@threepid.test"]);
}

#[test]
fn thousands_of_mails_are_not_thousands_in_memory() {
    let (ended, place, _) = sending(|post, to, link| {
        let mut connection = post.connect();
        for number in 0..2_500 {
            connection.mail(to, &format!("Subject: {number}\r\n\r\nFollow {link}\r\n"));
            connection.mail(&format!("nobody-{number}@elsewhere.test"), "Subject: \x1b[2J\r\n\r\n::error::x");
        }
    });
    // More than the one mail that is waited for are more than the step demands.
    ended.expect(0);
    let record = record(&place);
    let kept: usize = record.trials[0].transcript.entries.iter().map(|entry| mails(&entry.event)).sum();
    assert!((2..=21).contains(&kept), "{kept} mails are in the record");
}

fn mails(event: &threepid::model::Event) -> usize {
    match event {
        threepid::model::Event::Delivery(delivery) => delivery.mails.len(),
        _ => 0,
    }
}

#[test]
fn many_links_are_cut_and_the_first_ones_stay() {
    good(|post, to, link| {
        let own = link.split("/follow").next().unwrap();
        let links: String = (0..20_000).map(|number| format!("{own}/other/{number}\r\n")).collect();
        post.send(to, &format!("Subject: many\r\n\r\n{link}\r\n{links}"));
    });
}

#[test]
fn parts_within_parts_within_parts_end() {
    good(|post, to, link| {
        let mut message = format!("Content-Type: text/plain\r\n\r\nFollow {link}\r\n");
        message.insert_str(0, "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\n");
        message.push_str("\r\n--outer\r\n");
        for depth in 0..1000 {
            message.push_str(&format!("Content-Type: multipart/mixed; boundary=b{depth}\r\n\r\n--b{depth}\r\n"));
        }
        message.push_str("Content-Type: text/plain\r\n\r\ndeep");
        post.send(to, &message);
    });
    good(|post, to, link| {
        let inner = "Content-Type: message/rfc822\r\n\r\n".repeat(1000);
        let head = "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: text/plain\r\n\r\n";
        post.send(to, &format!("{head}{link}\r\n--o\r\n{inner}Subject: deep\r\n\r\nx\r\n--o--\r\n"));
    });
}

#[test]
fn headers_without_an_end_end() {
    good(|post, to, link| {
        let folded = format!("\r\n {}", "x\r\n ".repeat(50_000));
        post.send(to, &format!("Subject: {folded}\r\nTo: {to}\r\n\r\nFollow {link}\r\n"));
    });
    good(|post, to, link| {
        let many = "X-Y: z\r\n".repeat(50_000);
        post.send(to, &format!("{many}\r\nFollow {link}\r\n"));
    });
    good(|post, to, link| {
        let words = "=?utf-8?q?=1B[2J?= ".repeat(20_000);
        post.send(to, &format!("Subject: {words}\r\n\r\nFollow {link}\r\n"));
    });
}

#[test]
fn mail_that_makes_no_sense_is_judged_as_mail_without_a_link() {
    let boundless = "Content-Type: multipart/alternative; boundary=\r\n\r\n----\r\n--\r\n";
    let broken = "Content-Type: text/html; charset=none\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\0\x01=\x1b[2J";
    for message in ["", "\r\n", ":\r\n:\r\n", boundless, broken, "Content-Type: text/html\r\n\r\n<a href='"] {
        let (ended, place, _) = sending(move |post, to, _| post.send(to, message));
        ended.expect(1);
        assert!(reason(&place).contains("link"), "{message:?}: {}", reason(&place));
    }
}

#[test]
fn a_page_in_a_mail_cannot_eat_the_machine() {
    // Each paragraph would open all of these again; a browser's tree of this has a hundred million elements.
    good(|post, to, link| {
        let opened: String = (0..10_000).map(|number| format!("<b x={number}>")).collect();
        let page = format!("<a href='{link}'>x</a><p>{opened}{}", "<p>y".repeat(10_000));
        post.send(to, &format!("Subject: x\r\nContent-Type: text/html\r\n\r\n{}\r\n", page.replace("<p>", "\r\n<p>")));
    });
}

#[test]
fn clients_that_say_nothing_or_nonsense_stand_in_nobodys_way() {
    let smtp = homeserver::free_address();
    let held: Mutex<Vec<TcpStream>> = Mutex::default();
    let server = homeserver::start(smtp, move |asked, _| {
        if asked.what() == "GET /hostile" {
            for number in 0..900 {
                let Ok(mut socket) = TcpStream::connect(smtp) else { break };
                match number % 3 {
                    0 => {}
                    1 => drop(socket.write_all(b"EHLO x\r\nSTARTTLS\r\n\x16\x03\x01 this is no handshake")),
                    _ => drop(
                        socket.write_all(b"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@threepid.test>\r\nDATA\r\nx"),
                    ),
                }
                held.lock().unwrap().push(socket);
            }
        }
        None
    });
    let place = place(&[ASK, FOLLOW]);
    run(&place, &server.url(), smtp, &["--jobs=1", "--smtp-starttls"]).expect(0);
    assert_eq!(outcomes(&place), ["pass", "pass"]);
}

#[test]
fn what_listens_for_mail_is_gone_when_the_run_is() {
    let smtp = homeserver::free_address();
    let server = homeserver::start(smtp, |_, _| None);
    run(&place(&[ASK]), &server.url(), smtp, &[]).expect(0);
    let left = TcpStream::connect(smtp).and_then(|mut socket| socket.read(&mut [0]));
    assert!(left.is_err(), "somebody still listens: {left:?}");
}
