//! What the harness itself refuses, cuts or runs out of is never held against the homeserver.

use crate::homeserver::{Post, field, is_probe};
use crate::program::{Ended, Place};
use crate::run::{FOLLOW, against_with, outcomes, place, reason, record, start};
use crate::server::{Reply, Server};

/// A run of a homeserver that sends its mail so; it gets the address and the link.
fn sending(
    more: &[&str],
    scenario: &str,
    send: impl Fn(&Post, &str, &str) + Send + Sync + 'static,
) -> (Ended, Place, Server) {
    let more = [&["--request-timeout=15s", "--timeout=18s"], more].concat();
    against_with(&more, scenario, move |asked, post| {
        (asked.what() == "POST /account/3pid/email/requestToken" && !is_probe(asked)).then(|| {
            let link = format!("http://{}/follow?token=abcdefghijklmnopqrst&sid=s1", post.own);
            send(post, &field(asked, "email"), &link);
            Reply::json(200, r#"{"sid": "s1"}"#)
        })
    })
}

/// It could not be told: exit 3, and the reason has these words.
#[track_caller]
fn unknown((ended, place, _): (Ended, Place, Server), words: &[&str]) {
    assert_eq!(outcomes(&place), ["error"], "{}", ended.out);
    for part in words {
        assert!(reason(&place).contains(part), "{part:?} is missing in {}", reason(&place));
    }
    ended.expect(3);
}

/// A message of so many parts, the last of which has the link.
fn parts(count: usize, link: &str) -> String {
    let filler = "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n".repeat(count - 1);
    format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n{filler}--b\r\nContent-Type: text/plain\r\n\r\n{link}\r\n--b--\r\n"
    )
}

/// A part in so many others, with the link.
fn nested(depth: usize, link: &str) -> String {
    let open: String =
        (0..depth).map(|at| format!("Content-Type: multipart/mixed; boundary=n{at}z\r\n\r\n--n{at}z\r\n")).collect();
    format!("{open}Content-Type: text/plain\r\n\r\n{link}\r\n")
}

#[test]
fn a_link_behind_a_limit_of_the_reader_is_no_missing_link() {
    type Message = fn(&str) -> String;
    let behind: [(&str, Message); 5] = [
        ("200 parts", |link| parts(230, link)),
        ("20 within each other", |link| {
            // What cannot be taken apart is shown as it is, so the link is encoded.
            let hidden =
                nested(30, "QUJD").replace("text/plain\r\n", "text/plain\r\nContent-Transfer-Encoding: base64\r\n");
            let _ = link;
            hidden
        }),
        ("5000 links", |link| {
            let others: String = (0..5001).map(|at| format!("<a href=x:{at}>y</a>\r\n")).collect();
            format!("Content-Type: text/html\r\n\r\n{others}<a href='{link}'>z</a>\r\n")
        }),
        ("16 KiB in one link", |link| {
            let long: String = (0..300).map(|_| "a1".repeat(30)).collect();
            format!("Content-Type: text/html\r\n\r\n<a href='{link}&more={long}'>z</a>\r\n")
        }),
        ("--mail-text-limit", |link| format!("Subject: x\r\n\r\n{}{link}\r\n", "y\r\n".repeat(400_000))),
    ];
    for (words, message) in behind {
        unknown(sending(&[], FOLLOW, move |post, to, link| post.send(to, &message(link))), &[words]);
    }
}

#[test]
fn mail_of_a_client_that_the_sink_had_enough_of_is_no_missing_mail() {
    let send = |post: &Post, to: &str, link: &str| {
        let mut connection = post.connect();
        let last: Vec<String> = (0..25).map(|_| connection.ask("WHAT")).collect();
        assert!(last.iter().any(|reply| reply.starts_with("421 4.7.0")), "{last:?}");
        connection.mail(to, &format!("Subject: x\r\n\r\n{link}\r\n"));
    };
    unknown(sending(&[], FOLLOW, send), &["the mail sink refused a mail at one of its limits", "421 4.7.0 20 errors"]);
}

#[test]
fn a_silence_in_which_the_sink_refused_something_proves_nothing() {
    let quiet = "title: No mail\nwhy: x\nactors: [alice]\nsteps:
  - POST: /account/3pid/email/requestToken
    as: alice
    body: {\"client_secret\": \"<client_secret>\", \"email\": \"<email>\", \"send_attempt\": 1}
    must: {status: 200}
  - no_mail: <email>
";
    let large = |post: &Post, to: &str, link: &str| {
        post.send(to, &format!("Subject: large\r\n\r\n{link}\r\n{}", ("x".repeat(998) + "\r\n").repeat(11 * 1024)));
    };
    unknown(sending(&[], quiet, large), &["refused", "10485760 bytes"]);
    let (ended, place, _) = sending(&[], quiet, |_, _, _| {});
    ended.expect(0);
    assert_eq!(outcomes(&place), ["pass"]);
    let (ended, place, _) = sending(&[], quiet, |post, to, link| post.link(to, link));
    ended.expect(1);
    assert_eq!(outcomes(&place), ["fail"]);
}

#[cfg(unix)]
#[test]
fn a_machine_that_gives_no_more_connections_is_no_missing_mail() {
    let smtp = crate::homeserver::free_address();
    let held = std::sync::Mutex::new(Vec::new());
    let server = crate::homeserver::start(smtp, move |asked, post| {
        (asked.what() == "POST /account/3pid/email/requestToken" && !is_probe(asked)).then(|| {
            // The system takes them all; the program can open none of the last.
            held.lock().unwrap().extend((0..80).map_while(|_| std::net::TcpStream::connect(post.smtp).ok()));
            let (to, link) = (field(asked, "email"), format!("http://{}/follow?token=abcdefghijklmnopqrst", post.own));
            let smtp = post.clone();
            std::thread::spawn(move || smtp.link(&to, &link));
            Reply::json(200, r#"{"sid": "s1"}"#)
        })
    });
    let place = place(&[FOLLOW]).under("ulimit -n 64");
    let ended = crate::run::run(&place, &server.url(), smtp, &["--timeout=15s"]);
    assert_eq!(outcomes(&place), ["error"], "{}", ended.out);
    assert!(reason(&place).contains("ulimit -n"), "{}", reason(&place));
    ended.expect(3);
}

#[test]
fn trials_after_a_failed_preflight_are_not_run_and_not_skipped_for_what_is_offered() {
    let smtp = crate::homeserver::free_address();
    let server = crate::homeserver::start(smtp, |asked, _| {
        (asked.what() == "POST /account/3pid/email/requestToken").then(|| Reply::json(500, "{}"))
    });
    let needs = FOLLOW.replace("actors:", "needs: [email]\nactors:");
    let place = place(&[FOLLOW, &needs]);
    let ended = start(&place, &server.url(), smtp, &[]).end().expect(3);
    assert!(!ended.out.contains("Conformant"), "{}", ended.out);
    let trials = record(&place).trials;
    assert_eq!(trials.len(), 2);
    assert!(trials.iter().all(|trial| trial.reason.words.starts_with("not run: ")), "{:?}", trials[0].reason);
}
