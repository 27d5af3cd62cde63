//! Proof that the harness is neither blind nor unjust.
//!
//! Each defect of the reference homeserver is caught by exactly the scenarios that it names; each scenario is broken
//! by some defect; with each shape (a lawful difference) every scenario still passes. The matrix is printed.
//!
//! A defect may break a promise of any level, so its trials fail on all levels; the clean server keeps them all. A
//! scenario that is not reached, because what it builds on is broken, does not catch anything.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod bench;

use std::collections::{BTreeMap, BTreeSet};

use bench::{Bench, What};
use threepid::model::{Level, Outcome, TrialRecord};
use threepid::reference::{self, Shape};

/// Scenarios that no defect of the reference homeserver can break, with the reason.
const UNBREAKABLE: &[(&str, &str)] = &[];

/// The scenarios that fail, with the reason of the first trial of each.
fn failing(records: &[TrialRecord]) -> BTreeMap<String, String> {
    let mut failing = BTreeMap::new();
    for record in records.iter().filter(|record| record.outcome == Outcome::Fail) {
        failing.entry(record.id.clone()).or_insert_with(|| record.reason.clone());
    }
    failing
}

/// What must never happen, whatever the server does: that the harness cannot tell.
fn errors(records: &[TrialRecord]) -> Vec<String> {
    let errors = records.iter().filter(|record| record.outcome == Outcome::Error);
    errors.map(|record| format!("{}: {}", record.name(), record.reason)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_defect_is_caught_by_the_scenarios_it_names_and_by_no_other() {
    let bench = Bench::new().await;
    let everything = What { fail_on: Level::Convention, ..What::default() };
    let results = bench.each(reference::defects(), |_| everything, |defect| (vec![defect], Vec::new())).await;
    let mut wrong = Vec::new();
    let mut broken: BTreeSet<String> = BTreeSet::new();
    println!("{:<44} caught by", "defect");
    for (defect, records) in reference::defects().iter().zip(&results) {
        let caught = failing(records);
        broken.extend(caught.keys().cloned());
        println!("{:<44} {}", defect.name, caught.keys().cloned().collect::<Vec<_>>().join(", "));
        let named: BTreeSet<&str> = defect.caught_by.iter().copied().collect();
        let known: BTreeSet<&str> = named.iter().copied().filter(|id| !bench.scenario_ids().contains(*id)).collect();
        for id in known {
            wrong.push(format!("{}: names `{id}`, and there is no such scenario", defect.name));
        }
        for id in named.iter().filter(|id| !caught.contains_key(**id)) {
            let trials = records.iter().filter(|record| record.id == *id);
            let instead: Vec<String> =
                trials.map(|record| format!("{:?}: {}", record.outcome, record.reason)).collect();
            wrong.push(format!("{}: should be caught by {id}, which is {}", defect.name, instead.join("; ")));
        }
        for (id, reason) in caught.iter().filter(|(id, _)| !named.contains(id.as_str())) {
            wrong.push(format!("{}: is also caught by {id}: {reason}", defect.name));
        }
        let fails = records.iter().filter(|record| record.outcome == Outcome::Fail).map(|record| record.level);
        let gravest = fails.min_by_key(|level| level.gravity()).map(|level| format!("{level:?}"));
        if gravest.as_ref().is_some_and(|gravest| *gravest != format!("{:?}", defect.level)) {
            let gravest = gravest.unwrap_or_default();
            wrong.push(format!("{}: is caught at the level {gravest}, and said to be {:?}", defect.name, defect.level));
        }
        if named.is_empty() {
            wrong.push(format!("{}: no scenario catches it", defect.name));
        }
    }
    let skipped = bench.skipped_on_the_clean_one().await;
    for id in bench.scenario_ids().iter().filter(|id| !broken.contains(*id)) {
        if !UNBREAKABLE.iter().any(|(known, _)| known == id) && !skipped.contains(id) {
            wrong.push(format!("{id}: no defect breaks it, so nothing shows that it can fail"));
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

/// Shapes of servers that refuse to mail at all, each in its own way.
fn refuses(shape: &Shape) -> bool {
    shape.name.starts_with("refuses-")
}

#[tokio::test(flavor = "multi_thread")]
async fn with_each_shape_every_scenario_still_passes() {
    let bench = Bench::new().await;
    let mut wrong = Vec::new();
    // How a server refuses is for its plain variant to show; the variant without mail has an answer of its own.
    let what = |shape: &Shape| What { plain_only: refuses(shape), ..What::default() };
    let results = bench.each(reference::shapes(), what, |shape| (Vec::new(), vec![shape])).await;
    for (shape, records) in reference::shapes().iter().zip(&results) {
        let count = |outcome| records.iter().filter(|record| record.outcome == outcome).count();
        let (passed, skipped) = (count(Outcome::Pass), count(Outcome::Skip));
        println!("{:<32} {passed:>4} pass {skipped:>4} skip", shape.name);
        wrong.extend(failing(records).into_iter().map(|(id, reason)| format!("{}: {id}: {reason}", shape.name)));
        wrong.extend(errors(records).into_iter().map(|error| format!("{}: {error}", shape.name)));
        let unasked = records.iter().filter(|record| record.outcome == Outcome::Skip);
        let because_of_mail = unasked.filter(|record| record.reason.starts_with("email is not offered")).count();
        match refuses(shape) {
            true if because_of_mail == 0 => wrong.push(format!("{}: nothing is skipped for lack of mail", shape.name)),
            false if passed == 0 => wrong.push(format!("{}: nothing passed, so nothing was shown", shape.name)),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_clean_one_everything_passes_under_both_apis() {
    let bench = Bench::new().await;
    let everything = What { fail_on: Level::Convention, both_apis: true, ..What::default() };
    let records = bench.run(everything, Vec::new(), Vec::new()).await;
    let wrong: Vec<String> = failing(&records).into_iter().map(|(id, reason)| format!("{id}: {reason}")).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(errors(&records), Vec::<String>::new());
    let apis: BTreeSet<&str> = records.iter().map(|record| record.api.as_str()).collect();
    assert_eq!(apis, BTreeSet::from(["r0", "v3"]));
}
