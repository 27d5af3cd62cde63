//! What a homeserver can make the program cost: memory within a bound, whatever is sent.
//!
//! The bound is one that the system keeps: a program that wants more ends with a signal.
#![cfg(target_os = "linux")]

use serde_json::json;

use crate::homeserver::{self, field, is_probe};
use crate::program::Ended;
use crate::run::{ASK, FOLLOW, MOST_KIB, outcomes, place, run};
use crate::server::{Asked, Reply};

fn within_bounds(
    scenarios: &[&str],
    more: &[&str],
    otherwise: impl Fn(&Asked, &homeserver::Post) -> Option<Reply> + Send + Sync + 'static,
) -> (Ended, Vec<&'static str>) {
    let smtp = homeserver::free_address();
    let server = homeserver::start(smtp, otherwise);
    let place = place(scenarios).under(&format!("ulimit -d {MOST_KIB}"));
    let ended = run(&place, &server.url(), smtp, more);
    let outcomes = outcomes(&place);
    (ended, outcomes)
}

#[test]
fn bodies_without_an_end() {
    let scenarios = [ASK; 24];
    let (ended, outcomes) = within_bounds(&scenarios, &["--timeout=15s"], |asked, _| {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 300000000\r\n\r\n".to_vec();
        (asked.what() == "GET /hostile").then(|| Reply::Flood(head, vec![b'x'; 1 << 16], 4577))
    });
    ended.expect(3);
    assert_eq!(outcomes, ["error"; 24]);
}

#[test]
fn bodies_as_large_as_they_may_be() {
    let scenarios = [ASK; 24];
    let filler = "x".repeat((1 << 20) - 40);
    let (ended, outcomes) = within_bounds(&scenarios, &["--timeout=15s"], move |asked, _| {
        (asked.what() == "GET /hostile").then(|| Reply::json(200, json!({"hello": "earth", "filler": filler})))
    });
    ended.expect(1);
    assert_eq!(outcomes, ["fail"; 24]);
}

#[test]
fn limits_with_bodies_as_large_as_they_may_be() {
    let filler = "x".repeat((1 << 20) - 80);
    let (ended, outcomes) = within_bounds(&[ASK], &[], move |asked, _| {
        let body = json!({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 0, "filler": filler});
        (asked.what() == "GET /hostile").then(|| Reply::json(429, body))
    });
    ended.expect(3);
    assert_eq!(outcomes, ["error"]);
}

#[test]
fn a_mailbox_full_of_large_mails() {
    let (ended, outcomes) = within_bounds(&[FOLLOW], &["--timeout=15s", "--request-timeout=15s"], |asked, post| {
        (asked.what() == "POST /account/3pid/email/requestToken" && !is_probe(asked)).then(|| {
            let (to, filler) = (field(asked, "email"), ("y".repeat(70) + "\r\n").repeat(4 * 1024));
            let message = format!("Subject: x\r\n\r\nhttp://{}/follow?token=abcdefghijklmnop\r\n{filler}", post.own);
            let mut connection = post.connect();
            (0..240).for_each(|_| drop(connection.mail(&to, &message)));
            Reply::json(200, r#"{"sid": "s1"}"#)
        })
    });
    ended.expect(0);
    assert_eq!(outcomes, ["pass"]);
}

#[test]
fn secrets_without_an_end() {
    // Each of these has to be kept out of the record: a search for thirty thousand words in a text full of them.
    let tokens: Vec<String> = (0..30_000).map(|number| format!("{{\"token\":\"aaaaaa{number}\"}}")).collect();
    let body = format!("{{\"hello\": \"earth\", \"all\": [{}]}}", tokens.join(","));
    let (ended, outcomes) =
        within_bounds(&[ASK], &[], move |asked, _| (asked.what() == "GET /hostile").then(|| Reply::json(200, &body)));
    ended.expect(3);
    assert_eq!(outcomes, ["error"]);
}
