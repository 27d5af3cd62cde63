//! Proof that the harness is neither blind nor unjust.
//!
//! Each defect of the reference homeserver is caught by exactly the scenarios that `caught.txt` says; each scenario is
//! broken by some defect; with each shape (a lawful difference) every scenario still passes.
//!
//! A defect may break a promise of any level, so its trials fail on all levels; the clean server keeps them all. A
//! scenario that is not reached, because what it builds on is broken, does not catch anything.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod bench;
mod caught;

use std::collections::{BTreeMap, BTreeSet};

use bench::{Bench, What};
use caught::Caught;
use threepid::model::{Level, Outcome, TrialRecord};
use threepid::reference::{self, Shape};

/// Scenarios that no defect of the reference homeserver can break, with the reason.
const UNBREAKABLE: &[(&str, &str)] = &[];

/// The scenarios that fail, with the reason of the first trial of each.
fn failing(records: &[TrialRecord]) -> BTreeMap<String, String> {
    let mut failing = BTreeMap::new();
    for record in records.iter().filter(|record| record.outcome == Outcome::Fail) {
        failing.entry(record.id.clone()).or_insert_with(|| record.reason.to_string());
    }
    failing
}

/// What must never happen, whatever the server does: that the harness cannot tell.
fn errors(records: &[TrialRecord]) -> Vec<String> {
    let errors = records.iter().filter(|record| record.outcome == Outcome::Error);
    errors.map(|record| format!("{}: {}", record.name(), record.reason)).collect()
}

/// The defects to try: all, or those whose names begin with one of `THREEPID_MATRIX_ONLY`, separated by commas.
fn chosen<T>(all: &'static [T], name: impl Fn(&T) -> &str) -> (Vec<&'static T>, bool) {
    let only = std::env::var("THREEPID_MATRIX_ONLY").unwrap_or_default();
    let is_chosen = |item: &&T| only.split(',').any(|start| name(item).starts_with(start));
    (all.iter().filter(is_chosen).collect(), only.is_empty())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_defect_is_caught_by_just_these_scenarios_at_its_level() {
    let bench = Bench::new().await;
    let everything = What { fail_on: Level::Convention, ..What::default() };
    let (defects, is_whole) = chosen(reference::defects(), |defect| &defect.name);
    let results = bench.each(&defects, |_| everything, |defect| (vec![defect], Vec::new())).await;
    let mut wrong = Vec::new();
    let mut caught = Caught::default();
    for (defect, records) in defects.iter().zip(&results) {
        caught.insert(&defect.name, records);
        let fails = records.iter().filter(|record| record.outcome == Outcome::Fail).map(|record| record.level);
        let gravest = fails.min_by_key(|level| level.gravity()).map(|level| format!("{level:?}"));
        if let Some(gravest) = gravest
            && gravest != format!("{:?}", defect.level)
        {
            let name = &defect.name;
            wrong.push(format!("{name}: is caught at the level {gravest}, and said to be {:?}", defect.level));
        }
    }
    let uncaught = caught.0.iter().filter(|(_, by)| by.is_empty());
    wrong.extend(uncaught.map(|(defect, _)| format!("{defect}: nothing catches it")));
    wrong.extend(caught.check(|name| reference::find_defect(name).is_some()));
    if is_whole {
        let broken: BTreeSet<&String> = caught.0.values().flat_map(|by| by.keys()).collect();
        let skipped = bench.skipped_on_the_clean_one().await;
        for id in bench.ids().iter().filter(|id| !broken.contains(*id)) {
            if !UNBREAKABLE.iter().any(|(known, _)| known == id) && !skipped.contains(id) {
                wrong.push(format!("{id}: no defect breaks it, so nothing shows that it can fail"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

/// Shapes of servers that refuse to mail at all, each in its own way.
fn refuses(shape: &Shape) -> bool {
    shape.aspect == "what requestToken answers"
}

#[tokio::test(flavor = "multi_thread")]
async fn with_each_shape_every_scenario_still_passes() {
    let bench = Bench::new().await;
    let mut wrong = Vec::new();
    // How a server refuses is for its plain variant to show; the variant without mail has an answer of its own.
    let what = |shape: &Shape| What { plain_only: refuses(shape), ..What::default() };
    let (shapes, _) = chosen(reference::shapes(), |shape| &shape.name);
    let results = bench.each(&shapes, what, |shape| (Vec::new(), vec![shape])).await;
    for (shape, records) in shapes.iter().zip(&results) {
        let count = |outcome| records.iter().filter(|record| record.outcome == outcome).count();
        let (passed, skipped) = (count(Outcome::Pass), count(Outcome::Skip));
        println!("{:<32} {passed:>4} pass {skipped:>4} skip", shape.name);
        let fails = failing(records).into_iter().map(|(id, reason)| format!("{}: {id}: {reason}", shape.name));
        let unjust: Vec<_> =
            fails.chain(errors(records).iter().map(|error| format!("{}: {error}", shape.name))).collect();
        wrong.extend(unjust);
        let unasked = records.iter().filter(|record| record.outcome == Outcome::Skip);
        let because_of_mail = unasked.filter(|record| record.reason.words.starts_with("email is not offered")).count();
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
    let trials = records.iter().filter(|record| !record.api.is_empty());
    let apis: BTreeSet<&str> = trials.map(|record| record.api.as_str()).collect();
    assert_eq!(apis, BTreeSet::from(["r0", "v3"]));
}
