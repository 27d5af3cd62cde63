use std::sync::Arc;

use serde_json::{Value, json};

use super::ContractJudge;
use crate::scenario::{SourceFile, Sources, Suite};
use threepid_record::model::{
    Body, Entry, Event, Exchange, Failure, FailureKind, Level, Outcome, Request, Response, TargetInfo, Transcript,
    TrialRecord, Visit, VisitEnd,
};

/// A table with one operation, and these rules.
fn suite(rules: &[(&str, &str)]) -> Arc<Suite> {
    let table = "title: t\noperations:\n  ask:\n    operation: POST /ask\n    anchor: page/#ask\n    token: required\n    \
                 answers:\n      - {status: 200, about: a, body: {sid: <string>}}\n  page:\n    operation: GET the link\n    \
                 anchor: page/#link\n    token: none\n    answers: []\nsentences: {}\n";
    let head = "title: t\nwhy: w\n";
    let rules = rules.iter().map(|(name, text)| (format!("contract/{name}.yaml"), format!("{head}{text}\n")));
    let files = rules.chain([("specification/t.yaml".to_owned(), table.to_owned())]);
    let files = files.map(|(path, text)| SourceFile { path, text });
    let suite = Suite::read(Sources::of(files));
    Arc::new(suite.map_err(|(sources, faults)| faults.lines(&sources)).unwrap())
}

fn target(version: &str) -> TargetInfo {
    TargetInfo {
        name: "t".into(),
        url: "http://hs".into(),
        public_url: "http://hs".into(),
        versions: vec![version.into()],
        server: None,
        abilities: Vec::new(),
        defects: Vec::new(),
        shapes: Vec::new(),
    }
}

fn body(text: &str) -> Body {
    Body { text: Some(text.to_owned()), size_bytes: text.len() as u64, ..Body::default() }
}

/// A request to the operation, with a body and an answer.
fn exchange(sent: Value, status: u16, answer: &str) -> Exchange {
    Exchange {
        actor: None,
        request: Request {
            method: "POST".into(),
            url: "http://hs/_matrix/client/v3/ask".into(),
            headers: vec![("authorization".into(), "Bearer REDACTED-access-token-1".into())],
            body: body(&sent.to_string()),
        },
        response: Some(Response { status, headers: Vec::new(), body: body(answer) }),
        failure: None,
        headers_ms: 0.0,
        total_ms: 0.0,
    }
}

fn trial(exchanges: Vec<Exchange>) -> TrialRecord {
    let entry =
        |exchange| Entry { step: None, turn: 0, label: "s".into(), at_ms: 0.0, event: Event::Exchange(exchange) };
    let transcript = Transcript {
        origins: vec!["http://hs/".into()],
        entries: exchanges.into_iter().map(entry).collect(),
        ..Transcript::default()
    };
    TrialRecord {
        id: "a/b".into(),
        case: None,
        variant: "plain".into(),
        api: "v3".into(),
        repetition: 1,
        title: "t".into(),
        covers: Vec::new(),
        spec: None,
        outcome: Outcome::Pass,
        level: Level::Must,
        asked: Default::default(),
        reason: Default::default(),
        duration_ms: 0.0,
        findings: Vec::new(),
        choices: Vec::new(),
        rule: None,
        transcript,
    }
}

fn judged(rule: &str, trials: &[TrialRecord]) -> TrialRecord {
    let (suite, target) = (suite(&[("r", rule)]), target("v1.9"));
    let mut judge = ContractJudge::new(&suite, &target, Level::Security);
    trials.iter().for_each(|trial| judge.trial(trial, &target));
    judge.records().remove(0)
}

const STATUS: &str = "must: {ground: text, because: b, status: 200}";
const FRESH: &str = "remember: {by: [request.body.secret], values: [body.sid], across_trials: true}\nsecurity: {harm: h, \
                     fresh: true}";

#[test]
fn a_rule_counts_and_names_what_broke_it() {
    let good = || exchange(json!({}), 200, "{}");
    let bad = || exchange(json!({}), 500, "{}");
    let record = judged(STATUS, &[trial(vec![good(), bad()]), trial((0..9).map(|_| bad()).collect())]);
    assert_eq!((record.outcome, record.level), (Outcome::Fail, Level::Must));
    let counts = record.rule.unwrap();
    assert_eq!((counts.held, counts.broken), (1, 10));
    assert_eq!(record.findings.len(), 5, "the first are enough");
    assert!(record.findings[0].step.contains("a/b, s: POST /ask 500"), "{}", record.findings[0].step);
    let noted = judged("should: {because: b, status: 200}", &[trial(vec![bad()])]);
    assert_eq!((noted.outcome, noted.findings.len()), (Outcome::Pass, 1));
}

#[test]
fn a_rule_that_never_applied_is_no_pass() {
    assert_eq!(judged(STATUS, &[]).outcome, Outcome::Skip);
    let other = "only: {status: 429}\nmust: {ground: text, because: b, body: {a: 1}}";
    assert_eq!(judged(other, &[trial(vec![exchange(json!({}), 200, "{}")])]).outcome, Outcome::Skip);
    let later = format!("since: v1.10\n{STATUS}");
    let record = judged(&later, &[trial(vec![exchange(json!({}), 500, "{}")])]);
    assert!(record.outcome == Outcome::Skip && record.reason.words.contains("v1.9"), "{}", record.reason);
}

#[test]
fn what_is_not_the_homeservers_api_is_not_judged() {
    let cut = Exchange {
        failure: Some(Failure { kind: FailureKind::TooLarge, message: String::new() }),
        ..exchange(json!({}), 500, "{}")
    };
    let mut identity = exchange(json!({}), 500, "{}");
    identity.request.url = "http://identity/_matrix/identity/v2/x".into();
    let mut admin = exchange(json!({}), 500, "{}");
    admin.request.url = "http://hs/_private/x".into();
    let proxy = exchange(json!({}), 503, "<h1>Bad gateway</h1>");
    let mut pages = trial(vec![cut, identity, admin, proxy]);
    let visit = Visit {
        link: String::new(),
        hops: vec![exchange(json!({}), 500, "<p>no</p>")],
        submitted: false,
        end: VisitEnd::Page,
        text: String::new(),
        browsed: None,
    };
    pages.transcript.entries.push(Entry {
        step: None,
        turn: 0,
        label: "p".into(),
        at_ms: 0.0,
        event: Event::Visit(visit),
    });
    let record = judged(STATUS, std::slice::from_ref(&pages));
    let counts = record.rule.unwrap();
    assert_eq!((record.outcome, counts.held + counts.broken, counts.exempt.len()), (Outcome::Skip, 0, 5), "{counts:?}");
    let about_pages = format!("operations: [GET the link]\n{STATUS}");
    assert_eq!(judged(&about_pages, &[pages]).outcome, Outcome::Fail);
}

#[test]
fn what_a_trial_is_known_for_is_excused_and_nothing_graver() {
    let mut known = trial(vec![exchange(json!({}), 500, "{}")]);
    known.outcome = Outcome::Xfail;
    assert_eq!(judged(STATUS, std::slice::from_ref(&known)).outcome, Outcome::Skip);
    assert_eq!(judged("security: {harm: h, status: 200}", &[known]).outcome, Outcome::Fail);
}

#[test]
fn fields_are_those_that_are_documented() {
    let rule = "operations: [POST /ask]\nmust: {ground: schema, because: b, documented: true}";
    let record =
        judged(rule, &[trial(vec![exchange(json!({}), 200, r#"{"sid": 1}"#), exchange(json!({}), 400, "{}")])]);
    let finding = &record.findings[0];
    assert_eq!((&*finding.subject, &*finding.actual), ("body.sid", "1"));
    assert_eq!(finding.place.as_ref().map(|place| &*place.file), Some("specification/t.yaml"));
    assert_eq!(finding.spec.as_ref().map(|spec| &*spec.anchor), Some("page/#ask"));
    assert_eq!(record.rule.unwrap().held, 1, "nothing is documented of a 400");
}

#[test]
fn an_id_is_not_given_out_twice() {
    let asked = |secret: &str, sid: &str| exchange(json!({"secret": secret}), 200, &json!({"sid": sid}).to_string());
    let fails = |trials: &[TrialRecord]| judged(FRESH, trials).outcome == Outcome::Fail;
    assert!(
        !fails(&[trial(vec![asked("a", "1"), asked("a", "1"), asked("b", "2")])]),
        "a repeated request has the same"
    );
    assert!(fails(&[trial(vec![asked("a", "1"), asked("b", "1")])]));
    assert!(
        fails(&[trial(vec![asked("a", "1")]), trial(vec![asked("a", "1")])]),
        "secrets have one marker in all trials"
    );
    let marked = "REDACTED-token-1";
    assert!(
        !fails(&[trial(vec![asked("a", marked)]), trial(vec![asked("a", marked)])]),
        "and so have ids that are secret"
    );
}

#[test]
fn times_do_not_change_from_list_to_list() {
    let rule = "remember: {each: body.list, by: [it.address], values: [it.at], until: [POST /change]}\nmust: {ground: schema, \
                because: b, kept: true}";
    let list = |at: u32| exchange(json!({}), 200, &json!({"list": [{"address": "a", "at": at}]}).to_string());
    let mut change = exchange(json!({}), 200, "{}");
    change.request.url = "http://hs/_matrix/client/v3/change".into();
    let fails = |exchanges| judged(rule, &[trial(exchanges)]).findings;
    assert_eq!(fails(vec![list(1), list(1), change, list(2)]), []);
    let broken = fails(vec![list(1), list(2)]);
    assert_eq!(
        (&*broken[0].subject, &*broken[0].expected, &*broken[0].actual),
        ("body.list[0].at", "1, as before", "2")
    );
}

#[test]
fn a_secret_comes_back_only_where_it_was_asked_for() {
    let rule = "security: {harm: h, discreet: true}";
    let fails =
        |sent: Value, answer: &str| judged(rule, &[trial(vec![exchange(sent, 200, answer)])]).outcome == Outcome::Fail;
    for (sent, answer, leaks) in [
        (json!({}), r#"{"token": "REDACTED-token-1"}"#, true),
        (json!({"token": "REDACTED-token-1"}), r#"{"token": "REDACTED-token-1"}"#, false),
        (json!({"token": "REDACTED-token-12"}), r#"{"token": "REDACTED-token-1"}"#, true),
        (json!({"password": "REDACTED-password-1"}), r#"{"error": "REDACTED-password-1 is weak"}"#, true),
        (json!({}), r#"{"session": "REDACTED-session-1"}"#, false),
        (json!({}), r#"{"sid": "REDACTED-token-3"}"#, false),
    ] {
        assert_eq!(fails(sent.clone(), answer), leaks, "{sent} {answer}");
    }
}
