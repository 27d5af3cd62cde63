//! How often a rule held, and the record that is made of it.
//!
//! Takes what came of each exchange; gives the rule's record. Of what broke it only the first are kept.

use std::collections::BTreeMap;

use super::asked::Exempt;
use crate::scenario::{Rule, SpecVersion};
use threepid_record::model::{Finding, Level, MOST_FINDINGS, Outcome, Reason, RuleCounts, Transcript, TrialRecord};

/// How often a rule held.
#[derive(Default)]
pub(super) struct Tally {
    held: usize,
    broken: usize,
    exempt: BTreeMap<Exempt, usize>,
    findings: Vec<Finding>,
}

impl Tally {
    /// An exchange was judged.
    pub(super) fn seen(&mut self, broken: bool) {
        *if broken { &mut self.broken } else { &mut self.held } += 1;
    }

    /// An exchange was not judged.
    pub(super) fn exempt(&mut self, why: Exempt) {
        *self.exempt.entry(why).or_default() += 1;
    }

    /// Something was not as it should be.
    pub(super) fn broken(&mut self, level: Level, finding: impl FnOnce() -> Finding) {
        if self.findings.iter().filter(|known| known.level == level).count() >= MOST_FINDINGS {
            return;
        }
        self.findings.push(finding());
    }

    /// The rule's record. Requirements down to `weakest` make it fail.
    pub(super) fn record(&self, rule: &Rule, newest: Option<SpecVersion>, weakest: Level) -> TrialRecord {
        let exempt = self.exempt.iter().map(|(why, count)| (why.words().to_owned(), *count)).collect();
        let counts = RuleCounts { held: self.held, broken: self.broken, exempt };
        let asked: BTreeMap<Level, usize> =
            rule.checks.iter().filter(|check| check.holds_for(newest)).map(|check| (check.level, 1)).collect();
        let mut record = TrialRecord {
            id: rule.id.clone(),
            case: None,
            variant: "plain".to_owned(),
            api: "v3".to_owned(),
            repetition: 1,
            title: rule.title.clone(),
            covers: Vec::new(),
            spec: rule.spec.clone(),
            outcome: Outcome::Pass,
            level: asked.keys().min().copied().unwrap_or(Level::Must),
            asked,
            reason: Reason::default(),
            duration_ms: 0.0,
            findings: self.findings.clone(),
            choices: Vec::new(),
            rule: Some(counts),
            transcript: Transcript::default(),
        };
        record.findings.sort_by_key(|finding| finding.level.gravity());
        let versions = newest.filter(|_| !rule.versions.have(newest));
        let other =
            |newest| format!("it is for other versions of the specification, and the target speaks up to {newest}");
        record.settle(weakest, versions.map(other));
        record
    }
}
