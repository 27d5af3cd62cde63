//! What can go wrong with a target, each with what was found, where, and what to do.

mod profile;
mod start;
mod target;

use std::fmt;
use std::path::PathBuf;

pub use profile::ProfileError;
pub use start::{InstallError, StartError};
pub(super) use target::EMAIL;
pub use target::{Attempt, Missing, TargetError};

/// The end of what a process wrote, and where all of it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEnd {
    /// The last lines.
    pub tail: String,
    /// The file with all of them.
    pub path: PathBuf,
}

impl fmt::Display for LogEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it wrote last:\n{}\nall of it is in {}", self.tail, self.path.display())
    }
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

fn list(items: &[String]) -> String {
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

/// The nearest of some names, if one is near enough to be meant.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_owned())
}
