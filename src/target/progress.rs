//! Progress of installing and starting, for whoever shows it.

use std::path::PathBuf;
use std::time::Duration;

/// Progress of installing and starting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartEvent {
    /// Another process installs the same; this one waits for it.
    Waiting {
        /// The lock that the other one holds.
        lock: PathBuf,
    },
    /// uv cannot be had; pip installs instead.
    NoUv {
        /// Why not.
        because: String,
    },
    /// Without uv, the packages are not those of the release's day.
    Undated {
        /// The day that was asked for.
        day: String,
    },
    /// An environment is not as it was made, so it is made again.
    Altered {
        /// Where it is.
        folder: PathBuf,
    },
    /// An environment is being made.
    Installing {
        /// What goes in.
        packages: Vec<String>,
        /// The last day of what goes in; `None` for the newest.
        day: Option<String>,
        /// Where it will stay.
        folder: PathBuf,
        /// The interpreter and its version.
        python: String,
    },
    /// The newest line of output of an installation's step.
    Output {
        /// The line.
        line: String,
    },
    /// The environment is complete.
    Installed {
        /// How long that took.
        took: Duration,
    },
    /// The server process was started.
    Starting {
        /// The variant.
        variant: String,
        /// Where it will answer.
        url: String,
        /// Where its output goes.
        log: PathBuf,
    },
    /// Another program took a port; the start is tried again with others.
    PortTaken,
    /// The server answers.
    Ready {
        /// The variant.
        variant: String,
        /// How long that took.
        took: Duration,
    },
}
