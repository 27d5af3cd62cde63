//! The layout of `report.json`, as it is published.

use std::fs;

use serde_json::Value;
use threepid::model::Report;

use crate::program::Place;

/// Findings, mails, choices, skips and rules are all in this one.
const FAULTY: [&str; 8] =
    ["run", "add-email", "validate-link", "rate-limits", "--defect", "accepts-any-password", "--output", "out"];

#[test]
fn a_record_is_what_its_schema_says() {
    let place = Place::new();
    let printed: Value = serde_json::from_str(&place.run(&["schema", "--record"]).expect(0).out).unwrap();
    assert_eq!(printed, Report::json_schema());
    let schema = jsonschema::validator_for(&printed).unwrap();
    place.run(&FAULTY).expect(1);
    let record: Value = serde_json::from_slice(&fs::read(place.path().join("out/report.json")).unwrap()).unwrap();
    let faults: Vec<String> =
        schema.iter_errors(&record).take(5).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    let trials = record["trials"].as_array().unwrap();
    for member in ["findings", "choices", "transcript"] {
        let filled = trials.iter().filter(|trial| !trial[member].as_array().unwrap().is_empty()).count();
        assert!(filled > 0, "no trial has {member}, so nothing was held against that part");
    }
    // It says something: what is not a record is refused, wherever it is wrong.
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut record = record.clone();
        change(&mut record);
        !schema.is_valid(&record)
    };
    assert!(broken(&|record| record["schema"] = 2.into()));
    assert!(broken(&|record| record["trials"][0]["outcome"] = "perhaps".into()));
    assert!(broken(&|record| drop(record["trials"][0].as_object_mut().unwrap().remove("id"))));
    assert!(broken(&|record| record["trials"][0]["transcript"] = "".into()));
    assert!(broken(&|record| drop(record["target"].as_object_mut().unwrap().remove("versions"))));
    // One that a later program wrote has more in it.
    assert!(!broken(&|record| record["trials"][0]["mood"] = "good".into()));
}
