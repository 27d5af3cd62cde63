//! Which scenarios catch which defect, and at what level: `caught.txt`, reviewed like any other change.
//!
//! *Takes* the records of each defect; *gives* the differences from the file, or writes it anew with
//! `THREEPID_UPDATE_MATRIX=1`; *never* says what is right: that is for whoever reads the change.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use threepid::model::{Level, Outcome, TrialRecord};

const HEAD: &str = "\
# Which scenarios catch each defect of the reference homeserver, and the gravest level at which they do.
# THREEPID_UPDATE_MATRIX=1 cargo test --test matrix defect  writes this file; read what changed before you commit it.
";

/// What stands below a defect that no scenario catches.
const NOBODY: &str = "nobody";

/// By defect and scenario the gravest level that failed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Caught(pub(crate) BTreeMap<String, BTreeMap<String, String>>);

fn path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/matrix/caught.txt")
}

impl Caught {
    /// What the trials with one defect show.
    pub(crate) fn insert(&mut self, defect: &str, records: &[TrialRecord]) {
        let mut levels: BTreeMap<String, Level> = BTreeMap::new();
        for record in records.iter().filter(|record| record.outcome == Outcome::Fail) {
            let level = levels.entry(record.id.clone()).or_insert(record.level);
            if record.level.gravity() < level.gravity() {
                *level = record.level;
            }
        }
        let levels = levels.into_iter().map(|(id, level)| (id, format!("{level:?}").to_lowercase())).collect();
        self.0.insert(defect.to_owned(), levels);
    }

    pub(crate) fn read() -> Caught {
        let mut caught = Caught::default();
        let mut current = None;
        for line in std::fs::read_to_string(path()).unwrap().lines().filter(|line| !line.starts_with('#')) {
            match line.strip_prefix("  ") {
                None => current = Some(caught.0.entry(line.to_owned()).or_default()),
                Some(NOBODY) => {}
                Some(entry) => {
                    let (level, id) = entry.split_once(' ').unwrap();
                    current.as_mut().unwrap().insert(id.trim().to_owned(), level.to_owned());
                }
            }
        }
        caught
    }

    /// Compares what was seen with the file, or takes it over into it. A partial run leaves the rest of the file alone.
    pub(crate) fn check(&self, all: impl Fn(&str) -> bool) -> Vec<String> {
        let mut known = Caught::read();
        if std::env::var_os("THREEPID_UPDATE_MATRIX").is_some() {
            known.0.retain(|defect, _| all(defect));
            known.0.extend(self.0.clone());
            std::fs::write(path(), known.to_string()).unwrap();
            return Vec::new();
        }
        let mut wrong = Vec::new();
        for (defect, seen) in &self.0 {
            let known = known.0.remove(defect).unwrap_or_default();
            for (id, level) in &known {
                match seen.get(id) {
                    None => wrong.push(format!("{defect}: is no longer caught by {id} ({level})")),
                    Some(now) if now != level => wrong.push(format!("{defect}: {id} catches it as {now}, not {level}")),
                    Some(_) => {}
                }
            }
            for (id, level) in seen.iter().filter(|(id, _)| !known.contains_key(*id)) {
                wrong.push(format!("{defect}: is also caught by {id} ({level})"));
            }
        }
        wrong.extend(known.0.keys().filter(|defect| !all(defect)).map(|defect| format!("{defect}: no such defect")));
        if !wrong.is_empty() {
            wrong.push(
                "if this is as it should be: THREEPID_UPDATE_MATRIX=1 cargo test --test matrix defect".to_owned(),
            );
        }
        wrong
    }
}

impl std::fmt::Display for Caught {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(HEAD)?;
        for (defect, by) in &self.0 {
            let mut lines = String::new();
            for (id, level) in by {
                writeln!(lines, "  {level:<10} {id}")?;
            }
            if by.is_empty() {
                writeln!(lines, "  {NOBODY}")?;
            }
            write!(formatter, "{defect}\n{lines}")?;
        }
        Ok(())
    }
}
