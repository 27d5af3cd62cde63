//! Snapshots: what a target answered last time, in files that people review and keep under version control.
//!
//! Takes the text of an answer and the place where its snapshot belongs; says whether it is the same, new or changed,
//! and writes what the mode allows. The files are insta's (`.snap`, pending ones `.snap.new`), so `cargo insta` lists
//! and accepts them too; but nothing here prints, panics, or looks at the environment.
//!
//! It never judges: that an answer changed does not make it wrong. It imports no other module of this crate.
//!
//! ```text
//! snapshots/<target>/<scenario id>[/<case>]/<step>.snap
//! ```

mod file;
mod render;
mod review;
mod store;

use std::io;
use std::path::PathBuf;
use std::str::FromStr;

pub use file::Origin;
pub use render::{Content, render};
pub use review::{Pending, accept, pending, reject};
pub use store::{Key, Store, Trial};

/// What to do with an answer that is not the one in its snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Write nothing: for CI, where nobody could review it.
    Check,
    /// Write it beside the snapshot, as `.snap.new`, for review.
    #[default]
    Pending,
    /// Make it the snapshot.
    Accept,
    /// Look at no snapshot.
    Off,
}

impl Mode {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Mode::Check => "check",
            Mode::Pending => "pending",
            Mode::Accept => "accept",
            Mode::Off => "off",
        }
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(word: &str) -> Result<Mode, String> {
        match word {
            "check" => Ok(Mode::Check),
            "pending" => Ok(Mode::Pending),
            "accept" => Ok(Mode::Accept),
            "off" => Ok(Mode::Off),
            other => Err(format!("unknown mode for snapshots {other:?}: one of check, pending, accept, off")),
        }
    }
}

/// How an answer stands to its snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// No snapshot was looked at.
    Off,
    /// It is the one in the snapshot.
    Same,
    /// There is no snapshot.
    New,
    /// It is another one.
    Changed {
        /// What the snapshot has.
        old: String,
        /// What came.
        new: String,
        /// The difference, line by line.
        diff: String,
    },
    /// It differs from that of another trial of this run that has the same snapshot. Nothing was written.
    Inconsistent {
        /// What came first.
        first: String,
        /// What came now.
        second: String,
        /// The difference, line by line.
        diff: String,
    },
}

impl Outcome {
    /// Whether somebody has to look at it: it is new or changed and the mode did not make it the snapshot, or no
    /// snapshot could be right.
    pub fn is_drift(&self, mode: Mode) -> bool {
        match self {
            Outcome::Off | Outcome::Same => false,
            Outcome::New | Outcome::Changed { .. } => mode != Mode::Accept,
            Outcome::Inconsistent { .. } => true,
        }
    }
}

/// A snapshot could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file system refused.
    #[error("cannot {action} {}: {cause}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// Why it failed.
        #[source]
        cause: io::Error,
    },
    /// The file is no snapshot.
    #[error("{} is not a snapshot: {why}; remove it, or restore it from version control", path.display())]
    Format {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Two steps would have the same file.
    #[error("{} would hold both {first:?} and {second:?}: give one of them another name", path.display())]
    Clash {
        /// Which file.
        path: PathBuf,
        /// What it belongs to.
        first: String,
        /// What else would.
        second: String,
    },
    /// A path was given that is no pending snapshot.
    #[error("{} is not a pending snapshot (its name must end in .snap.new)", path.display())]
    NotPending {
        /// Which path.
        path: PathBuf,
    },
}

impl SnapshotError {
    fn file(action: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> SnapshotError {
        move |cause| SnapshotError::File { action, path: path.to_owned(), cause }
    }
}

#[cfg(test)]
mod tests;
