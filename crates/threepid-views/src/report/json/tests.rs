use std::collections::HashSet;

use super::super::fixture;
use super::*;

fn written() -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out/report.json");
    write(&path, &fixture::report()).unwrap();
    std::fs::read_to_string(path).unwrap()
}

fn parse(text: &str) -> Result<Report, ReadError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    std::fs::write(&path, text).unwrap();
    read(&path)
}

fn refused(text: &str) -> ReadError {
    parse(text).unwrap_err()
}

#[test]
fn what_is_written_is_read_back() {
    assert_eq!(parse(&written()).unwrap(), fixture::report());
}

/// What other programs rely on: these keys, with values of these types.
#[test]
fn the_stable_core_has_its_types() {
    let value: serde_json::Value = serde_json::from_str(&written()).unwrap();
    assert_eq!(value["schema"], 1);
    let whole = [
        ("/schema", "integer"),
        ("/threepid", "string"),
        ("/suite", "string"),
        ("/target", "object"),
        ("/target/name", "string"),
        ("/target/url", "string"),
        ("/target/versions", "array"),
        ("/target/versions/0", "string"),
        ("/trials", "array"),
        ("/counts", "object"),
        ("/counts/pass", "integer"),
        ("/counts/fail", "integer"),
        ("/counts/error", "integer"),
        ("/counts/skip", "integer"),
        ("/counts/xfail", "integer"),
        ("/counts/xpass", "integer"),
    ];
    let of_trials = [
        ("/id", "string"),
        ("/case", "string or null"),
        ("/variant", "string"),
        ("/outcome", "string"),
        ("/level", "string"),
        ("/reason", "string"),
        ("/duration_ms", "number"),
        ("/findings", "array"),
        ("/transcript", "array"),
    ];
    for (pointer, kind) in whole {
        assert!(is(value.pointer(pointer), kind), "{pointer} is no {kind}");
    }
    let trials = value["trials"].as_array().unwrap();
    for trial in trials {
        for (pointer, kind) in of_trials {
            assert!(is(trial.pointer(pointer), kind), "{pointer} of {} is no {kind}", trial["id"]);
        }
    }
    for list in ["findings", "transcript"] {
        assert!(trials.iter().any(|trial| trial[list][0].is_object()), "{list} are empty everywhere");
    }
    let outcomes: HashSet<&str> = trials.iter().filter_map(|trial| trial["outcome"].as_str()).collect();
    assert_eq!(outcomes, HashSet::from(["pass", "fail", "error", "skip", "xfail", "xpass"]));
}

/// Whether a value is there and of this type.
fn is(value: Option<&serde_json::Value>, kind: &str) -> bool {
    let Some(value) = value else { return false };
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "string or null" => value.is_string() || value.is_null(),
        "integer" => value.is_u64(),
        _ => value.is_number(),
    }
}

#[test]
fn each_trial_has_a_line() {
    let trials = fixture::report().trials.len();
    assert_eq!(written().lines().filter(|l| l.starts_with("{\"id\":")).count(), trials);
}

#[test]
fn a_report_without_trials_is_one_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let report = Report { trials: Vec::new(), counts: Counts::default(), ..fixture::report() };
    write(&path, &report).unwrap();
    assert_eq!(read(&path).unwrap(), report);
}

#[test]
fn a_record_cut_off_anywhere_is_refused() {
    let text = written();
    for cut in [10, text.len() / 2, text.len() - 3] {
        let cut = text.floor_char_boundary(cut);
        let error = refused(&text[..cut]);
        assert!(matches!(error, ReadError::Truncated { .. }), "{cut}: {error}");
    }
}

#[test]
fn foreign_files_are_refused_with_the_reason() {
    for (text, why) in [
        ("", "is empty"),
        ("<testsuites/>", "is not JSON"),
        ("[1, 2]", "not an object"),
        ("{\"hello\": 1}", "no \"schema\" number"),
        ("{\"schema\": 1}", "which \"threepid\""),
        ("{\"schema\": 1, \"threepid\": \"0.1.0\"}", "no \"trials\""),
    ] {
        let message = refused(text).to_string();
        assert!(message.contains("report.json is not a record of threepid: "), "{message}");
        assert!(message.contains(why), "{text}: {message}");
    }
}

#[test]
fn another_layout_is_refused_whatever_else_it_has() {
    let error = refused("{\"schema\": 2, \"threepid\": \"9.0.0\", \"trials\": {}}");
    let message = error.to_string();
    let said = "report.json was written by threepid 9.0.0 in layout 2; this program reads layout 1: use the version that \
                wrote it";
    assert!(message.ends_with(said), "{message}");
}

#[test]
fn a_damaged_record_is_refused_with_the_place() {
    let text = written().replacen("\"outcome\":\"fail\"", "\"outcome\":\"maybe\"", 1);
    let there = 1 + text.lines().position(|line| line.contains("maybe")).unwrap();
    let error = refused(&text);
    assert!(error.to_string().contains("maybe"), "{error}");
    assert!(matches!(error, ReadError::Damaged { line, .. } if line == there), "{error}");
}

#[test]
fn an_edited_record_is_refused() {
    let error = refused(&written().replacen("\"outcome\":\"fail\"", "\"outcome\":\"pass\"", 1));
    assert!(matches!(error, ReadError::Contradiction { .. }), "{error}");
}

#[test]
fn a_missing_file_is_named() {
    let error = read(Path::new("no/such/report.json")).unwrap_err();
    assert!(error.to_string().starts_with("cannot read no/such/report.json: "), "{error}");
}
