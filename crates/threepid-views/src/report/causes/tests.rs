use super::super::fixture;
use super::*;
use threepid_record::model::{FindingKind, Level, Reason, Stop, StopReason};

/// A failing trial of the fixture under another name, with one finding.
fn trial(id: &str, kind: FindingKind, level: Level, subject: &str, actual: &str) -> TrialRecord {
    let mut trial = fixture::report().trials.into_iter().find(|trial| trial.outcome == Outcome::Fail).unwrap();
    trial.id = id.to_owned();
    trial.case = None;
    trial.level = level;
    trial.findings.retain(|finding| finding.kind == FindingKind::Requirement);
    trial.findings.truncate(1);
    trial.transcript = Default::default();
    let finding = &mut trial.findings[0];
    (finding.kind, finding.level) = (kind, level);
    finding.step = "POST /account/3pid/add".to_owned();
    (finding.subject, finding.actual) = (subject.to_owned(), actual.to_owned());
    if kind == FindingKind::Precondition {
        trial.outcome = Outcome::Error;
        trial.reason = Reason::not_reached("so it is");
    }
    trial
}

fn names(cause: &Cause<'_>) -> (Vec<String>, Vec<String>) {
    let of = |trials: &[&TrialRecord]| trials.iter().map(|trial| trial.id.clone()).collect();
    (of(&cause.trials), of(&cause.built_on))
}

fn of(trials: Vec<TrialRecord>) -> Vec<(Vec<String>, Vec<String>)> {
    let report = Report { trials, ..fixture::report() };
    causes(&report).iter().map(names).collect()
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn what_builds_on_the_same_failed_thing_is_one_cause() {
    use FindingKind::{Precondition, Requirement};
    let mut other_words = trial("a/2", Requirement, Level::Must, "status", "500 M_UNKNOWN (in other words)");
    other_words.findings[0].requirement = "Something else".to_owned();
    let found = of(vec![
        trial("a/1", Precondition, Level::Must, "status", "500 M_UNKNOWN (something went wrong)"),
        other_words,
        trial("a/3", Requirement, Level::Must, "status", "500 M_UNKNOWN (something went wrong)"),
        trial("a/4", Precondition, Level::Must, "body.sid", "nothing"),
        trial("a/5", Precondition, Level::Must, "status", "500"),
    ]);
    let expected = [(owned(&["a/2", "a/3"]), owned(&["a/1", "a/5"])), (vec![], owned(&["a/4"]))];
    assert_eq!(found, expected);
}

/// Taking a wrong password and taking a link that nobody followed are answered alike, and are two causes.
#[test]
fn what_is_accepted_wrongly_is_one_cause_for_each_requirement() {
    let mut second = trial("a/2", FindingKind::Requirement, Level::Must, "status", "200");
    second.findings[0].requirement = "Something else".to_owned();
    let found = of(vec![trial("a/1", FindingKind::Requirement, Level::Must, "status", "200"), second]);
    assert_eq!(found.len(), 2, "{found:?}");
}

/// Lists that hold an address too many look alike, and the address came there by two holes.
#[test]
fn two_holes_that_show_in_the_same_list_are_two_causes() {
    let listed = |id: &str, requirement: &str, list: &str| {
        let mut trial = trial(id, FindingKind::Requirement, Level::Security, "body.threepids", list);
        trial.findings[0].requirement = requirement.to_owned();
        trial
    };
    let found = of(vec![
        listed("a/1", "What is listed is the mailbox.", r#"[{"address":"<email-1a2b3c4d@threepid.test>"}]"#),
        listed("a/2", "The owner agreed to a registration.", r#"[{"address":"email-5e6f7a8b@threepid.test"}]"#),
        listed("a/3", "The owner agreed to a registration.", r#"[{"address":"email-9c0d1e2f@threepid.test"}]"#),
    ]);
    assert_eq!(
        found.into_iter().map(|(trials, _)| trials).collect::<Vec<_>>(),
        [owned(&["a/2", "a/3"]), owned(&["a/1"])]
    );
}

/// An address that is added nowhere is missed by many, each in words of its own.
#[test]
fn an_empty_list_is_one_cause_whoever_misses_it() {
    let listed = |id: &str, requirement: &str| {
        let mut trial = trial(id, FindingKind::Requirement, Level::Security, "body.threepids", "[]");
        trial.findings[0].requirement = requirement.to_owned();
        trial
    };
    let found = of(vec![listed("a/1", "It stays with its owner."), listed("a/2", "It is still listed.")]);
    assert_eq!(found.len(), 1, "{found:?}");
}

/// A body without spaces is not one word.
#[test]
fn bodies_that_lack_different_members_are_two_causes() {
    let listed = |id: &str, actual: &str| trial(id, FindingKind::Requirement, Level::Must, "body.threepids", actual);
    let found = of(vec![
        listed("a/1", r#"[{"address":"email-1a2b3c4d@threepid.test","medium":"email"}]"#),
        listed("a/2", r#"[{"address":"email-5e6f7a8b@threepid.test","added_at":1795461317630}]"#),
        listed("a/3", r#"[{"address":"email-9c0d1e2f@threepid.test","added_at":1795461319999}]"#),
    ]);
    assert_eq!(
        found.into_iter().map(|(trials, _)| trials).collect::<Vec<_>>(),
        [owned(&["a/2", "a/3"]), owned(&["a/1"])]
    );
}

/// A list that lacks an address is a consequence of the operation before it, and its name comes first in the alphabet.
#[test]
fn a_cause_is_at_its_first_step() {
    let mut both = trial("a/1", FindingKind::Requirement, Level::Must, "status", "400");
    both.findings[0].step = "the password".to_owned();
    let mut later = both.findings[0].clone();
    later.step = "GET the list".to_owned();
    later.step_index = both.findings[0].step_index.map(|index| index + 1);
    both.findings.push(later);
    let report = Report { trials: vec![both], ..fixture::report() };
    let found: Vec<_> = causes(&report).iter().map(|cause| cause.at.clone()).collect();
    assert_eq!(found, [Some("the password".to_owned())]);
}

#[test]
fn the_gravest_comes_first_then_what_costs_most() {
    use FindingKind::Requirement;
    let found = of(vec![
        trial("a/1", Requirement, Level::Must, "status", "404"),
        trial("a/2", Requirement, Level::Must, "body.sid", "nothing"),
        trial("a/3", Requirement, Level::Must, "body.sid", "nothing"),
        trial("a/4", Requirement, Level::Security, "text", "a token"),
    ]);
    let expected = [owned(&["a/4"]), owned(&["a/2", "a/3"]), owned(&["a/1"])];
    assert_eq!(found.into_iter().map(|(trials, _)| trials).collect::<Vec<_>>(), expected);
}

/// What differs only in what every trial has for itself is the same.
#[test]
fn names_of_one_trial_alone_make_no_cause() {
    let error = |id: &str, reason: &str| {
        let mut trial = trial(id, FindingKind::Unknown, Level::Must, "mail", "nothing");
        (trial.outcome, trial.reason) = (Outcome::Error, reason.into());
        trial
    };
    let found = of(vec![
        error("a/1", "no mail came to email-w559otvhk4765g@threepid.test in 10 s"),
        error("a/2", "no mail came to email-0q1x9otvhk47aa@threepid.test in 10 s"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_target_that_limits_everything_is_one_cause_whatever_was_asked() {
    let limited = |id: &str, reason: StopReason, message: &str| {
        let mut trial = trial(id, FindingKind::Unknown, Level::Must, "mail", "nothing");
        (trial.outcome, trial.reason) = (Outcome::Error, message.into());
        let event = Event::Stop(Stop { reason, message: message.to_owned() });
        trial.transcript.entries.push(Entry { step: None, turn: 0, label: String::new(), at_ms: 0.0, event });
        trial
    };
    let found = of(vec![
        limited("a/1", StopReason::RateLimited, "it wants 300 s"),
        limited("a/2", StopReason::RateLimited, "it wants two hours"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
}
