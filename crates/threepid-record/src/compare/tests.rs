use super::*;
use crate::model::*;

fn trial(id: &str, outcome: Outcome, answer: &str) -> TrialRecord {
    let text = |text: &str| Body { text: Some(text.to_owned()), size_bytes: text.len() as u64, ..Body::default() };
    let exchange = Exchange {
        actor: None,
        request: Request { method: "GET".into(), url: "http://h/".into(), headers: vec![], body: Body::default() },
        response: Some(Response { status: 200, headers: vec![], body: text(answer) }),
        failure: None,
        headers_ms: 1.0,
        total_ms: 1.0,
    };
    TrialRecord {
        id: id.into(),
        case: None,
        variant: "plain".into(),
        api: "v3".into(),
        repetition: 1,
        title: format!("about {id}"),
        covers: vec![],
        spec: None,
        outcome,
        level: Level::Must,
        asked: Default::default(),
        reason: "why".into(),
        duration_ms: 100.0,
        findings: vec![],
        choices: vec![],
        rule: None,
        transcript: Transcript {
            entries: vec![Entry {
                step: Some(0),
                turn: 0,
                label: "the step".into(),
                at_ms: 0.0,
                event: Event::Exchange(exchange),
            }],
            ..Transcript::default()
        },
    }
}

fn report(trials: Vec<TrialRecord>) -> Report {
    Report {
        schema: Report::SCHEMA,
        threepid: "0.1.0".into(),
        suite: "5f2c9a".into(),
        seed: 1,
        started: "2026-11-23T12:00:00Z".into(),
        duration_ms: 1.0,
        slices: Vec::new(),
        snapshots: None,
        browser: None,
        repeat: Vec::new(),
        interrupted: false,
        error: None,
        target: TargetInfo {
            name: "hs".into(),
            url: "http://h".into(),
            public_url: "http://h".into(),
            versions: vec![],
            server: None,
            defects: Vec::new(),
            shapes: Vec::new(),
            abilities: vec![],
        },
        counts: Counts::of(trials.iter().map(|t| t.outcome)),
        trials,
    }
}

fn kinds(before: Vec<TrialRecord>, after: Vec<TrialRecord>) -> Vec<(ChangeKind, String)> {
    let comparison = compare(&report(before), &report(after), Settings::default()).unwrap();
    comparison.changes.into_iter().map(|change| (change.kind, change.trial)).collect()
}

#[test]
fn a_record_is_like_itself() {
    let trials = || vec![trial("a/a", Outcome::Pass, "{}"), trial("a/b", Outcome::Fail, "{}")];
    let comparison = compare(&report(trials()), &report(trials()), Settings::default()).unwrap();
    assert_eq!((comparison.changes.len(), comparison.same, comparison.is_regression()), (0, 2, false));
}

#[test]
fn every_change_of_outcome_has_its_kind() {
    use ChangeKind::{Broken, Fixed, Judged, Lost};
    use Outcome::{Error, Fail, Pass, Skip, Xfail, Xpass};
    for (before, after, kind) in [
        (Pass, Fail, Some(Broken)),
        (Pass, Error, Some(Broken)),
        (Pass, Xfail, Some(Broken)),
        (Skip, Fail, Some(Broken)),
        (Pass, Skip, Some(Lost)),
        (Error, Skip, Some(Lost)),
        (Fail, Pass, Some(Fixed)),
        (Xfail, Xpass, Some(Fixed)),
        (Error, Pass, Some(Fixed)),
        (Skip, Pass, Some(Fixed)),
        (Fail, Xfail, Some(Judged)),
        (Xfail, Fail, Some(Judged)),
        (Error, Fail, Some(Judged)),
        (Fail, Error, Some(Judged)),
        (Xpass, Pass, Some(Judged)),
        (Pass, Pass, None),
    ] {
        let found = kinds(vec![trial("a/a", before, "")], vec![trial("a/a", after, "")]);
        assert_eq!(found.first().map(|(kind, _)| *kind), kind, "{before:?} to {after:?}");
    }
}

#[test]
fn the_most_serious_comes_first() {
    let before =
        vec![trial("a/gone", Outcome::Pass, ""), trial("a/ok", Outcome::Pass, ""), trial("a/x", Outcome::Fail, "")];
    let after =
        vec![trial("a/new", Outcome::Pass, ""), trial("a/x", Outcome::Pass, ""), trial("a/ok", Outcome::Fail, "")];
    let names: Vec<(ChangeKind, String)> = kinds(before, after);
    let names: Vec<(ChangeKind, &str)> = names.iter().map(|(kind, name)| (*kind, name.as_str())).collect();
    use ChangeKind::{Added, Broken, Fixed, Removed};
    assert_eq!(names, [(Broken, "a/ok"), (Fixed, "a/x"), (Added, "a/new"), (Removed, "a/gone")]);
}

#[test]
fn another_answer_shows_its_lines_alone() {
    let body = |code: &str, sid: &str| format!("{{\"errcode\":\"{code}\",\"sid\":\"{sid}\",\"z\":1}}");
    let before = vec![trial("a/a", Outcome::Pass, &body("M_ONE", "Ug9Y7pD2ew33UOGVl7Z3QRVh"))];
    let after = vec![trial("a/a", Outcome::Pass, &body("M_TWO", "PmebknGLLolMFNotiGkpWUvC"))];
    let comparison = compare(&report(before), &report(after), Settings::default()).unwrap();
    let [change] = &comparison.changes[..] else { panic!("{comparison:?}") };
    assert_eq!((change.kind, change.answers[0].step.as_str()), (ChangeKind::Answer, "the step"));
    let lines: Vec<&str> = change.answers[0].diff.lines().filter(|l| l.starts_with(['+', '-'])).collect();
    assert_eq!(lines, ["-  \"errcode\": \"M_ONE\",", "+  \"errcode\": \"M_TWO\","]);
    assert!(!comparison.is_regression());
}

#[test]
fn another_choice_is_told() {
    let choose = |chosen: &str| {
        let mut one = trial("a/a", Outcome::Pass, "");
        one.choices = vec![Choice { step: "asked".into(), chosen: chosen.into() }];
        vec![one]
    };
    let comparison = compare(&report(choose("hidden")), &report(choose("refused")), Settings::default()).unwrap();
    let change = &comparison.changes[0];
    assert_eq!((&*change.before, &*change.after), ("asked: hidden", "asked: refused"));
}

#[test]
fn slower_is_what_the_factor_says() {
    let took = |ms: f64| report(vec![TrialRecord { duration_ms: ms, ..trial("a/a", Outcome::Pass, "") }]);
    let slower = |before: f64, after: f64, slower: Option<f64>| {
        let settings = Settings { slower, ..Settings::default() };
        compare(&took(before), &took(after), settings).unwrap().is_regression()
    };
    assert!(slower(100.0, 300.0, Some(2.0)));
    assert!(!slower(100.0, 190.0, Some(2.0)) && !slower(100.0, 9000.0, None));
    assert!(!slower(1.0, 30.0, Some(2.0)), "too little to mean anything");
}

#[test]
fn unlike_suites_are_refused_unless_allowed() {
    let other = Report { suite: "other".into(), ..report(vec![]) };
    let message = compare(&report(vec![]), &other, Settings::default()).unwrap_err().to_string();
    assert!(message.contains("5f2c9a") && message.contains("--allow-different-suites"), "{message}");
    let settings = Settings { allow_different_suites: true, ..Settings::default() };
    assert!(compare(&report(vec![]), &other, settings).is_ok());
}

/// Which of two requests at once is served first is chance, and so is what follows.
#[test]
fn races_are_no_difference() {
    let raced = |first: &str, second: &str, before: &str| {
        let mut one = trial("a/a", Outcome::Pass, before);
        let entry = |step, turn, answer: &str| {
            let mut entry = trial("a/a", Outcome::Pass, answer).transcript.entries.remove(0);
            (entry.step, entry.turn) = (Some(step), turn);
            entry
        };
        one.transcript.entries.extend([entry(1, 0, first), entry(1, 1, second), entry(2, 0, first)]);
        vec![one]
    };
    assert_eq!(kinds(raced("won", "lost", "x"), raced("lost", "won", "x")), []);
    let other = kinds(raced("won", "lost", "x"), raced("lost", "won", "y"));
    assert_eq!(other, [(ChangeKind::Answer, "a/a".to_owned())]);
}

#[test]
fn what_is_missing_or_fails_anew_is_worse() {
    let ok = || trial("a/ok", Outcome::Pass, "");
    let worse = |before: Vec<TrialRecord>, after: Vec<TrialRecord>, allow_different_suites| {
        let settings = Settings { slower: None, allow_different_suites };
        compare(&report(before), &report(after), settings).unwrap().is_regression()
    };
    let gone = || vec![ok(), trial("a/gone", Outcome::Pass, "")];
    assert!(worse(gone(), vec![ok()], false));
    assert!(!worse(gone(), vec![ok()], true), "another suite has other trials");
    let new = |outcome| vec![ok(), trial("a/new", outcome, "")];
    assert!(worse(vec![ok()], new(Outcome::Fail), false));
    assert!(!worse(vec![ok()], new(Outcome::Fail), true));
    assert!(!worse(vec![ok()], new(Outcome::Pass), false));
}

#[test]
fn another_broken_requirement_is_another_failure() {
    let broken = |levels: &[(&str, Level)]| {
        let mut one = trial("a/a", Outcome::Fail, "");
        one.findings = levels.iter().map(|(requirement, level)| finding(requirement, *level)).collect();
        vec![one]
    };
    let (must, security) = (("x", Level::Must), ("y", Level::Security));
    let other = [(ChangeKind::OtherFailure, "a/a".to_owned())];
    assert_eq!(kinds(broken(&[must]), broken(&[must])), []);
    assert_eq!(kinds(broken(&[must]), broken(&[must, security])), other);
    assert_eq!(kinds(broken(&[must]), broken(&[("z", Level::Must)])), other);
    assert_eq!(kinds(broken(&[must, security]), broken(&[must])), []);
    assert_eq!(kinds(broken(&[must]), broken(&[must, ("z", Level::Should)])), []);
}

fn finding(requirement: &str, level: Level) -> Finding {
    Finding {
        kind: FindingKind::Requirement,
        level,
        requirement: requirement.to_owned(),
        spec: None,
        basis: Basis::default(),
        step: "the step".into(),
        step_index: Some(0),
        place: None,
        subject: "status".into(),
        expected: "200".into(),
        actual: "500".into(),
        alternatives: None,
    }
}

#[test]
fn a_later_run_that_did_not_end_is_a_regression() {
    let whole = report(vec![trial("a/a", Outcome::Pass, "")]);
    let cut = Report { interrupted: true, ..whole.clone() };
    let broken = Report { error: Some("gone".to_owned()), ..whole.clone() };
    let worse = |before, after| compare(before, after, Settings::default()).unwrap().is_regression();
    assert!(worse(&whole, &cut) && worse(&whole, &broken));
    assert!(!worse(&cut, &whole) && !worse(&whole, &whole));
}

/// An old release serves `r0` alone, a new one is asked under `v3`: their behaviours are the same ones. Where a record has
/// both, the prefix tells them apart.
#[test]
fn another_prefix_is_the_same_behaviour_where_each_record_has_one() {
    let under = |api: &str, outcome| TrialRecord { api: api.into(), ..trial("a/b", outcome, "x") };
    let old = report(vec![under("r0", Outcome::Pass)]);
    let new = report(vec![under("v3", Outcome::Fail)]);
    let found = compare(&old, &new, Settings::default()).unwrap();
    assert_eq!(found.changes.iter().map(|change| change.kind).collect::<Vec<_>>(), [ChangeKind::Broken]);

    let both = report(vec![under("v3", Outcome::Fail), under("r0", Outcome::Pass)]);
    let found = compare(&old, &both, Settings::default()).unwrap();
    assert_eq!(found.changes.iter().map(|change| change.kind).collect::<Vec<_>>(), [ChangeKind::Added]);
    assert_eq!(found.same, 1);
}
