//! What is shown for each kind of fault in a scenario, word for word.
//!
//! `bad/<code>.yaml` or `bad/<code>.<variant>.yaml` is one faulty scenario; a folder of such a name is a whole folder
//! of scenarios, where a fault needs a fragment or a file's name. What is shown for it stands in `shown/`.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::Value;
use threepid::scenario::{Diagnostics, SourceFile, Sources, Suite};

/// As wide as output is that goes to no terminal.
const WIDTH: usize = 100;

/// A code for which no file is kept: the fault is the file's size.
const MADE_HERE: &str = "too-large";

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics").join(name)
}

/// Every faulty scenario: its name and its files.
fn bad() -> Vec<(String, Sources)> {
    let mut found: Vec<(String, Sources)> = fs::read_dir(folder("bad"))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().trim_end_matches(".yaml").to_owned();
            let sources = if path.is_dir() {
                Sources::folder(&path).unwrap()
            } else {
                Sources::of([SourceFile { path: "a/b.yaml".into(), text: fs::read_to_string(&path).unwrap() }])
            };
            (name, sources)
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

fn faults(name: &str, sources: Sources) -> (Sources, Diagnostics) {
    match Suite::read(sources) {
        Ok(suite) if !suite.ungrounded.list.is_empty() => (suite.sources, suite.ungrounded),
        Ok(_) => panic!("{name} has no fault"),
        Err(found) => found,
    }
}

#[test]
fn each_fault_is_shown_as_it_was() {
    for (name, sources) in bad() {
        let (sources, faults) = faults(&name, sources);
        let code = name.split('.').next().unwrap();
        assert!(faults.list.iter().any(|fault| fault.code == code), "{name} has no fault `{code}`: {faults:?}");
        let shown = faults.render(&sources, false, WIDTH);
        insta::with_settings!({
            snapshot_path => folder("shown"),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(name, shown);
        });
    }
}

#[test]
fn no_snapshot_is_left_over() {
    let bad: BTreeSet<String> = bad().into_iter().map(|(name, _)| name).collect();
    let shown: BTreeSet<String> = fs::read_dir(folder("shown"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".snap").map(str::to_owned))
        .collect();
    assert_eq!(bad, shown);
}

#[test]
fn every_code_in_the_source_has_a_bad_scenario() {
    let mut covered: BTreeSet<String> =
        bad().into_iter().map(|(name, _)| name.split('.').next().unwrap().to_owned()).collect();
    covered.insert(MADE_HERE.to_owned());
    assert_eq!(codes(), covered);
}

/// Every code that the parser gives, read from its source.
fn codes() -> BTreeSet<String> {
    // The code is the second argument, and the first text in it.
    let made = Regex::new(r#"\bDiagnostic::new\([^"]*?,\s*"([a-z-]+)""#).unwrap();
    let place = Regex::new(r"\bDiagnostic::new\(").unwrap();
    let named = Regex::new(r#"code: "([a-z-]+)""#).unwrap();
    let (mut codes, mut places, mut forwarded) = (BTreeSet::new(), 0, 0);
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/threepid-engine/src/scenario")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = fs::read_to_string(path).unwrap();
            places += place.find_iter(&source).count();
            forwarded += source.matches("fault.code, fault.message").count();
            for capture in made.captures_iter(&source) {
                places -= 1;
                codes.insert(capture[1].to_owned());
            }
            codes.extend(named.captures_iter(&source).map(|capture| capture[1].to_owned()));
        }
    }
    assert_eq!(places, forwarded, "a `Diagnostic::new(` was not understood by this test");
    codes
}

#[test]
fn a_fault_has_a_place_a_label_and_a_next_step_or_says_all() {
    for (name, sources) in bad() {
        let (sources, faults) = faults(&name, sources);
        for fault in &faults.list {
            assert!(!fault.label.is_empty(), "{name}: {fault:?}");
            assert!(fault.span.start <= sources.file(fault.span.file).text.len(), "{name}: {fault:?}");
            // A sentence that continues "error: …": no capital, no full stop.
            assert!(!fault.message.ends_with('.') && !fault.message.contains('\n'), "{name}: {fault:?}");
        }
    }
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let text = format!("title: x\n# {}\n", "x".repeat(300 * 1024));
    let sources = Sources::of([SourceFile { path: "a/b.yaml".into(), text }]);
    let (_, faults) = faults(MADE_HERE, sources);
    assert_eq!(faults.list.len(), 1);
    assert_eq!(faults.list[0].code, MADE_HERE);
    assert!(faults.list[0].message.contains("262144"), "{faults:?}");
}

#[test]
fn nothing_is_wider_than_the_terminal() {
    for (name, sources) in bad() {
        let (sources, faults) = faults(&name, sources);
        // The lines of the source stand as they are.
        let wide = faults.render(&sources, false, WIDTH);
        let wide = wide.lines().filter(|line| !line.contains('│') && line.chars().count() > WIDTH);
        assert_eq!(wide.count(), 0, "{name}");
    }
}

/// The schema that editors use, in a validator that knows nothing of this program.
fn validator() -> jsonschema::Validator {
    jsonschema::draft202012::new(&threepid::scenario::json_schema()).unwrap()
}

/// All YAML files of a folder and those below it, with their paths in it.
fn files(root: &Path) -> Vec<(String, String)> {
    let sources = Sources::folder(root).unwrap();
    sources.files().iter().map(|file| (file.path.clone(), file.text.clone())).collect()
}

#[test]
fn the_schema_takes_every_shipped_file() {
    let validator = validator();
    let mut refused = Vec::new();
    for (path, text) in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")) {
        let document: Value = serde_saphyr::from_str(&text).unwrap_or_else(|fault| panic!("{path}: {fault}"));
        if !validator.is_valid(&document) {
            refused.push(path);
        }
    }
    assert!(refused.is_empty(), "{refused:?}");
}

/// Which faults the schema sees, one a line: a fault that it saw and sees no more shows, and so does the other way round.
#[test]
fn the_schema_refuses_what_a_schema_can_see() {
    let validator = validator();
    let mut lines = String::new();
    for (name, sources) in bad() {
        // What is no YAML, or repeats a key, is for the editor itself.
        let documents: Vec<Value> =
            sources.files().iter().filter_map(|file| serde_saphyr::from_str(&file.text).ok()).collect();
        let word = match documents.iter().all(|document| validator.is_valid(document)) {
            _ if documents.len() < sources.files().len() => "no document",
            true => "taken",
            false => "refused",
        };
        lines.push_str(&format!("{word:<12} {name}\n"));
    }
    insta::with_settings!({
        snapshot_path => folder("schema"),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("seen", lines);
    });
}

/// To YAML 1.1, which some editors speak, these are booleans and no names.
#[test]
fn no_key_is_a_boolean_to_yaml_1_1() {
    fn keys(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| {
                found.push(name.clone());
                keys(value, found);
            }),
            Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for (path, text) in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")) {
        keys(&serde_saphyr::from_str(&text).unwrap_or_else(|fault| panic!("{path}: {fault}")), &mut found);
    }
    keys(&threepid::scenario::json_schema()["$defs"], &mut found);
    let odd = |name: &&String| ["on", "off", "yes", "no", "y", "n"].contains(&&*name.to_lowercase());
    let odd: Vec<&String> = found.iter().filter(odd).collect();
    assert!(found.len() > 1_000 && odd.is_empty(), "{odd:?}");
}
