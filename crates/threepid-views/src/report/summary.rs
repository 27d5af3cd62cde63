//! What a run comes to, in one word and by flow, for every view.
//!
//! Takes the record; gives no text and no colour: each view has its own.

use super::phrases;
use threepid_record::model::{Counts, Report};

/// What a run comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The server is wrong, or a deviation that was known is gone.
    Broken,
    /// It could not be told whether all is as required.
    Unknown,
    /// The target offers no mail, so nothing of it was tested.
    WithoutMail,
    /// All that is required is there, and something that is recommended is not.
    Noted,
    /// All is as it should be.
    Clean,
    /// Nothing passed, and nothing is wrong.
    Nothing,
}

impl Standing {
    /// Of a run.
    pub(super) fn of(report: &Report) -> Standing {
        let counts = &report.counts;
        if counts.fail + counts.xpass > 0 {
            Standing::Broken
        } else if counts.error > 0 || report.interrupted || report.error.is_some() || report.missing().is_some() {
            Standing::Unknown
        } else if report.without_mail().is_some() {
            Standing::WithoutMail
        } else if counts.pass == 0 || report.asked_nothing() {
            Standing::Nothing
        } else if phrases::noted(report) > 0 {
            Standing::Noted
        } else {
            Standing::Clean
        }
    }
}

/// How many trials of each flow had each outcome, in the order of the run.
pub(super) fn flows(report: &Report) -> Vec<(&str, Counts)> {
    let groups = phrases::tally(report.trials.iter().map(|trial| (phrases::flow(&trial.id), trial.outcome)));
    groups.into_iter().map(|(flow, outcomes)| (flow, Counts::of(outcomes))).collect()
}
