//! A record in which every string is a secret.

use ::base64::Engine as _;
use ::base64::engine::general_purpose::STANDARD;

use super::redactor;
use crate::model::*;

const SECRET: &str = "s3cret.value";

fn s() -> String {
    format!("<{SECRET}>")
}

fn body(text: &str) -> Body {
    Body { text: Some(text.to_owned()), base64: None, size_bytes: text.len() as u64, truncated: false }
}

fn mail(text: &str) -> Mail {
    let (s, headers) = (|| text.to_owned(), || headers(text));
    Mail {
        envelope: Envelope { from: s(), to: vec![s()], params: vec![s()] },
        session: SessionFacts { helo: s(), esmtp: true, tls: false, auth_user: Some(s()) },
        raw: Body { text: None, base64: Some(STANDARD.encode(format!("\u{e4}{text}"))), ..Body::default() },
        headers: headers(),
        parts: vec![Part { content_type: s(), charset: s(), transfer_encoding: s(), text: s(), alternative: None }],
        links: vec![Link { url: s(), score: 1, ..Link::default() }],
        codes: vec![Code { value: s(), score: 1 }],
        cut: false,
    }
}

fn headers(text: &str) -> Headers {
    vec![(text.to_owned(), text.to_owned())]
}

fn exchange(text: &str) -> Exchange {
    let (s, headers) = (|| text.to_owned(), || headers(text));
    Exchange {
        actor: Some("alice".to_owned()),
        request: Request { method: s(), url: s(), headers: headers(), body: body(&s()) },
        response: Some(Response { status: 200, headers: headers(), body: body(&s()) }),
        failure: Some(Failure { kind: FailureKind::Broken, message: s() }),
        headers_ms: 1.0,
        total_ms: 2.0,
    }
}

fn entry(text: &str, event: Event) -> Entry {
    Entry { step: Some(0), turn: 0, label: text.to_owned(), at_ms: 0.0, event }
}

/// A record with a text at every place that has one.
pub(super) fn record_of(text: &str) -> TrialRecord {
    let (s, headers, mail) = (|| text.to_owned(), || headers(text), || mail(text));
    let (entry, exchange) = (|event| entry(text, event), || exchange(text));
    let visit = |end| {
        Event::Visit(Visit {
            link: s(),
            hops: vec![exchange()],
            submitted: false,
            end,
            text: s(),
            browsed: Some(Browsed { browser: s(), because: s(), pressed: vec![s()], page: 0, answer: 0 }),
        })
    };
    TrialRecord {
        id: format!("add-email/{text}"),
        case: None,
        variant: "plain".to_owned(),
        api: "v3".to_owned(),
        repetition: 1,
        title: "A title".to_owned(),
        covers: vec![],
        spec: None,
        outcome: Outcome::Fail,
        level: Level::Must,
        asked: Default::default(),
        reason: Reason { words: s(), kind: None, tracked_at: Some(s()) },
        duration_ms: 1.0,
        findings: vec![Finding {
            kind: FindingKind::Requirement,
            level: Level::Must,
            requirement: s(),
            spec: None,
            basis: Basis::default(),
            step: s(),
            step_index: None,
            place: None,
            subject: s(),
            expected: s(),
            actual: s(),
            alternatives: None,
        }],
        choices: vec![Choice { step: s(), chosen: s() }],
        rule: None,
        transcript: Transcript {
            started_ms: 0,
            origins: Vec::new(),
            values: vec![("client_secret".to_owned(), serde_json::json!([{"in": s()}]))],
            entries: vec![
                entry(Event::Exchange(exchange())),
                entry(Event::Delivery(Delivery {
                    mailbox: s(),
                    wanted: 1,
                    mails: vec![mail()],
                    waited_ms: 0.0,
                    deadline_ms: 0.0,
                    strays: vec![Arrival { to: s(), subject: s() }],
                })),
                entry(visit(VisitEnd::Redirect(s()))),
                entry(visit(VisitEnd::NotFollowed(s()))),
                entry(Event::NoMailWindow(NoMailWindow { mailbox: s(), window_ms: 0.0, mails: vec![mail()] })),
                entry(Event::RequestLogQuery(RequestLogQuery {
                    path: s(),
                    about: s(),
                    requests: vec![Asked {
                        method: s(),
                        path: s(),
                        query: headers(),
                        authorization: Some(s()),
                        body: Some(serde_json::json!({"in": [s()]})),
                        at_ms: 0,
                    }],
                })),
                entry(Event::Instruction(Instruction { path: s(), about: s(), does: s() })),
                entry(Event::Stop(Stop { reason: StopReason::Unbound, message: s() })),
            ],
        },
    }
}

/// Every string of a JSON value, wherever it stands.
pub(super) fn strings(value: &serde_json::Value, into: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => into.push(text.clone()),
        serde_json::Value::Array(items) => items.iter().for_each(|i| strings(i, into)),
        serde_json::Value::Object(fields) => fields.values().for_each(|f| strings(f, into)),
        _ => {}
    }
}

#[test]
fn nothing_in_a_record_keeps_a_secret_but_its_id() {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let mut record = record_of(&s());
    strings(&serde_json::to_value(&record).unwrap(), &mut before);
    redactor(&[SECRET]).record(&mut record);
    strings(&serde_json::to_value(&record).unwrap(), &mut after);
    let expected: Vec<String> = before
        .iter()
        .map(|text| match text.as_str() {
            id if id.starts_with("add-email/") => id.to_owned(),
            text if text.starts_with('<') => "<REDACTED-token-1>".to_owned(),
            text => text
                .replace(&STANDARD.encode(format!("\u{e4}<{SECRET}>")), &STANDARD.encode("\u{e4}<REDACTED-token-1>")),
        })
        .collect();
    assert_eq!(after, expected);
    assert_eq!(after.iter().filter(|t| t.contains(SECRET)).count(), 1, "only the id has it");
}

#[test]
fn the_facts_of_a_target_keep_no_secret() {
    let mut target = TargetInfo {
        name: "homeserver".to_owned(),
        url: s(),
        public_url: s(),
        versions: vec![s()],
        server: Some(s()),
        defects: Vec::new(),
        shapes: Vec::new(),
        abilities: vec![Ability { name: "email".to_owned(), offered: true, reason: s() }],
    };
    redactor(&[SECRET]).target(&mut target);
    let json = serde_json::to_string(&target).unwrap();
    assert!(!json.contains(SECRET), "{json}");
    assert_eq!(json.matches("REDACTED-token-1").count(), 5, "{json}");
}
