//! The outcome of a rule over all exchanges.
//!
//! Takes a rule's record with its counts and findings; sets what follows from them. It judges no exchange.

use super::{Finding, Level, MOST_FINDINGS, Outcome, TrialRecord};

impl TrialRecord {
    /// With what another slice of the run saw of the same rule.
    pub fn join(&mut self, other: TrialRecord) {
        let (Some(counts), Some(more)) = (&mut self.rule, &other.rule) else { return };
        counts.add(more);
        for finding in other.findings {
            if self.findings.iter().filter(|known| known.level == finding.level).count() < MOST_FINDINGS {
                self.findings.push(finding);
            }
        }
        let failed = |outcome, level| (outcome == Outcome::Fail).then_some(level);
        let weakest =
            [failed(self.outcome, self.level), failed(other.outcome, other.level)].into_iter().flatten().max();
        match weakest {
            Some(weakest) => self.settle(weakest, None),
            // A deviation that is known in one is known in all.
            None if self.outcome.is_of_known_deviation() => {}
            None if other.outcome.is_of_known_deviation() => {
                (self.outcome, self.level, self.reason) = (other.outcome, other.level, other.reason);
            }
            None => {
                let noted = std::mem::take(&mut self.findings);
                self.settle(Level::Security, None);
                self.findings = noted;
            }
        }
    }

    /// Sets outcome, level and reason of a rule's record by its counts and findings. Requirements down to `weakest` make
    /// it fail. `not_held` says why it is not for this target, if that is so.
    pub fn settle(&mut self, weakest: Level, not_held: Option<String>) {
        let Some(counts) = &self.rule else { return };
        let all = counts.held + counts.broken;
        let worst = self.findings.iter().filter(|finding| finding.level <= weakest).min_by_key(|f| f.level.gravity());
        let (outcome, reason) = match (worst, not_held) {
            (_, Some(why)) => (Outcome::Skip, why),
            (None, None) if all == 0 => (Outcome::Skip, "no exchange of this run is one that it is about".to_owned()),
            (None, None) if counts.broken > 0 => (
                Outcome::Pass,
                format!("held in {} of {all} exchanges, noted in the others{}", counts.held, counts.told()),
            ),
            (None, None) => (Outcome::Pass, format!("held in all of {all} exchanges{}", counts.told())),
            (Some(worst), None) => {
                self.level = worst.level;
                let Finding { step, subject, expected, actual, .. } = worst;
                let first = format!("{step}: {subject} is {}, expected {}", brief(actual), brief(expected));
                (Outcome::Fail, format!("broken in {} of {all} exchanges; first {first}", counts.broken))
            }
        };
        (self.outcome, self.reason) = (outcome, reason.into());
    }
}

/// The first characters of a long text.
fn brief(text: &str) -> String {
    const SHOWN: usize = 160;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
