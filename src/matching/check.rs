//! Holds all that one level of a step expects against what was seen.

use serde_json::Value;

use super::compare::{Mismatch, compare};
use super::describe::{describe, shown};
use super::values::Values;
use crate::scenario::Check;

/// What came of one check.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    /// What differs; nothing if all is as expected.
    pub mismatches: Vec<Mismatch>,
    /// The alternative that was seen, if the check has some.
    pub chosen: Option<String>,
}

/// Holds a check against what was seen, and binds what comes up for the first time.
pub fn hold(check: &Check, seen: &Value, values: &mut Values) -> Held {
    let mut held = Held { mismatches: compare(&check.pattern, Some(seen), "", values), chosen: None };
    for alternative in &check.one_of {
        let mut tried = values.clone();
        if compare(&alternative.pattern, Some(seen), "", &mut tried).is_empty() {
            *values = tried;
            held.chosen = Some(alternative.name.clone());
            return held;
        }
    }
    if !check.one_of.is_empty() {
        let expected: Vec<String> = check
            .one_of
            .iter()
            .map(|alternative| format!("{} ({})", alternative.name, describe(&alternative.pattern, values)))
            .collect();
        held.mismatches.push(Mismatch {
            path: String::new(),
            span: check.span,
            expected: expected.join(" or "),
            actual: shown(&brief(seen)),
        });
    }
    held
}

/// What was seen without what repeats the body in another form.
fn brief(seen: &Value) -> Value {
    let mut brief = seen.clone();
    if let Value::Object(fields) = &mut brief {
        fields.remove("headers");
        if fields.contains_key("body") {
            fields.remove("text");
        }
        fields.remove("raw");
    }
    brief
}
