//! Holds all that one level of a step expects against what was seen.

use serde_json::Value;

use super::compare::{Mismatch, compare};
use super::values::Values;
use crate::scenario::Check;
use threepid_record::model::Alternatives;

/// What came of one check.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    /// What differs; nothing if all is as expected.
    pub mismatches: Vec<Mismatch>,
    /// The alternative that was seen, if the check has some.
    pub chosen: Option<String>,
    /// What differs from the nearest alternative, if the check has some and none fits.
    pub nearest: Option<Nearest>,
}

/// The alternative from which what was seen differs least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest {
    /// The names of all, and which it is.
    pub alternatives: Alternatives,
    /// What differs from it.
    pub mismatches: Vec<Mismatch>,
}

/// Holds a check against what was seen, and binds what comes up for the first time.
pub fn hold(check: &Check, seen: &Value, values: &mut Values) -> Held {
    let mut held = Held { mismatches: compare(&check.pattern, Some(seen), "", values), ..Held::default() };
    let mut tries: Vec<(&str, Vec<Mismatch>)> = Vec::new();
    for alternative in &check.one_of {
        let mut tried = values.clone();
        let mismatches = compare(&alternative.pattern, Some(seen), "", &mut tried);
        if mismatches.is_empty() {
            *values = tried;
            held.chosen = Some(alternative.name.clone());
            return held;
        }
        tries.push((&alternative.name, mismatches));
    }
    held.nearest = tries.iter().min_by_key(|(_, mismatches)| distance(mismatches)).map(|(name, mismatches)| Nearest {
        alternatives: Alternatives {
            names: check.one_of.iter().map(|alternative| alternative.name.clone()).collect(),
            nearest: (*name).to_owned(),
        },
        mismatches: mismatches.iter().map(|one| Mismatch { expected: wanted(one, &tries), ..one.clone() }).collect(),
    });
    held
}

/// What is expected at the place of a mismatch: of all alternatives, with their names, where all expect something else
/// there; of the nearest alone where another would have been content with what was seen.
fn wanted(mismatch: &Mismatch, tries: &[(&str, Vec<Mismatch>)]) -> String {
    let of = |(name, mismatches): &(&str, Vec<Mismatch>)| {
        let there = mismatches.iter().find(|one| one.path == mismatch.path)?;
        Some(Alternatives::wanted(&there.expected, name))
    };
    let all: Option<Vec<String>> = tries.iter().map(of).collect();
    all.filter(|all| all.len() > 1).map_or_else(|| mismatch.expected.clone(), |all| all.join(", or "))
}

/// How far what was seen is from an alternative. Of two that are as far, the one with this status is what was meant.
fn distance(mismatches: &[Mismatch]) -> (usize, bool) {
    (mismatches.len(), mismatches.iter().any(|mismatch| mismatch.path == "status"))
}
