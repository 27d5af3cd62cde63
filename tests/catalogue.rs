//! Every behaviour of the catalogue has a scenario, as `threepid list --json` shows; the exceptions stand here with their
//! reasons, and in `scenarios/README.md`.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Rows that no scenario can test from outside.
const UNTESTED: &[(&str, &str)] =
    &[("mas-delegated", "nothing outside of a homeserver can have it delegate its accounts to another service")];

fn rows() -> BTreeSet<&'static str> {
    include_str!("catalogue.txt").lines().filter(|line| !line.starts_with('#')).collect()
}

/// Row by row the scenarios that say they cover it.
fn covered() -> BTreeMap<String, Vec<String>> {
    let listed = Command::new(env!("CARGO_BIN_EXE_threepid")).args(["list", "--json"]).output().unwrap();
    let scenarios: Vec<Value> = serde_json::from_slice(&listed.stdout).unwrap();
    let mut covered: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for scenario in &scenarios {
        for row in scenario["covers"].as_array().unwrap() {
            let id = scenario["id"].as_str().unwrap().to_owned();
            covered.entry(row.as_str().unwrap().to_owned()).or_default().push(id);
        }
    }
    covered
}

#[test]
fn every_row_has_a_scenario_or_a_reason() {
    let rows = rows();
    assert_eq!(rows.len(), 120);
    let covered = covered();
    for row in &rows {
        let excepted = UNTESTED.iter().any(|(name, _)| name == row);
        assert!(
            covered.contains_key(*row) != excepted,
            "{row}: covered by {:?}, excepted: {excepted}",
            covered.get(*row)
        );
    }
    for (row, by) in &covered {
        assert!(rows.contains(row.as_str()), "{by:?} covers {row}, which is no row of the catalogue");
    }
}

#[test]
fn the_exceptions_are_told_with_the_scenarios() {
    let readme = include_str!("../scenarios/README.md");
    for (row, reason) in UNTESTED {
        assert!(readme.contains(&format!("`{row}`")) && !reason.is_empty(), "{row}");
    }
}
