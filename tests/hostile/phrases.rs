//! What a homeserver says is shown as what it is: it writes no escape sequence to a terminal, no order to a CI system,
//! no markup into a report.

use serde_json::json;

use crate::homeserver::{self, field, is_probe};
use crate::run::{ASK, FOLLOW, is_safe, outcomes, place, read, record, run, written};
use crate::server::Reply;

/// Everything that somebody could obey.
const WORDS: &str = "</script></pre></td><script>alert(1)</script><img src=x onerror=alert(1)>\u{1b}[2J\u{1b}]0;x\u{7}\n\
    ::error::owned\n##[error]owned\n\r::set-output name=a::b\r\n\u{9b}2J\u{202e}\u{2066}\u{0}\u{fffe}\u{ffff}\u{feff}]]>\
    &lt;&#27;\n```\n~~~~\n# owned\n</details>\n[a](javascript:alert(1)) |x| @everyone `y` http://evil.test/";

#[test]
fn nobody_obeys_what_a_homeserver_says() {
    let smtp = homeserver::free_address();
    let server = homeserver::start(smtp, |asked, post| match asked.what().as_str() {
        "GET /_matrix/client/versions" => {
            Some(Reply::json(200, json!({"versions": ["v1.11", WORDS]})).with("Server", "x\u{9b}2J <script>"))
        }
        "GET /hostile" => Some(Reply::json(400, json!({"errcode": WORDS, "error": WORDS}))),
        "POST /register" if asked.body.contains("\"auth\"") && field(asked, "username").starts_with("bob") => {
            Some(Reply::json(403, json!({"errcode": WORDS, "error": WORDS})))
        }
        "GET /follow" => Some(Reply::html(WORDS.replace('\0', ""))),
        "GET /capabilities" => Some(Reply::typed(400, "text/plain", WORDS)),
        "POST /account/3pid/email/requestToken" if !is_probe(asked) => {
            let to = field(asked, "email");
            let link = format!("http://{}/follow?token=abcdefghijklmnopqrst&x=%1b[2J", post.own);
            let words = WORDS.replace(['\r', '\n'], " ");
            post.send(&to, &format!("Subject: {words}\r\n\r\n{WORDS}\r\n\r\n{link}\r\n"));
            post.send("stray@threepid.test", &format!("Subject: {words}\r\n\r\n{WORDS}"));
            Some(Reply::json(200, json!({"sid": WORDS})))
        }
        _ => None,
    });
    let follow = FOLLOW.replace("end: page, status: 200", "text: nothing");
    let bob = ASK.replace("steps:", "actors: [bob]\nsteps:").replace("/hostile\n", "/hostile\n    as: bob\n");
    let other = FOLLOW.replace("mail: <email>", "mail: \"<other: email>\"");
    let other = other.replace("as: alice\n", "as: alice\n    headers: {x-other: \"<other: email>\"}\n");
    let texts = [ASK, &*bob, &*follow, &*other];
    let place = place(&texts);
    let summary = place.path().join("report-step.md");
    let place = place.with("GITHUB_ACTIONS", "true").with("GITHUB_STEP_SUMMARY", summary.to_str().unwrap());
    let ended = run(&place, &server.url(), smtp, &[]).expect(1);
    assert_eq!(outcomes(&place), ["fail", "error", "fail", "fail"], "{}", ended.out);
    assert_eq!(ended.err.lines().filter(|line| line.starts_with("::error file=")).count(), 3, "{}", ended.err);
    assert!(ended.out.contains("\\x1b[2J"), "it is shown, and not dropped:\n{}", ended.out);
    // Again, as events and as views of the record.
    let events = run(&place, &server.url(), smtp, &["--format=json", "--output=again"]).expect(1);
    assert_eq!(events.out.lines().count(), 1 + 1 + 4 + 1, "{}", events.out);
    for line in events.out.lines() {
        serde_json::from_str::<serde_json::Value>(line).expect("JSON line by line");
    }
    for again in [place.run(&["report", "report"]), place.run(&["judge", "report"])] {
        is_safe(&again);
    }
    let page = read(&place.path().join("report/report.html"));
    for bad in ["<script>alert", "<img src=x", "</script></pre>", "\u{202e}", "href=\"javascript"] {
        assert!(!page.contains(bad), "{bad:?} is in the page");
    }
    for (name, text) in written(&place) {
        // The mails as they came are for mail programs, and the record is for programs.
        if name.ends_with(".eml") || name.ends_with(".json") {
            continue;
        }
        let bad = text.chars().find(|c| (c.is_control() && !matches!(c, '\n' | '\t' | '\r')) || *c == '\u{202e}');
        assert_eq!(bad, None, "{name}");
    }
    for summary in [summary, place.path().join("report/summary.md")] {
        cannot_break_out(&read(&summary));
    }
}

/// Outside of blocks of code there is no markup of a homeserver, and every block ends.
fn cannot_break_out(summary: &str) {
    let mut fence: Option<String> = None;
    for line in summary.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(end) if line == end => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => {
                for bad in ["<script", "<img", "](javascript", "|x|", "@everyone", "http://evil", "::error"] {
                    assert!(!line.contains(bad), "{bad} in {line}");
                }
                assert!(!line.starts_with("# "), "{line}");
            }
        }
    }
    assert_eq!(fence, None, "every block ends");
}

#[test]
fn an_error_of_the_preflight_obeys_nobody_either() {
    for (what, status) in [("POST /register", 403), ("POST /account/3pid/email/requestToken", 500), ("GET /login", 429)]
    {
        for reply in [
            Reply::json(status, json!({"errcode": WORDS, "error": WORDS})),
            Reply::json(status, json!({"errcode": WORDS.repeat(1000)})),
            Reply::typed(status, "text/plain", WORDS),
        ] {
            let smtp = homeserver::free_address();
            let server = homeserver::start(smtp, move |asked, _| (asked.what() == what).then(|| reply.clone()));
            let ended = run(&place(&[ASK]), &server.url(), smtp, &[]).expect(3);
            assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
            assert!(ended.err.len() < 2000, "{} bytes", ended.err.len());
        }
    }
    let smtp = homeserver::free_address();
    let server = homeserver::start(smtp, |asked, post| {
        (asked.what() == "POST /account/3pid/email/requestToken").then(|| {
            let words = WORDS.replace(['\r', '\n'], " ").repeat(20);
            (0..500).for_each(|n| post.send(&format!("stray{n}@threepid.test"), &format!("Subject: {words}\r\n\r\nx")));
            Reply::json(200, r#"{"sid": "s1"}"#)
        })
    });
    let ended = run(&place(&[ASK]), &server.url(), smtp, &[]).expect(3);
    assert!(ended.err.contains("none came within") && ended.err.contains("stray"), "{}", ended.err);
    assert!(ended.err.len() < 6000 && ended.err.lines().count() == 1, "{} bytes", ended.err.len());
}

#[test]
fn a_secret_stays_one_when_its_trial_cannot_begin() {
    let smtp = homeserver::free_address();
    let server = homeserver::start(smtp, |asked, _| {
        // It refuses with what it was asked, as a careless server might.
        let refused = asked.what() == "POST /register" && field(asked, "username").starts_with("bob");
        refused.then(|| Reply::json(403, json!({"errcode": "M_FORBIDDEN", "error": field(asked, "password")})))
    });
    let two = ASK.replace("steps:", "actors: [alice, bob]\nsteps:").replace("\n    must", "\n    as: alice\n    must")
        + "  - GET: /hostile\n    as: bob\n    must: {status: 200}\n";
    let place = place(&[&two]);
    let ended = run(&place, &server.url(), smtp, &[]).expect(3);
    assert!(record(&place).trials[0].reason.words.contains("no account for bob"), "{}", ended.out);
    let mut secrets: Vec<String> = server.asked().iter().map(|asked| field(asked, "password")).collect();
    secrets.retain(|secret| !secret.is_empty());
    assert!(secrets.len() >= 3, "{secrets:?}");
    secrets.extend(["-of-user\"".to_owned(), "-of-register\"".to_owned()]);
    let shown = [("stdout".to_owned(), ended.out), ("stderr".to_owned(), ended.err)];
    for (name, text) in written(&place).into_iter().chain(shown) {
        for secret in &secrets {
            assert!(!text.contains(secret), "{secret} is in {name}");
        }
    }
}
