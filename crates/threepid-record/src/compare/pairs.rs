//! Which trial of one record is which of the other.
//!
//! Takes two records; gives for each later trial the earlier one with the same name, or else the only one of the same
//! behaviour: one target calls `plain` what another calls `identity-server`, and an old release has another prefix than a
//! new one. It never pairs where there is a choice.

use std::collections::HashMap;

use crate::model::{Report, TrialRecord};

/// The numbers of the trials of an earlier record, by their later ones.
pub(super) struct Pairs {
    earlier: HashMap<String, usize>,
    /// The earlier ones that have no later one, in their order.
    pub(super) gone: Vec<usize>,
}

impl Pairs {
    pub(super) fn earlier(&self, later: &TrialRecord) -> Option<usize> {
        self.earlier.get(&later.name()).copied()
    }
}

/// A behaviour, whatever the variant is called; whatever the prefix, where each record has only one.
type Behaviour<'t> = (&'t str, Option<&'t str>, &'t str, u32);

fn behaviour(trial: &TrialRecord, one_prefix: bool) -> Behaviour<'_> {
    let prefix = if one_prefix { "" } else { trial.api.as_str() };
    (&trial.id, trial.case.as_deref(), prefix, trial.repetition)
}

pub(super) fn of(before: &Report, after: &Report) -> Pairs {
    let named: HashMap<String, usize> = before.trials.iter().enumerate().map(|(at, t)| (t.name(), at)).collect();
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
    let all = before.trials.iter().enumerate();
    let mut gone: Vec<usize> = all.filter(|(_, t)| !earlier.contains_key(&t.name())).map(|(at, _)| at).collect();
    let one_prefix = [before, after].iter().all(|report| report.asked_under_one_prefix());
    let mut left: HashMap<Behaviour<'_>, (Vec<usize>, Vec<&TrialRecord>)> = HashMap::new();
    for at in &gone {
        left.entry(behaviour(&before.trials[*at], one_prefix)).or_default().0.push(*at);
    }
    for trial in fresh {
        left.entry(behaviour(trial, one_prefix)).or_default().1.push(trial);
    }
    for (old, new) in left.into_values() {
        if let ([old], [new]) = (&old[..], &new[..]) {
            earlier.insert(new.name(), *old);
            gone.retain(|at| at != old);
        }
    }
    Pairs { earlier, gone }
}
