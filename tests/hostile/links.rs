//! The link in the mail, and where it leads: never off the homeserver.

use std::sync::Arc;

use crate::homeserver::{field, is_probe};
use crate::program::{Ended, Place};
use crate::run::{FOLLOW, against, outcomes, reason, record};
use crate::server::{Reply, Server, silence};

/// A run in which the link is answered so.
fn followed(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> (Ended, Place, Server) {
    against(FOLLOW, move |asked, post| {
        (asked.path() == "/follow").then(|| reply(&format!("http://{}{}", post.own, asked.target)))
    })
}

fn redirect(to: &str) -> Reply {
    Reply::html("").with("Location", to).into_status(302)
}

impl Reply {
    fn into_status(self, status: u16) -> Reply {
        match self {
            Reply::Http(_, headers, body) => Reply::Http(status, headers, body),
            other => other,
        }
    }
}

#[test]
fn a_redirect_off_the_target_is_never_followed() {
    let trap = Server::start(|_, _| Reply::html("caught"));
    let port = trap.url().rsplit(':').next().unwrap().to_owned();
    for location in [
        trap.url(),
        format!("http://localhost:{port}/"),
        format!("//127.0.0.1:{port}/x"),
        format!("http://127.1:{port}/"),
        format!("http://user:password@127.0.0.1:{port}/"),
        format!("\\\\127.0.0.1:{port}\\x"),
        format!("ht\ttp://127.0.0.1:{port}/"),
        "file:///etc/passwd".to_owned(),
        "javascript:alert(1)".to_owned(),
        "data:text/html,<script>alert(1)</script>".to_owned(),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        format!("gopher://127.0.0.1:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://127.0.0.1:{port}/{}", "x".repeat(100_000)),
    ] {
        let to = location.clone();
        let (ended, place, server) = followed(move |_| redirect(&to));
        ended.expect(1);
        assert!(reason(&place).contains("redirect"), "{location:.80}: {}", reason(&place));
        assert_eq!(server.times("GET /follow"), 1, "{location:.80}");
    }
    assert_eq!(trap.asked().len(), 0, "somebody else was asked");
}

#[test]
fn a_page_cannot_send_the_form_elsewhere() {
    let trap = Server::start(|_, _| Reply::html("caught"));
    let action = trap.url();
    let (ended, place, _) =
        followed(move |_| Reply::html(format!("<form method=post action='{action}'><input name=t value=1></form>")));
    ended.expect(1);
    assert!(reason(&place).contains("redirect"), "{}", reason(&place));
    assert_eq!(trap.asked().len(), 0);
}

#[test]
fn redirects_on_the_target_end() {
    let (ended, place, server) = followed(redirect);
    ended.expect(1);
    assert_eq!(server.times("GET /follow"), 21, "the link and the twenty redirects that a browser follows");
    let words = "more than 20 redirects";
    assert!(serde_json::to_string(&record(&place)).unwrap().contains(words), "{}", reason(&place));
}

#[test]
fn a_page_that_is_limited_is_waited_for_and_never_a_fail() {
    let limited =
        |wait: u64| Reply::json(429, serde_json::json!({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": wait}));
    let (ended, place, server) = followed(move |_| limited(3_600_000));
    assert_eq!(outcomes(&place), ["error"], "{}", ended.out);
    assert!(reason(&place).contains("--rate-limit-wait"), "{}", reason(&place));
    assert_eq!(server.times("GET /follow"), 1);
    ended.expect(3);
    let (ended, place, server) = followed(once(limited(10)));
    ended.expect(0);
    assert_eq!((outcomes(&place), server.times("GET /follow")), (vec!["pass"], 2));
}

/// This answer first, and the page after it.
fn once(first: Reply) -> impl Fn(&str) -> Reply + Send + Sync + 'static {
    let asked = std::sync::atomic::AtomicBool::new(false);
    move |_| match asked.swap(true, std::sync::atomic::Ordering::Relaxed) {
        true => Reply::html("done"),
        false => first.clone(),
    }
}

#[test]
fn what_a_server_says_to_an_idle_connection_is_no_answer() {
    // It went out before the request came in.
    let late = Reply::Bytes(b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".to_vec());
    let (ended, place, server) = followed(once(late.clone()));
    assert_eq!(outcomes(&place), ["pass"], "{}: {}", ended.out, reason(&place));
    assert_eq!(server.times("GET /follow"), 2);
    ended.expect(0);
    let asked = std::sync::atomic::AtomicBool::new(false);
    let (ended, place, _) = against(crate::run::ASK, move |asked_for, _| {
        let first = asked_for.what() == "GET /hostile" && !asked.swap(true, std::sync::atomic::Ordering::Relaxed);
        first.then(|| late.clone())
    });
    assert_eq!(outcomes(&place), ["pass"], "{}", ended.out);
    // Whoever answers so again and again has been asked.
    let (ended, place, server) = followed(|_| Reply::html("").into_status(408));
    ended.expect(1);
    assert_eq!((outcomes(&place), server.times("GET /follow")), (vec!["fail"], 2));
}

#[test]
fn a_link_that_gets_no_answer_is_no_verdict() {
    for reply in [
        Reply::Silent(Vec::new()),
        Reply::Reset,
        Reply::Bytes(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 999\r\n\r\n<p>".to_vec()),
        Reply::Bytes(b"HTTP/1.1 302 Found\r\nLocation: http://a.test/\r\n injected\r\nX\0: y\r\n\r\n".to_vec()),
    ] {
        let (ended, place, _) = followed(move |_| reply.clone());
        assert_eq!(outcomes(&place), ["error"], "{}", ended.out);
        assert!(reason(&place).contains("the link got no complete answer"), "{}", reason(&place));
        ended.expect(3);
    }
}

#[test]
fn a_link_to_elsewhere_is_not_followed() {
    let trap = Server::start(|_, _| Reply::html("caught"));
    let port = trap.url().rsplit(':').next().unwrap().to_owned();
    for link in [
        format!("{}/follow?token=abcdefghijklmnop", trap.url()),
        format!("http://localhost:{port}/?sid=abcdefghijkl&token=abcdefghijklmnop"),
    ] {
        let (ended, place, _) = against(FOLLOW, move |asked, post| {
            (asked.what() == "POST /account/3pid/email/requestToken" && !is_probe(asked)).then(|| {
                post.link(&field(asked, "email"), &link);
                Reply::json(200, r#"{"sid": "s1"}"#)
            })
        });
        ended.expect(1);
        assert!(reason(&place).contains("not-followed"), "{}", reason(&place));
    }
    assert_eq!(trap.asked().len(), 0, "somebody else was asked");
}

#[test]
fn a_preflight_whose_mail_leads_elsewhere_asks_nobody_there() {
    let connections = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let seen = Arc::clone(&connections);
    let trap = Server::raw(move |socket| {
        seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        silence(&socket);
    });
    let (ended, _, _) = against(FOLLOW, move |asked, post| {
        (asked.what() == "POST /account/3pid/email/requestToken").then(|| {
            post.link(&field(asked, "email"), &format!("http://{trap}/follow?token=abcdefghijklmnop"));
            Reply::json(200, r#"{"sid": "s1"}"#)
        })
    });
    ended.expect(3).says(&[&trap.to_string(), "--public-url"]);
    assert_eq!(connections.load(std::sync::atomic::Ordering::Relaxed), 0);
}
