//! 429, with whatever the homeserver says about how long to wait: bounded, and never held against it.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::run::{ASK, against_with, outcomes, reason, record};
use crate::server::Reply;

fn limited(retry: Option<Value>) -> Reply {
    let mut body = json!({"errcode": "M_LIMIT_EXCEEDED", "error": "Too many requests"});
    if let Some(retry) = retry {
        body["retry_after_ms"] = retry;
    }
    Reply::json(429, body)
}

/// How often it was asked until that was enough.
#[track_caller]
fn given_up(allowed: &str, reply: Reply, wait: &str) -> usize {
    let (ended, place, server) = against_with(&[&format!("--rate-limit-wait={allowed}")], ASK, move |asked, _| {
        (asked.what() == "GET /hostile").then(|| reply.clone())
    });
    assert_eq!(outcomes(&place), ["error"], "{}", ended.out);
    for part in ["limits how often", &format!("it wants {wait}"), "--rate-limit-wait"] {
        assert!(reason(&place).contains(part), "{part:?} is missing in {}", reason(&place));
    }
    ended.expect(3);
    assert!(record(&place).trials[0].transcript.entries.len() < 20);
    server.times("GET /hostile")
}

#[test]
fn a_wait_that_is_too_long_is_not_begun() {
    let tomorrow = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(86_400));
    for (reply, wait) in [
        (limited(Some(json!(3_600_000))), "3600s"),
        (limited(Some(json!(u64::MAX))), "18446744073709551.615s"),
        (limited(None).with("Retry-After", "3600"), "3600s"),
        (limited(None).with("Retry-After", "18446744073709551615"), "18446744073709551615s"),
        (limited(None).with("Retry-After", &tomorrow), "86"),
    ] {
        assert_eq!(given_up("1s", reply, wait), 1);
    }
}

#[test]
fn a_wait_that_makes_no_sense_is_one_second() {
    for retry in [json!(-5), json!("3600000"), json!(1e300), json!(null), json!([]), json!({"a": 1})] {
        assert_eq!(given_up("900ms", limited(Some(retry)), "1s of waiting"), 1);
    }
    assert_eq!(given_up("900ms", limited(None).with("Retry-After", "soon"), "1s of waiting"), 1);
    assert_eq!(given_up("1s", limited(None), "1s of waiting"), 2, "it is waited for where that is allowed");
}

#[test]
fn no_wait_at_all_does_not_become_a_busy_loop() {
    let yesterday = httpdate::fmt_http_date(SystemTime::now() - Duration::from_secs(86_400));
    for reply in
        [limited(Some(json!(0))), limited(None).with("Retry-After", "0"), limited(None).with("Retry-After", &yesterday)]
    {
        // 50 ms, then 100, 200, 400.
        assert_eq!(given_up("800ms", reply, "800ms of waiting"), 5);
    }
}
