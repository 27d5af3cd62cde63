//! What is different between two records.

use serde::{Deserialize, Serialize};

use super::Outcome;

/// The differences between two records of the same suite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The earlier record.
    pub before: Side,
    /// The later record.
    pub after: Side,
    /// What is different, the most serious first.
    pub changes: Vec<Change>,
    /// How many trials are in both records and not among the changes.
    pub same: usize,
}

impl Comparison {
    /// Whether something is worse than before.
    pub fn is_regression(&self) -> bool {
        self.after.ended.is_some() || self.changes.iter().any(|change| change.worse)
    }
}

/// One of the two records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// The target's name.
    pub target: String,
    /// What the server calls itself.
    pub server: Option<String>,
    /// The version of the program that wrote the record.
    pub threepid: String,
    /// The hash of the scenarios.
    pub suite: String,
    /// When the run began.
    pub started: String,
    /// Why the run did not come to its end, if it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
}

/// One difference in one trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// What kind of difference.
    pub kind: ChangeKind,
    /// The trial's name.
    pub trial: String,
    /// Its title.
    pub title: String,
    /// What it was before: an outcome, a choice, a time. Empty if there was nothing.
    pub before: String,
    /// What it is now.
    pub after: String,
    /// Why it is so now, if the record says so.
    pub reason: String,
    /// Whether it is worse than before. Of other suites of scenarios, what is only in one of them is no regression.
    pub worse: bool,
    /// The outcome now, if the trial is there.
    pub outcome: Option<Outcome>,
    /// What was answered otherwise, step by step.
    pub answers: Vec<AnswerChange>,
}

/// An answer that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerChange {
    /// The step's name.
    pub step: String,
    /// The lines that differ, as a unified difference; values that are new in each run are replaced by their names.
    pub diff: String,
}

/// The kinds of differences, the most serious first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It was as required, and is not any more or can't be told any more.
    Broken,
    /// It was asked, and the target does not offer it any more.
    Lost,
    /// It takes longer than the factor that is allowed.
    Slower,
    /// It was not as required and is not, and a requirement is broken that was not broken before.
    OtherFailure,
    /// It was not as required, and is now.
    Fixed,
    /// Its outcome is another one, without being better or worse.
    Judged,
    /// The server chooses another of several lawful answers.
    Choice,
    /// The server answers otherwise, with the same outcome.
    Answer,
    /// It is only in the later record.
    Added,
    /// It is only in the earlier record.
    Removed,
}

impl ChangeKind {
    /// All kinds, the most serious first.
    pub const ALL: [ChangeKind; 10] = [
        ChangeKind::Broken,
        ChangeKind::Lost,
        ChangeKind::Slower,
        ChangeKind::OtherFailure,
        ChangeKind::Fixed,
        ChangeKind::Judged,
        ChangeKind::Choice,
        ChangeKind::Answer,
        ChangeKind::Added,
        ChangeKind::Removed,
    ];

    /// Whether all of this kind are worse than before.
    pub fn is_regression(self) -> bool {
        matches!(self, ChangeKind::Broken | ChangeKind::Lost | ChangeKind::Slower | ChangeKind::OtherFailure)
    }
}
