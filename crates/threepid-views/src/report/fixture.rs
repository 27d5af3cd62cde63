//! A record made by hand, with every outcome and every kind of event.

mod hostile;
mod trials;

pub(super) use hostile::{HOSTILE, hostile};
use trials::{failing, passing, two_mails, unanswered};

use threepid_record::model::*;

const BASE: &str = "http://127.0.0.1:8008/_matrix/client/v3";

/// An exchange that took 12.3 ms.
pub(super) fn exchange(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
    status: u16,
    answer: &str,
) -> Exchange {
    Exchange {
        actor: Some("alice".to_owned()),
        request: Request {
            method: method.to_owned(),
            url: url.to_owned(),
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: body.map(text).unwrap_or_default(),
        },
        response: Some(Response {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: text(answer),
        }),
        failure: None,
        headers_ms: 12.0,
        total_ms: 12.3,
    }
}

fn text(text: &str) -> Body {
    Body { text: Some(text.to_owned()), base64: None, size_bytes: text.len() as u64, truncated: false }
}

/// A mail with a text and an HTML part.
pub(super) fn mail(to: &str, subject: &str) -> Mail {
    let link = "http://localhost/verify?token=REDACTED-token-1&sid=REDACTED-sid-1";
    let part = |content_type: &str, text: String| Part {
        content_type: content_type.to_owned(),
        charset: "utf-8".to_owned(),
        transfer_encoding: "7bit".to_owned(),
        text,
        alternative: None,
    };
    Mail {
        envelope: Envelope {
            from: "noreply@hs.example".to_owned(),
            to: vec![to.to_owned()],
            params: vec!["SIZE=512".to_owned()],
        },
        session: SessionFacts { helo: "hs.example".to_owned(), esmtp: true, tls: false, auth_user: None },
        raw: text(&format!("Subject: {subject}\r\nTo: {to}\r\n\r\nPlease follow {link}\r\n")),
        headers: vec![("subject".to_owned(), subject.to_owned()), ("to".to_owned(), to.to_owned())],
        parts: vec![
            part("text/plain", format!("Please follow {link}")),
            part("text/html", format!("<a href=\"{link}\">here</a>")),
        ],
        links: vec![Link { url: link.to_owned(), score: 10, ..Link::default() }],
        ..Mail::default()
    }
}

fn entry(step: usize, label: &str, at_ms: f64, event: Event) -> Entry {
    Entry { step: Some(step), turn: 0, label: label.to_owned(), at_ms, event }
}

fn spec() -> SpecRef {
    SpecRef {
        operation: "POST /account/3pid/add".to_owned(),
        anchor: "client-server-api/#post_matrixclientv3account3pidadd".to_owned(),
    }
}

fn finding(level: Level, requirement: &str, step: usize, subject: &str, expected: &str, actual: &str) -> Finding {
    Finding {
        kind: FindingKind::Requirement,
        level,
        requirement: requirement.to_owned(),
        spec: Some(spec()),
        basis: basis(level),
        step: "POST /account/3pid/add".to_owned(),
        step_index: Some(step),
        place: Some(place(21, "    must: {status: 401}", 12)),
        subject: subject.to_owned(),
        expected: expected.to_owned(),
        actual: actual.to_owned(),
        alternatives: None,
    }
}

/// What a finding of this level rests on.
fn basis(level: Level) -> Basis {
    match level {
        Level::Must => Basis { ground: Some(Ground::Text), ..Basis::default() },
        Level::Security => {
            Basis { harm: Some("Whoever has the token keeps the account.".to_owned()), ..Basis::default() }
        }
        Level::Convention => Basis { relied_on_by: Some("a client".to_owned()), ..Basis::default() },
        Level::Should => Basis::default(),
    }
}

fn place(line: usize, text: &str, column: usize) -> Place {
    let source = Some(SourceLine::around(text, column));
    Place { file: "add-email/wrong-password.yaml".to_owned(), line, column, folder: "scenarios".to_owned(), source }
}

fn trial(id: &str, title: &str, outcome: Outcome, reason: &str, duration_ms: f64) -> TrialRecord {
    TrialRecord {
        id: id.to_owned(),
        case: None,
        variant: "plain".to_owned(),
        api: "v3".to_owned(),
        repetition: 1,
        title: title.to_owned(),
        covers: vec!["uia-wrong-password".to_owned(), "uia-session".to_owned()],
        spec: Some(spec()),
        outcome,
        level: Level::Must,
        asked: Default::default(),
        reason: reason.into(),
        duration_ms,
        findings: Vec::new(),
        choices: Vec::new(),
        rule: None,
        transcript: Transcript::default(),
    }
}

/// The whole record.
pub(super) fn report() -> Report {
    let mut drifted = trial("list/empty", "A new account has no address", Outcome::Pass, "", 8.0);
    drifted.findings = vec![Finding {
        kind: FindingKind::Drift,
        ..finding(Level::Convention, "The answer differs from the snapshot", 0, "snapshot", "a: 1\nb: 2", "a: 1\nb: 3")
    }];
    let trials = vec![
        passing("v3"),
        passing("r0"),
        failing(),
        two_mails(),
        drifted,
        unanswered(),
        trial("bind/happy", "An address is bound", Outcome::Skip, "the target offers no identity server", 0.0),
        trial("bind/unbind", "An address is unbound", Outcome::Skip, "the target offers no identity server", 0.0),
        trial(
            "reset/happy",
            "A password is reset",
            Outcome::Skip,
            "the target speaks v1.1 only; this is since v1.2",
            0.0,
        ),
        trial("add-email/lone", "No link was followed", Outcome::Xfail, "answers 400 (issue 123)", 60.0),
        trial("add-email/twice", "The same address is added twice", Outcome::Xpass, "answered 500 (issue 124)", 61.0),
    ];
    Report {
        schema: Report::SCHEMA,
        threepid: "0.1.0".to_owned(),
        suite: "5f2c9a".to_owned(),
        seed: 42,
        started: "2026-11-23T12:00:00Z".to_owned(),
        duration_ms: 12_345.6,
        slices: Vec::new(),
        snapshots: None,
        browser: None,
        repeat: vec!["--target".to_owned(), "synapse".to_owned()],
        interrupted: false,
        error: None,
        target: TargetInfo {
            name: "synapse".to_owned(),
            url: "http://127.0.0.1:8008".to_owned(),
            public_url: "http://localhost".to_owned(),
            versions: vec!["r0.6.1".to_owned(), "v1.1".to_owned(), "v1.11".to_owned()],
            server: Some("Synapse/1.140.0".to_owned()),
            defects: Vec::new(),
            shapes: Vec::new(),
            abilities: vec![
                Ability { name: "email".to_owned(), offered: true, reason: "requestToken answered 200".to_owned() },
                Ability { name: "registration".to_owned(), offered: true, reason: "it has a dummy flow".to_owned() },
                Ability {
                    name: "identity-server".to_owned(),
                    offered: false,
                    reason: "bind answered 404 M_UNRECOGNIZED".to_owned(),
                },
            ],
        },
        counts: Counts::of(trials.iter().map(|t| t.outcome)),
        trials,
    }
}
