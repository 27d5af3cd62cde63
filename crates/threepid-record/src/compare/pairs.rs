//! Which trial of one record is which of the other.
//!
//! Takes two records; gives for each later trial the earlier one with the same name, or else the only one of the same
//! behaviour: one target calls `plain` what another calls `identity-server`, and an old release has another prefix than a
//! new one. It never pairs where there is a choice.

use std::collections::HashMap;

use crate::model::{Report, TrialRecord};

/// The trials of an earlier record, by their later ones.
pub(super) struct Pairs<'r> {
    earlier: HashMap<String, &'r TrialRecord>,
    /// The earlier ones that have no later one, in their order.
    pub(super) gone: Vec<&'r TrialRecord>,
}

impl<'r> Pairs<'r> {
    pub(super) fn earlier(&self, later: &TrialRecord) -> Option<&'r TrialRecord> {
        self.earlier.get(&later.name()).copied()
    }
}

/// A behaviour, whatever the variant is called; whatever the prefix, where each record has only one.
type Behaviour<'t> = (&'t str, Option<&'t str>, &'t str, u32);

fn behaviour(trial: &TrialRecord, one_prefix: bool) -> Behaviour<'_> {
    let prefix = if one_prefix { "" } else { trial.api.as_str() };
    (&trial.id, trial.case.as_deref(), prefix, trial.repetition)
}

pub(super) fn of<'r>(before: &'r Report, after: &'r Report) -> Pairs<'r> {
    let named: HashMap<String, &TrialRecord> = before.trials.iter().map(|t| (t.name(), t)).collect();
    let mut earlier = HashMap::new();
    let mut fresh: Vec<&TrialRecord> = Vec::new();
    for trial in &after.trials {
        let name = trial.name();
        match named.get(&name) {
            Some(old) => drop(earlier.insert(name, *old)),
            None => fresh.push(trial),
        }
    }
    // Only by name: a second trial of a name that is there already is not another behaviour.
    let mut gone: Vec<&TrialRecord> = before.trials.iter().filter(|t| !earlier.contains_key(&t.name())).collect();
    let one_prefix = [before, after].iter().all(|report| report.asked_under_one_prefix());
    let mut left: HashMap<Behaviour<'_>, (Vec<&TrialRecord>, Vec<&TrialRecord>)> = HashMap::new();
    for trial in &gone {
        left.entry(behaviour(trial, one_prefix)).or_default().0.push(trial);
    }
    for trial in fresh {
        left.entry(behaviour(trial, one_prefix)).or_default().1.push(trial);
    }
    for (old, new) in left.into_values() {
        if let ([old], [new]) = (&old[..], &new[..]) {
            earlier.insert(new.name(), old);
            gone.retain(|trial| !std::ptr::eq(*trial, *old));
        }
    }
    Pairs { earlier, gone }
}
