//! A homeserver that dies in the middle of the run, and a person who has seen enough of one that stalls.

use std::time::{Duration, Instant};

use crate::homeserver::{self, is_probe};
use crate::run::{ASK, FOLLOW, is_safe, outcomes, place, reason, record, run, start};
use crate::server::Reply;

#[test]
fn what_cannot_be_asked_any_more_is_an_error_and_no_fail() {
    for jobs in ["--jobs=1", "--jobs=16"] {
        let smtp = homeserver::free_address();
        let server = homeserver::start(smtp, |asked, _| (asked.what() == "GET /hostile").then_some(Reply::Die));
        let place = place(&[FOLLOW, ASK, FOLLOW, ASK, FOLLOW]);
        let ended = run(&place, &server.url(), smtp, &[jobs]).expect(3);
        let outcomes = outcomes(&place);
        assert_eq!(outcomes.len(), 5);
        assert!(outcomes.iter().all(|outcome| matches!(*outcome, "pass" | "error")), "{outcomes:?}\n{}", ended.out);
        if jobs == "--jobs=1" {
            assert_eq!(outcomes, ["pass", "error", "error", "error", "error"]);
            let reasons: Vec<String> = record(&place).trials.into_iter().map(|trial| trial.reason.words).collect();
            assert!(reasons[2].contains("no account for alice"), "{reasons:?}");
            assert!(reasons[3].contains("/hostile got no complete answer"), "{reasons:?}");
        }
    }
}

#[test]
fn mail_that_a_dead_homeserver_did_not_send_is_not_held_against_it() {
    let smtp = homeserver::free_address();
    let server = homeserver::start(smtp, |asked, _| match asked.what().as_str() {
        // The answer is out, then it dies: nothing after it is answered, and no mail is sent.
        "POST /account/3pid/email/requestToken" if !is_probe(asked) => Some(Reply::json(200, r#"{"sid": "s1"}"#)),
        "GET /_matrix/client/versions" if asked.target.contains('?') => Some(Reply::Die),
        _ => None,
    });
    let place = place(&[FOLLOW]);
    run(&place, &server.url(), smtp, &[]).expect(1);
    assert!(reason(&place).contains("no mail"), "it lives: {}", reason(&place));
    let smtp = homeserver::free_address();
    let asked_for = std::sync::atomic::AtomicBool::new(false);
    let server = homeserver::start(smtp, move |asked, _| {
        use std::sync::atomic::Ordering;
        if asked_for.load(Ordering::Relaxed) {
            return Some(Reply::Die);
        }
        let last = asked.what() == "POST /account/3pid/email/requestToken" && !is_probe(asked);
        asked_for.store(last, Ordering::Relaxed);
        last.then(|| Reply::json(200, r#"{"sid": "s1"}"#))
    });
    run(&place, &server.url(), smtp, &[]).expect(3);
    assert_eq!(outcomes(&place), ["error"], "{}", reason(&place));
    assert!(reason(&place).contains("no longer answers"), "{}", reason(&place));
}

/// Interrupts a run when it asks this, of a homeserver that never answers it; gives how it ended.
#[cfg(unix)]
fn interrupted(what: &'static str, from: usize) -> crate::program::Place {
    let smtp = homeserver::free_address();
    let times = std::sync::atomic::AtomicUsize::new(0);
    let server = homeserver::start(smtp, move |asked, _| {
        let stalls = asked.what() == what && times.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= from;
        stalls.then(|| Reply::Silent(Vec::new()))
    });
    let place = place(&[ASK, FOLLOW]);
    let patient = ["--request-timeout=10m", "--timeout=10m", "--account-timeout=10m", "--jobs=1"];
    let started = start(&place, &server.url(), smtp, &patient);
    server.wait_for_times(what, from + 1);
    let begun = Instant::now();
    started.interrupt();
    let ended = started.end().expect(130);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    is_safe(&ended);
    place
}

#[cfg(unix)]
#[test]
fn an_interrupt_does_not_wait_for_an_answer() {
    let place = interrupted("GET /hostile", 0);
    assert_eq!(outcomes(&place), ["error", "skip"]);
    assert!(record(&place).interrupted);
    assert!(reason(&place).contains("interrupted"), "{}", reason(&place));
}

#[cfg(unix)]
#[test]
fn an_interrupt_does_not_wait_for_an_account() {
    // The first two are the preflight's question and its account's first request.
    let place = interrupted("POST /register", 3);
    assert_eq!(outcomes(&place), ["pass", "error"]);
    assert!(record(&place).trials[1].reason.words.contains("interrupted"), "{}", record(&place).trials[1].reason);
}

#[cfg(unix)]
#[test]
fn an_interrupt_does_not_wait_for_the_preflight() {
    let place = interrupted("GET /_matrix/client/versions", 0);
    assert_eq!(outcomes(&place), ["skip", "skip"]);
    assert!(record(&place).trials.iter().all(|trial| trial.reason.words.starts_with("not run: ")));
    assert!(record(&place).interrupted, "an older record would say that the run went to its end");
}
