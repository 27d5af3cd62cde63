//! Verdicts on hand-made transcripts.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Deviation, Deviations, Verdict, judge};
use crate::plan::{Api, Trial, plan};
use crate::scenario::{SourceFile, Sources, Suite};
use threepid_record::model::{
    Basis, Body, Delivery, Entry, Event, Exchange, Finding, FindingKind, Level, NoMailWindow, Outcome, Reason, Request,
    Response, Stop, StopReason, TargetInfo, Transcript, TrialRecord,
};

const SCENARIO: &str = "
title: The thing is done
why: Somebody needs it.
actors: [alice]
steps:
  - use: fragments/prepared
  - name: the thing
    POST: /thing
    as: alice
    must: {status: 200, body: {\"sid\": \"<sid>\"}}
    should: {body: {\"note\": \"<string>\"}}
  - name: the effect
    GET: /list
    as: alice
    security: {body: {\"things\": []}}
    must:
      one_of:
        short: {body: {\"kind\": \"short\"}}
        long: {body: {\"kind\": \"long\"}}
";

const FRAGMENT: &str = "
title: All is prepared
steps:
  - name: the preparation
    GET: /prepare
    must: {status: 200}
";

fn trial(scenario: &str) -> Trial {
    let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
    let sources = Sources::of([file("a/b.yaml", scenario), file("fragments/prepared.yaml", FRAGMENT)]);
    let suite = Suite::read(sources).map_err(|(sources, faults)| faults.lines(&sources)).unwrap();
    let info = TargetInfo {
        name: "t".into(),
        url: "http://h".into(),
        public_url: "http://h".into(),
        versions: vec!["v1.1".into()],
        server: None,
        defects: Vec::new(),
        shapes: Vec::new(),
        abilities: Vec::new(),
    };
    plan(&Arc::new(suite), &[(0, vec![0])], "plain", &info, &[Api::V3]).remove(0).trial
}

fn answer(step: usize, status: u16, body: Value) -> Entry {
    let request =
        Request { method: "GET".into(), url: "http://h/x".into(), headers: Vec::new(), body: Body::default() };
    let response = Response {
        status,
        headers: vec![("content-type".into(), "application/json".into())],
        body: Body { text: Some(body.to_string()), ..Body::default() },
    };
    let exchange =
        Exchange { actor: None, request, response: Some(response), failure: None, headers_ms: 1.0, total_ms: 1.0 };
    Entry { step: Some(step), turn: 0, label: "x".into(), at_ms: 0.0, event: Event::Exchange(exchange) }
}

fn stop(reason: StopReason) -> Entry {
    let stop = Stop { reason, message: "it stopped".into() };
    Entry { step: None, turn: 0, label: "stopped".into(), at_ms: 0.0, event: Event::Stop(stop) }
}

fn of(entries: Vec<Entry>) -> Verdict {
    of_level(entries, Level::Security)
}

fn of_level(entries: Vec<Entry>, weakest: Level) -> Verdict {
    judge(&trial(SCENARIO), &Transcript { entries, ..Transcript::default() }, &[], weakest)
}

fn good() -> [Entry; 3] {
    [
        answer(0, 200, json!({})),
        answer(1, 200, json!({"sid": "abc", "note": "n"})),
        answer(2, 200, json!({"things": [], "kind": "long"})),
    ]
}

#[test]
fn all_as_required_is_a_pass_with_its_choice() {
    let verdict = of(good().to_vec());
    assert_eq!((verdict.outcome, verdict.level), (Outcome::Pass, Level::Must));
    assert_eq!(verdict.findings, Vec::new());
    assert_eq!(verdict.choices[0].chosen, "long");
    // What is prepared is what other scenarios are about.
    assert_eq!(verdict.asked, [(Level::Must, 2), (Level::Security, 1), (Level::Should, 1)].into());
}

#[test]
fn a_broken_requirement_fails_and_says_what_was_seen() {
    let [prepared, _, effect] = good();
    let refused = answer(1, 403, json!({"errcode": "M_FORBIDDEN", "error": "no"}));
    let verdict = of(vec![prepared, refused, effect]);
    assert_eq!((verdict.outcome, verdict.level), (Outcome::Fail, Level::Must));
    let finding = &verdict.findings[0];
    assert_eq!((finding.subject.as_str(), finding.expected.as_str()), ("status", "200"));
    assert_eq!(finding.actual, "403 M_FORBIDDEN (no)");
    assert_eq!(finding.place.as_ref().map(|place| (place.file.as_str(), place.line)), Some(("a/b.yaml", 10)));
}

#[test]
fn an_effect_is_judged_whatever_the_status_was() {
    let [prepared, thing, _] = good();
    let verdict = of(vec![prepared, thing, answer(2, 500, json!({"things": [1], "kind": "short"}))]);
    assert_eq!((verdict.outcome, verdict.level), (Outcome::Fail, Level::Security));
}

#[test]
fn weaker_levels_are_noted_and_fail_only_when_asked_to() {
    let [prepared, _, effect] = good();
    let entries = vec![prepared, answer(1, 200, json!({"sid": "abc"})), effect];
    let verdict = of(entries.clone());
    assert_eq!(verdict.outcome, Outcome::Pass);
    assert_eq!(verdict.findings.iter().map(|finding| finding.level).collect::<Vec<_>>(), [Level::Should]);
    assert_eq!(of_level(entries, Level::Should).outcome, Outcome::Fail);
}

#[test]
fn none_of_the_alternatives_is_a_finding_that_names_them() {
    let [prepared, thing, _] = good();
    let verdict = of(vec![prepared, thing, answer(2, 200, json!({"things": [], "kind": "odd"}))]);
    assert_eq!(verdict.outcome, Outcome::Fail);
    let finding = &verdict.findings[0];
    assert_eq!(finding.subject, "body.kind");
    assert_eq!(
        (finding.expected.as_str(), finding.actual.as_str()),
        ("\"short\" (short), or \"long\" (long)", "\"odd\"")
    );
    let alternatives = finding.alternatives.as_ref().unwrap();
    assert_eq!((alternatives.names.join(" "), alternatives.nearest.as_str()), ("short long".to_owned(), "short"));
    let reason = "the effect: body.kind is \"odd\", expected \"short\" (short), or \"long\" (long)";
    assert!(verdict.reason.words.ends_with(&reason["the effect".len()..]), "{}", verdict.reason);
}

#[test]
fn the_nearest_alternative_is_the_one_with_the_fewest_differences() {
    let scenario = "
title: t
why: w
steps:
  - GET: /x
    must:
      one_of:
        hidden: {status: 200, body: {\"sid\": \"<sid>\"}}
        other: {status: 403, body: {\"errcode\": \"M_IN_USE\"}}
        refused: {status: 400, body: {\"errcode\": \"M_IN_USE\"}}
";
    let nearest = |answered: Entry| {
        let verdict =
            judge(&trial(scenario), &Transcript { entries: vec![answered], ..Transcript::default() }, &[], Level::Must);
        let told = verdict.findings.iter().map(|finding| {
            let nearest = &finding.alternatives.as_ref().unwrap().nearest;
            format!("{nearest}: {} not {}", finding.subject, finding.expected)
        });
        told.collect::<Vec<_>>()
    };
    // All statuses are named: the one that is usual need not be the nearest.
    let status = "status not 200 (hidden), or 403 (other), or 400 (refused)";
    assert_eq!(nearest(answer(0, 400, json!({"errcode": "M_UNKNOWN"}))), ["refused: body.errcode not \"M_IN_USE\""]);
    let sid = "hidden: body.sid not <sid>";
    assert_eq!(nearest(answer(0, 200, json!({}))), [sid]);
    assert_eq!(nearest(answer(0, 500, json!({"errcode": "M_IN_USE"}))), [format!("other: {status}")]);
    assert_eq!(nearest(answer(0, 500, json!({}))), [format!("hidden: {status}"), sid.to_owned()]);
}

#[test]
fn a_broken_precondition_is_no_failure_of_this_scenario() {
    let [_, _, effect] = good();
    let verdict = of(vec![answer(0, 500, json!({})), answer(1, 404, json!({})), effect]);
    assert_eq!(verdict.outcome, Outcome::Error);
    assert!(verdict.reason.words.contains("the preparation"), "{}", verdict.reason);
    assert_eq!(verdict.findings[0].kind, FindingKind::Precondition);
}

#[test]
fn what_could_not_be_seen_is_an_error_unless_something_was_wrong_before() {
    let [prepared, thing, _] = good();
    let verdict = of(vec![prepared.clone(), thing, stop(StopReason::Unreachable)]);
    assert_eq!((verdict.outcome, verdict.reason.words.as_str()), (Outcome::Error, "it stopped"));
    assert_eq!(verdict.findings[0].kind, FindingKind::Unknown);
    let wrong = answer(1, 200, json!({}));
    assert_eq!(of(vec![prepared.clone(), wrong, stop(StopReason::Unbound)]).outcome, Outcome::Fail);
    assert_eq!(of(vec![prepared, stop(StopReason::NotApplicable)]).outcome, Outcome::Skip);
}

#[test]
fn an_answer_that_is_no_json_is_shown() {
    let [prepared, _, effect] = good();
    let mut page = answer(1, 200, json!({}));
    if let Event::Exchange(Exchange { response: Some(response), .. }) = &mut page.event {
        response.body.text = Some("<h1>Bad gateway</h1>".into());
    }
    let verdict = of(vec![prepared, page, effect]);
    assert!(verdict.findings[0].actual.contains("no JSON: <h1>Bad gateway"), "{:?}", verdict.findings[0]);
}

#[test]
fn mail_that_does_not_come_and_mail_that_should_not_are_findings() {
    let scenario = "title: t\nwhy: w\nsteps:\n  - mail: a@h.test\n    should: {text: <any>}\n  - no_mail: b@h.test\n  - GET: /x\n    must: {status: 200}\n";
    let entry = |step, event| Entry { step: Some(step), turn: 0, label: "x".into(), at_ms: 0.0, event };
    let none = Delivery {
        mailbox: "a@h.test".into(),
        wanted: 1,
        mails: Vec::new(),
        waited_ms: 2000.0,
        deadline_ms: 2000.0,
        strays: vec![threepid_record::model::Arrival { to: "c@h.test".into(), subject: "Hi".into() }],
    };
    let mail = threepid_record::model::Mail {
        headers: vec![("subject".into(), "Surprise".into())],
        ..threepid_record::model::Mail::default()
    };
    let loud = NoMailWindow { mailbox: "b@h.test".into(), window_ms: 500.0, mails: vec![mail] };
    let entries = vec![entry(0, Event::Delivery(none)), entry(1, Event::NoMailWindow(loud)), answer(2, 200, json!({}))];
    let transcript = Transcript { entries, ..Transcript::default() };
    let verdict = judge(&trial(scenario), &transcript, &[], Level::Security);
    // The wait has a `should`, so its missing mail weighs as much; silence weighs as a must.
    assert_eq!(verdict.findings.iter().map(|finding| finding.level).collect::<Vec<_>>(), [Level::Should, Level::Must]);
    assert!(verdict.findings[0].actual.contains("c@h.test (Hi)"), "{}", verdict.findings[0].actual);
    assert!(verdict.findings[0].expected.contains("--mail-timeout"));
    assert!(verdict.findings[1].actual.contains("Surprise"));
    assert!(verdict.reason.words.contains(": 1 mail: Surprise, expected no mail to b@h.test"), "{}", verdict.reason);
    let own =
        scenario.replace("a@h.test\n", "a@h.test\n    within: 2s\n").replace("b@h.test\n", "b@h.test\n    for: 1s\n");
    let verdict = judge(&trial(&own), &transcript, &[], Level::Security);
    let expected = [0, 1].map(|index: usize| verdict.findings[index].expected.as_str());
    assert!(expected[0].ends_with("(within)") && expected[1].ends_with("(for)"), "{expected:?}");
}

/// A status is read about first, and a breach of security is what has to be known.
#[test]
fn a_breach_of_security_leads() {
    let entries = vec![
        answer(0, 200, json!({})),
        answer(1, 500, json!({"sid": "s"})),
        answer(2, 200, json!({"things": ["x"], "kind": "long"})),
    ];
    let verdict = judge(&trial(SCENARIO), &Transcript { entries, ..Transcript::default() }, &[], Level::Security);
    assert_eq!((verdict.outcome, verdict.level), (Outcome::Fail, Level::Security));
    assert!(verdict.reason.words.starts_with("the effect: "), "{}", verdict.reason);
}

fn record(outcome: Outcome) -> TrialRecord {
    TrialRecord {
        id: "a/b".into(),
        case: None,
        variant: "plain".into(),
        api: "v3".into(),
        repetition: 1,
        title: "t".into(),
        covers: Vec::new(),
        spec: None,
        outcome,
        level: Level::Must,
        asked: Default::default(),
        reason: "r".into(),
        duration_ms: 1.0,
        findings: Vec::new(),
        choices: Vec::new(),
        rule: None,
        transcript: Transcript::default(),
    }
}

#[test]
fn known_deviations_turn_outcomes_round() {
    let entry = |until: Option<&str>| Deviation {
        scenario: "a/b".into(),
        case: None,
        variant: None,
        level: Level::Must,
        reason: "known".into(),
        link: None,
        until: until.map(str::to_owned),
    };
    let apply = |until, outcome| {
        let mut record = record(outcome);
        if outcome == Outcome::Fail {
            record.findings.push(broken(FindingKind::Requirement, Level::Must));
        }
        Deviations::new(vec![entry(until)], "2026-11-23").apply(&mut record);
        record.outcome
    };
    assert_eq!(apply(None, Outcome::Fail), Outcome::Xfail);
    assert_eq!(apply(None, Outcome::Pass), Outcome::Xpass);
    assert_eq!(apply(None, Outcome::Error), Outcome::Error);
    assert_eq!(apply(None, Outcome::Skip), Outcome::Skip);
    assert_eq!(apply(Some("2026-11-23"), Outcome::Fail), Outcome::Xfail, "the last day still counts");
    assert_eq!(apply(Some("2026-11-22"), Outcome::Fail), Outcome::Fail, "an entry that has ended excuses nothing");
}

fn broken(kind: FindingKind, level: Level) -> Finding {
    Finding {
        kind,
        level,
        requirement: "so it is".into(),
        spec: None,
        basis: Basis::default(),
        step: "s".into(),
        step_index: Some(0),
        place: None,
        subject: "status".into(),
        expected: "200".into(),
        actual: "500".into(),
        alternatives: None,
    }
}

/// An entry must not hide what is graver than what it was written for.
#[test]
fn an_entry_excuses_nothing_graver_than_it_says() {
    let apply = |levels: &[Level], outcome, findings: &[(FindingKind, Level)]| {
        let mut record = record(outcome);
        if findings.iter().any(|(kind, _)| *kind == FindingKind::Precondition) {
            record.reason = Reason::not_reached(&record.reason.words);
        }
        record.findings = findings.iter().map(|(kind, level)| broken(*kind, *level)).collect();
        let entry = |level: &Level| Deviation {
            scenario: "a/b".into(),
            case: None,
            variant: None,
            level: *level,
            reason: "known".into(),
            link: None,
            until: None,
        };
        Deviations::new(levels.iter().map(entry).collect(), "2026-11-23").apply(&mut record);
        (record.outcome, record.reason.words)
    };
    let (fail, error) = (Outcome::Fail, Outcome::Error);
    let requirement = |level| (FindingKind::Requirement, level);
    let precondition = |level| (FindingKind::Precondition, level);
    let both = [requirement(Level::Must), requirement(Level::Security)];
    assert_eq!(apply(&[Level::Must], fail, &both[..1]).0, Outcome::Xfail);
    let (outcome, reason) = apply(&[Level::Must], fail, &both);
    assert_eq!(outcome, Outcome::Fail, "{reason}");
    assert!(reason.contains("the known deviation does not cover this"), "{reason}");
    assert!(reason.contains("it is for `must` and weaker, and this is `security`: known"), "{reason}");
    assert_eq!(apply(&[Level::Security], fail, &both).0, Outcome::Xfail);
    assert_eq!(apply(&[Level::Should], fail, &both[..1]).0, Outcome::Fail);
    assert_eq!(apply(&[Level::Must], fail, &[requirement(Level::Convention)]).0, Outcome::Xfail);
    assert_eq!(apply(&[Level::Must, Level::Security], fail, &both).0, Outcome::Xfail, "one of them covers it");
    assert_eq!(apply(&[Level::Must], error, &[precondition(Level::Must)]).0, Outcome::Xfail);
    assert_eq!(apply(&[Level::Must], error, &[precondition(Level::Security)]).0, Outcome::Error);
    assert_eq!(apply(&[Level::Security], error, &[(FindingKind::Unknown, Level::Must)]).0, Outcome::Error);
    assert_eq!(apply(&[Level::Security], fail, &[(FindingKind::Drift, Level::Convention)]).0, Outcome::Fail);
}

/// What stopped a trial is not a precondition that was only noted.
#[test]
fn a_noted_precondition_is_no_reason() {
    let mut record = record(Outcome::Error);
    record.findings.push(broken(FindingKind::Precondition, Level::Should));
    record.reason = "the trial took longer than 60s".into();
    assert!(!record.is_not_reached());
    record.reason = Reason::not_reached("a status");
    assert!(record.is_not_reached());
}

#[test]
fn an_entry_about_nothing_is_reported() {
    let entry = Deviation {
        scenario: "a/gone".into(),
        case: None,
        variant: None,
        level: Level::Must,
        reason: "known".into(),
        link: None,
        until: None,
    };
    let list = Deviations::new(vec![entry], "2026-11-23");
    assert!(list.all_known(|id, _| id == "a/b").unwrap_err().to_string().contains("a/gone"));
    assert!(list.all_known(|_, _| true).is_ok());
}

/// What snapshots hold: the scenario's own steps, on the target, up to the first race.
#[test]
fn answers_that_can_be_held_against_snapshots() {
    let at = |step: usize, url: &str| {
        let mut entry = answer(step, 200, json!({"at": 1_700_000_000_123_u64, "retry_after_ms": 12}));
        let Event::Exchange(exchange) = &mut entry.event else { panic!("an answer is an exchange") };
        exchange.request.url = url.to_owned();
        entry
    };
    let target = [url::Url::parse("http://h").unwrap()];
    let names = |scenario: &str, entries: Vec<Entry>| {
        let transcript = Transcript { entries, ..Transcript::default() };
        let answers = super::answers(&trial(scenario), &transcript, &target);
        answers.into_iter().map(|answer| (answer.name, answer.body)).collect::<Vec<_>>()
    };
    let entries = || vec![at(0, "http://h/prepare"), at(1, "http://h/thing"), at(2, "http://elsewhere/list")];
    let body = json!({"at": "<timestamp>", "retry_after_ms": 12});
    assert_eq!(names(SCENARIO, entries()), [("01-the-thing".to_owned(), body.clone())]);
    let volatile = super::unbound(&body, &[]);
    assert_eq!(volatile, json!({"at": "<timestamp>", "retry_after_ms": "<another retry_after_ms>"}));

    let race = SCENARIO.replace("POST: /thing", "POST: /thing\n    at_once: 2");
    assert_eq!(names(&race, entries()), []);

    let secrets = [("token", "0123456789abcdef")];
    let known = super::placeholders(&crate::matching::Values::default(), &target, secrets);
    let pair = |value: &str, placeholder: &str| (value.to_owned(), placeholder.to_owned());
    assert_eq!(known, [pair("http://h", "<homeserver>"), pair("0123456789abcdef", "<another token>")]);
}
