//! How often a rule over all exchanges held.
//!
//! Gives the counts that a rule's record has. It decides on no outcome.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How often a rule held in the exchanges of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RuleCounts {
    /// In how many exchanges it held.
    pub held: usize,
    /// In how many it was broken.
    pub broken: usize,
    /// How many were not judged, by the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exempt: BTreeMap<String, usize>,
}

impl RuleCounts {
    /// With those of another part of the run.
    pub fn add(&mut self, other: &RuleCounts) {
        self.held += other.held;
        self.broken += other.broken;
        for (why, count) in &other.exempt {
            *self.exempt.entry(why.clone()).or_default() += count;
        }
    }

    /// What was not judged, in words.
    pub(super) fn told(&self) -> String {
        let exempt: Vec<String> = self.exempt.iter().map(|(why, count)| format!("{count} {why}")).collect();
        match exempt.is_empty() {
            true => String::new(),
            false => format!("; not judged: {}", exempt.join(", ")),
        }
    }
}

/// How many findings of one level a rule's record has; of the others only how many exchanges there are.
pub const MOST_FINDINGS: usize = 5;
