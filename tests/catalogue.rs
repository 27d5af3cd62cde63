//! Every behaviour of the catalogue has a scenario, as `threepid list --json` shows.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

fn rows() -> BTreeSet<&'static str> {
    include_str!("catalogue.txt").lines().filter(|line| !line.starts_with('#')).collect()
}

/// Row by row the scenarios that say they cover it.
fn covered() -> BTreeMap<String, Vec<String>> {
    let listed = Command::new(env!("CARGO_BIN_EXE_threepid")).args(["list", "--json"]).output().unwrap();
    let scenarios: Vec<Value> = serde_json::from_slice(&listed.stdout).unwrap();
    let mut covered: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for scenario in &scenarios {
        for row in scenario["covers"].as_array().into_iter().flatten() {
            let id = scenario["id"].as_str().unwrap().to_owned();
            covered.entry(row.as_str().unwrap().to_owned()).or_default().push(id);
        }
    }
    covered
}

#[test]
fn every_row_has_a_scenario() {
    let rows = rows();
    assert_eq!(rows.len(), 120);
    let covered = covered();
    for row in &rows {
        assert!(covered.contains_key(*row), "{row} has no scenario");
    }
    for (row, by) in &covered {
        assert!(rows.contains(row.as_str()), "{by:?} covers {row}, which is no row of the catalogue");
    }
}
