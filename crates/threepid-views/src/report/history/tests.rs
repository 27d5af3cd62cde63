use super::super::fixture;
use super::*;
use threepid_record::model::Choice;

fn record(trials: &[(&str, Outcome, &str)]) -> Report {
    let mut record = fixture::report();
    let pattern = record.trials[0].clone();
    let trial = |(id, outcome, chosen): &(&str, Outcome, &str)| TrialRecord {
        id: (*id).to_owned(),
        case: None,
        repetition: 1,
        outcome: *outcome,
        reason: Default::default(),
        findings: Vec::new(),
        choices: if chosen.is_empty() {
            Vec::new()
        } else {
            vec![Choice { step: "the answer".to_owned(), chosen: (*chosen).to_owned() }]
        },
        ..pattern.clone()
    };
    record.trials = trials.iter().map(trial).collect();
    record
}

const NOTES: &str = r#"
link = "https://example.org/{number}"
[[change]]
release = "1.5.0"
number = 12
what = "The list is complete."
effect = "mended"
between = ["1.0.0", "1.10.0"]
behaviours = ["list/all"]
[[unseen]]
release = "1.6.0"
number = 13
what = "Something faster."
visible = false
because = "times are not judged"
[[unseen]]
release = "1.7.0"
number = 14
what = "Another order."
visible = true
because = "no scenario looks at it"
"#;

fn three() -> [Report; 3] {
    [
        record(&[("list/all", Outcome::Fail, ""), ("add/a", Outcome::Pass, "hidden"), ("x/y", Outcome::Xfail, "")]),
        record(&[("list/all", Outcome::Pass, ""), ("add/a", Outcome::Pass, "shown"), ("x/y", Outcome::Fail, "")]),
        record(&[("list/all", Outcome::Skip, ""), ("add/a", Outcome::Pass, "shown"), ("x/y", Outcome::Fail, "")]),
    ]
}

fn releases(records: &[Report]) -> Vec<Release<'_>> {
    let versions = [("1.0.0", Some("2020-01-01")), ("1.10.0", None), ("1.11.0", None)];
    versions.into_iter().zip(records).map(|((version, day), record)| Release { version, day, record }).collect()
}

/// What a profile excuses is not a change, a lawful choice is one.
#[test]
fn outcomes_and_choices_turn() {
    let records = three();
    let found: Vec<(String, String)> =
        turns(&releases(&records)).into_iter().map(|turn| (turn.behaviour, turn.newer)).collect();
    let expected = [("list/all", "1.10.0"), ("add/a", "1.10.0"), ("list/all", "1.11.0")];
    assert_eq!(found, expected.map(|(name, newer)| (name.to_owned(), newer.to_owned())));
}

#[test]
fn the_document() {
    let records = three();
    let notes: Notes = toml::from_str(NOTES).unwrap();
    insta::assert_snapshot!(markdown("hs", "threepid history hs", &releases(&records), &notes));
}

#[test]
fn a_digest_is_that_of_what_was_seen() {
    let [one, two, _] = three();
    let mut slower = one.clone();
    slower.duration_ms += 1000.0;
    slower.trials.iter_mut().for_each(|trial| trial.duration_ms += 100.0);
    assert_eq!(digest(&one), digest(&slower));
    assert_ne!(digest(&one), digest(&two));
}
