//! Known deviations: what a target is known to do otherwise.
//!
//! Takes the profile's list and the outcomes; turns an expected fail into `xfail` and a pass that was not expected
//! into `xpass`. An entry excuses what is no graver than it says: a breach of security only if it speaks of one. An entry that matches no
//! trial that was run is reported: it must be removed or corrected.

use threepid_record::model::{FindingKind, Level, Outcome, Reason, TrialRecord};

/// One entry of a target's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation {
    /// The scenario's id.
    pub scenario: String,
    /// Only this row, if given.
    pub case: Option<String>,
    /// Only this variant, if given.
    pub variant: Option<String>,
    /// The gravest that it excuses.
    pub level: Level,
    /// Why it is known.
    pub reason: String,
    /// Where to read more.
    pub link: Option<String>,
    /// The last day (`2027-01-31`) on which it is excused.
    pub until: Option<String>,
}

impl Deviation {
    fn is_about(&self, trial: &TrialRecord) -> bool {
        self.scenario == trial.id
            && self.case.as_ref().is_none_or(|case| trial.case.as_ref() == Some(case))
            && self.variant.as_ref().is_none_or(|variant| trial.variant == *variant)
    }

    /// Whether the entry excuses everything that is wrong in the trial. Other answers than in a snapshot are no deviation.
    fn covers(&self, trial: &TrialRecord) -> bool {
        gravest(trial).is_some_and(|level| level.gravity() >= self.level.gravity())
    }

    fn shown(&self) -> String {
        let case = self.case.as_ref().map(|case| format!("[{case}]")).unwrap_or_default();
        let variant = self.variant.as_ref().map(|variant| format!(" ({variant})")).unwrap_or_default();
        format!("{}{case}{variant}", self.scenario)
    }
}

/// The gravest level at which a requirement is broken.
fn gravest(trial: &TrialRecord) -> Option<Level> {
    let broken = |kind| matches!(kind, FindingKind::Requirement | FindingKind::Precondition);
    let levels = trial.findings.iter().filter(|finding| broken(finding.kind)).map(|finding| finding.level);
    levels.min_by_key(|level| level.gravity())
}

/// An entry that is about nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the known deviation `{entry}` ({reason}) is about no scenario of this suite: remove it, or correct its name")]
pub struct Unmatched {
    entry: String,
    reason: String,
}

/// A target's list of known deviations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deviations {
    list: Vec<Deviation>,
    /// Today, as `2026-11-23`; entries end by it.
    today: String,
}

impl Deviations {
    /// A list as of a day (`2026-11-23`).
    pub fn new(list: Vec<Deviation>, today: impl Into<String>) -> Deviations {
        Deviations { list, today: today.into() }
    }

    /// Applies the list to one trial.
    pub fn apply(&self, trial: &mut TrialRecord) {
        let over = |entry: &Deviation| entry.until.as_ref().is_some_and(|until| *until < self.today);
        let about = || self.list.iter().filter(|entry| entry.is_about(trial));
        // Of several about the same trial, one that excuses it.
        let Some(entry) = about().find(|entry| !over(entry) && entry.covers(trial)).or_else(|| about().next()) else {
            return;
        };
        let (over, covers) = (over(entry), entry.covers(trial));
        let failed = trial.outcome == Outcome::Fail || trial.is_not_reached();
        match trial.outcome {
            _ if failed && over => {
                let until = entry.until.as_deref().unwrap_or_default();
                let more = format!(" (known, but excused only until {until}: {})", entry.reason);
                trial.reason.words.push_str(&more);
            }
            _ if failed && !covers => {
                let what = match gravest(trial) {
                    Some(level) => format!("it is for `{}` and weaker, and this is `{level}`", entry.level),
                    None => "no requirement is broken".to_owned(),
                };
                let more = format!(" (the known deviation does not cover this, {what}: {})", entry.reason);
                trial.reason.words.push_str(&more);
            }
            _ if failed => {
                trial.outcome = Outcome::Xfail;
                trial.reason = Reason::known(&entry.reason, entry.link.as_deref());
            }
            Outcome::Pass => {
                trial.outcome = Outcome::Xpass;
                trial.reason = Reason::known_no_more(&entry.reason);
            }
            _ => {}
        }
    }

    /// Entries that name no scenario (or no row) of the suite. `known` says whether one exists.
    ///
    /// # Errors
    ///
    /// [`Unmatched`] for the first one.
    pub fn all_known(&self, known: impl Fn(&str, Option<&str>) -> bool) -> Result<(), Unmatched> {
        match self.list.iter().find(|entry| !known(&entry.scenario, entry.case.as_deref())) {
            None => Ok(()),
            Some(entry) => Err(Unmatched { entry: entry.shown(), reason: entry.reason.clone() }),
        }
    }
}
