//! What the judge found.

use serde::{Deserialize, Serialize};

use super::Level;

/// One thing that is not as required.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What kind of finding.
    pub kind: FindingKind,
    /// How strong the requirement is.
    pub level: Level,
    /// The requirement in words.
    pub requirement: String,
    /// Where the requirement comes from.
    pub spec: Option<SpecRef>,
    /// The step's name, for people.
    pub step: String,
    /// Index of the planned step.
    pub step_index: Option<usize>,
    /// The line in the scenario that asks for it.
    pub place: Option<Place>,
    /// What part of the answer differs: `status`, `header content-type`, `body.flows[0]`, `text`, `mail`.
    pub subject: String,
    /// What was expected.
    pub expected: String,
    /// What was there.
    pub actual: String,
}

/// The kinds of findings. They never stand in for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// A requirement is not met: the server is wrong.
    Requirement,
    /// What had to be true before the scenario's own behaviour could be seen is not: some other scenario is about it.
    Precondition,
    /// The answer is not the one in the snapshot: something changed, which need not be wrong.
    Drift,
    /// The trial stopped, so that the rest could not be judged: we could not tell.
    Unknown,
}

/// A place in the specification.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SpecRef {
    /// The operation or the rule, for people: `POST /account/3pid/add`.
    pub operation: String,
    /// The page and the anchor: `client-server-api/#post_matrixclientv3account3pidadd`.
    pub anchor: String,
}

impl SpecRef {
    /// The address of the section on the specification's site.
    pub fn url(&self) -> String {
        format!("https://spec.matrix.org/latest/{}", self.anchor)
    }
}

/// A place in a scenario file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file, relative to the scenarios' folder.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
}

/// Which of several lawful answers a server gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The step's name, for people.
    pub step: String,
    /// The name of the alternative that matched.
    pub chosen: String,
}
