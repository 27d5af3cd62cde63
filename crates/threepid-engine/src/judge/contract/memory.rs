//! What a rule remembers from one exchange to the next.
//!
//! Takes a rule and each exchange that it is about; gives the values that have changed, and those that were given out
//! twice. What is remembered has a limit, and most of it ends with the trial.

use std::collections::HashMap;

use serde_json::Value;

use super::fault::Fault;
use crate::scenario::{Remember, Rule};

/// How many values a rule remembers; what comes after them is not held against anything.
const MOST_REMEMBERED: usize = 65_536;

/// What is remembered for one rule.
#[derive(Default)]
pub(super) struct Memory {
    /// By what it belongs to, and the value's name: the value.
    values: HashMap<(String, String), String>,
    /// By the value's name, and the value: what it belongs to.
    owners: HashMap<(String, String), String>,
    trials: usize,
    across_trials: bool,
}

impl Memory {
    /// Another trial begins.
    pub(super) fn next_trial(&mut self) {
        self.trials += 1;
        self.values.clear();
        if !self.across_trials {
            self.owners.clear();
        }
    }

    /// Forgets, if this operation changes what is remembered.
    pub(super) fn forget(&mut self, rule: &Rule, operation: &str) {
        if rule.remember.as_ref().is_some_and(|remember| remember.until.iter().any(|name| name == operation)) {
            self.values.clear();
            self.owners.clear();
        }
    }

    /// Holds the values of an exchange against those before it, and remembers them.
    pub(super) fn see(&mut self, rule: &Rule, seen: &Value) -> Vec<(&'static str, Vec<Fault>)> {
        let Some(remember) = &rule.remember else { return Vec::new() };
        self.across_trials = remember.across_trials;
        let (mut changed, mut reused) = (Vec::new(), Vec::new());
        for (path, element) in elements(remember, seen) {
            let of = |path: &[String]| match path.split_first() {
                Some((first, rest)) if first == "it" => element.and_then(|element| at(element, rest)),
                _ => at(seen, path),
            };
            let mut owner: Vec<String> =
                remember.by.iter().map(|path| of(path).map(text).unwrap_or_default()).collect();
            if remember.across_trials {
                // Secrets have the same marker in every trial, though they differ.
                owner.push(self.trials.to_string());
            }
            let owner = owner.join("\u{1f}");
            for path_of_value in &remember.values {
                let Some(value) = of(path_of_value).map(text) else { continue };
                // A secret's marker is the same in every trial.
                let known =
                    if value.starts_with("REDACTED-") { format!("{value} of {}", self.trials) } else { value.clone() };
                let name = path_of_value.join(".");
                let subject = match &path {
                    Some(path) => format!("{path}{}", name.trim_start_matches("it")),
                    None => name.clone(),
                };
                if let Some(before) = self.values.get(&(owner.clone(), name.clone())).filter(|before| **before != value)
                {
                    changed.push(fault(&subject, format!("{before}, as before"), &value));
                }
                if self.owners.get(&(name.clone(), known.clone())).is_some_and(|before| *before != owner) {
                    let by: Vec<String> = remember.by.iter().map(|path| path.join(".")).collect();
                    reused.push(fault(
                        &subject,
                        format!("one that was not given out for another {}", by.join(", ")),
                        &value,
                    ));
                }
                if self.owners.len() < MOST_REMEMBERED {
                    self.owners.insert((name.clone(), known), owner.clone());
                    self.values.insert((owner.clone(), name), value);
                }
            }
        }
        vec![("kept", changed), ("fresh", reused)]
    }
}

fn fault(subject: &str, expected: String, actual: &str) -> Fault {
    Fault { subject: subject.to_owned(), expected, actual: actual.to_owned(), source: None }
}

/// What is looked at: the elements of a list with their paths, or the exchange as a whole.
fn elements<'v>(remember: &Remember, seen: &'v Value) -> Vec<(Option<String>, Option<&'v Value>)> {
    let Some(path) = &remember.each else { return vec![(None, None)] };
    let list = at(seen, path).and_then(Value::as_array);
    let elements = list.into_iter().flatten().enumerate();
    elements.map(|(index, element)| (Some(format!("{}[{index}]", path.join("."))), Some(element))).collect()
}

fn at<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, key| value.get(key))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
