//! What every defect must say of itself, and that together they break every row of the catalogue and every historical bug.

use std::{collections::HashSet, fs, path::Path};

use super::*;

/// The rows of the catalogue of behaviours.
fn rows() -> Vec<&'static str> {
    let text = include_str!("../../../../tests/catalogue.txt");
    text.lines().filter(|line| !line.starts_with('#')).collect()
}

/// The rows that no defect breaks, and why.
const UNBROKEN: &[(&str, &str)] =
    &[("mas-delegated", "the reference homeserver has accounts of its own and delegates nothing")];

/// The bugs that real servers had, in the order of the catalogue, and the defects that bring them back.
const HISTORY: [&[&str]; 15] = [
    &["two-ats-cut-short"],
    &["tokens-count-up"],
    &["page-echoes-its-parameters"],
    &["any-client-secret-will-do"],
    &["in-use-compares-case", "reset-compares-case", "reset-mails-the-written-spelling"],
    &["decoration-kept-in-addresses"],
    &["address-registers-twice"],
    &["address-moves-to-the-newcomer"],
    &["disabled-changes-still-mail", "disabled-registration-mails"],
    &["addresses-survive-deactivation", "pusher-survives-its-address"],
    &["failed-poll-loses-the-password"],
    &["reset-demands-an-access-token", "reset-changes-nothing"],
    &["next-link-demanded", "link-parameters-run-together"],
    &["session-counts-for-any-sid"],
    &["delete-fails-without-unbind", "bind-hides-the-reason", "bind-ignores-refusals"],
];

#[test]
fn every_row_of_the_catalogue_is_broken_by_a_defect() {
    let rows = rows();
    assert_eq!(rows.len(), 100);
    for row in &rows {
        let breaks = |defect: &Defect| defect.covers.contains(row);
        let is_broken = defects().iter().any(breaks);
        let is_excepted = UNBROKEN.iter().any(|(name, _)| name == row);
        assert!(is_broken != is_excepted, "{row}");
    }
    for defect in defects() {
        for row in defect.covers {
            assert!(rows.contains(row), "{}: there is no row {row}", defect.name);
        }
    }
}

#[test]
fn every_historical_bug_can_be_brought_back() {
    for name in HISTORY.into_iter().flatten() {
        assert!(find_defect(name).is_some(), "{name}");
    }
}

#[test]
fn names_are_unique_and_read_as_selectors() {
    let names: HashSet<_> = defects().iter().map(|defect| defect.name).collect();
    assert_eq!(names.len(), defects().len());
    for name in names {
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'), "{name}");
        assert_eq!(find_defect(name).map(|defect| defect.name), Some(name));
    }
    assert_eq!(find_defect("no-such-defect"), None);
}

#[test]
fn every_defect_says_what_it_breaks_and_who_notices() {
    for defect in defects() {
        assert!(defect.promise.ends_with('.'), "{}: the promise is a sentence", defect.name);
        assert!(!defect.rule.is_empty(), "{}", defect.name);
        assert!(!defect.caught_by.is_empty(), "{}: nobody would notice it", defect.name);
    }
}

/// A constant that no handler asks about would be a defect that changes nothing.
#[test]
fn every_defect_is_asked_about_by_a_handler() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut handlers, mut tables) = (String::new(), String::new());
    read(&root, &mut handlers, &mut tables);
    let declared = tables.lines().filter_map(|line| line.split_once(" = \""));
    let is_constant =
        |name: &str| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let constants = declared.map(|(name, _)| name.trim()).filter(|name| is_constant(name));
    let mut count = 0;
    for constant in constants {
        // Once to import it, once more to ask.
        assert!(handlers.matches(constant).count() > 1, "{constant} is declared but never asked about");
        count += 1;
    }
    assert_eq!(count, defects().len());
}

fn read(folder: &Path, handlers: &mut String, tables: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, handlers, tables);
        } else {
            let is_table = path.parent().unwrap().ends_with("defects");
            (if is_table { &mut *tables } else { &mut *handlers }).push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}
