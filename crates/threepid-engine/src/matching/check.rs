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
    let mut nearest: Option<(&str, Vec<Mismatch>)> = None;
    for alternative in &check.one_of {
        let mut tried = values.clone();
        let mismatches = compare(&alternative.pattern, Some(seen), "", &mut tried);
        if mismatches.is_empty() {
            *values = tried;
            held.chosen = Some(alternative.name.clone());
            return held;
        }
        if nearest.as_ref().is_none_or(|(_, least)| distance(&mismatches) < distance(least)) {
            nearest = Some((&alternative.name, mismatches));
        }
    }
    held.nearest = nearest.map(|(name, mismatches)| Nearest {
        alternatives: Alternatives {
            names: check.one_of.iter().map(|alternative| alternative.name.clone()).collect(),
            nearest: name.to_owned(),
        },
        mismatches,
    });
    held
}

/// How far what was seen is from an alternative. Of two that are as far, the one with this status is what was meant.
fn distance(mismatches: &[Mismatch]) -> (usize, bool) {
    (mismatches.len(), mismatches.iter().any(|mismatch| mismatch.path == "status"))
}
