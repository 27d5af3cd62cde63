//! What every row must say of itself, and that the defects break every row of the catalogue and every historical bug.

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
    assert!(rows.len() >= 120);
    for row in &rows {
        let breaks = |defect: &Defect| defect.covers.iter().any(|covered| covered == row);
        let is_broken = defects().iter().any(breaks);
        let is_excepted = UNBROKEN.iter().any(|(name, _)| name == row);
        assert!(is_broken != is_excepted, "{row}");
    }
    for defect in defects() {
        for row in &defect.covers {
            let is_known = rows.contains(&row.as_str());
            assert!(is_known, "{}: there is no row {row}", defect.name);
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
    let names: HashSet<_> = defects().iter().map(|defect| defect.name.as_str()).collect();
    assert_eq!(names.len(), defects().len());
    for name in names {
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'), "{name}");
        assert_eq!(find_defect(name).map(|defect| defect.name.as_str()), Some(name));
    }
    assert_eq!(find_defect("no-such-defect"), None);
}

#[test]
fn the_files_can_be_read() {
    read().unwrap();
}

#[test]
fn every_row_says_what_it_is_about() {
    for defect in defects() {
        assert!(defect.promise.ends_with('.'), "{}: the promise is a sentence", defect.name);
        assert!(!defect.rule.is_empty(), "{}", defect.name);
    }
    let names: HashSet<_> = shapes().iter().map(|shape| shape.name.as_str()).collect();
    assert_eq!(names.len(), shapes().len());
    for shape in shapes() {
        assert!(shape.summary.ends_with('.'), "{}: the summary is a sentence", shape.name);
        assert_eq!(shape.parts().len(), shape.includes.len().max(1), "{}", shape.name);
    }
    assert_eq!(find_shape("no-such-shape"), None);
}

/// A row that no handler asks about would change nothing, and a name that no row has is never on.
#[test]
fn rows_and_handlers_know_the_same_names() {
    let mut handlers = String::new();
    read_sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut handlers);
    let with_data = |shape: &&Shape| shape.refusal.is_some() || !shape.includes.is_empty() || !shape.rewrite.is_empty();
    let mut by_data: HashSet<_> = shapes().iter().filter(with_data).map(|shape| shape.name.as_str()).collect();
    by_data.extend(defects().iter().filter(|defect| !defect.rewrite.is_empty()).map(|defect| defect.name.as_str()));
    let rows =
        defects().iter().map(|defect| defect.name.as_str()).chain(shapes().iter().map(|shape| shape.name.as_str()));
    for name in rows.filter(|name| !by_data.contains(name)) {
        assert!(handlers.contains(&format!("\"{name}\"")), "no handler asks about `{name}`");
    }
    let asked = |question: &'static str| {
        let asked = handlers.split(question).skip(1);
        asked.filter_map(|rest| rest.strip_prefix('"')?.split_once('"').map(|(name, _)| name))
    };
    for name in asked("has_defect(") {
        assert!(find_defect(name).is_some(), "there is no defect `{name}`");
    }
    for name in asked("has_shape(") {
        assert!(find_shape(name).is_some(), "there is no shape `{name}`");
    }
}

fn read_sources(folder: &Path, handlers: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_test = path.file_stem().is_some_and(|stem| stem == "tests");
        match path.is_dir() {
            _ if is_test => {}
            true => read_sources(&path, handlers),
            false => {
                handlers.push_str(fs::read_to_string(&path).unwrap().split("#[cfg(test)]\nmod tests {").next().unwrap())
            }
        }
    }
}
