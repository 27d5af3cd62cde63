//! Options that are one of a few words, and what they mean to the layers below.

use clap::ValueEnum;

use crate::snapshots::Mode;
use threepid_record::model::Level;

/// What goes to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A report for a person, at the end.
    Text,
    /// Events, one a line.
    Json,
}

/// Which prefix of the Client-Server API to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ApiChoice {
    /// v3 if the homeserver serves it, else r0.
    Auto,
    /// `/_matrix/client/v3`.
    V3,
    /// `/_matrix/client/r0`.
    R0,
    /// Each trial under both.
    Both,
}

/// What to do with answers that differ from their snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SnapshotMode {
    /// They fail; nothing is written.
    Check,
    /// They fail, and are written beside the snapshots for review.
    Pending,
    /// They become the snapshots.
    Accept,
    /// Snapshots are left alone.
    Off,
}

impl From<SnapshotMode> for Mode {
    fn from(mode: SnapshotMode) -> Mode {
        match mode {
            SnapshotMode::Check => Mode::Check,
            SnapshotMode::Pending => Mode::Pending,
            SnapshotMode::Accept => Mode::Accept,
            SnapshotMode::Off => Mode::Off,
        }
    }
}

/// The weakest level that makes a trial fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// What the specification demands, and what keeps accounts safe.
    Must,
    /// Also what the specification recommends.
    Should,
    /// Also what clients rely on without a text.
    Convention,
}

impl From<FailOn> for Level {
    fn from(fail_on: FailOn) -> Level {
        match fail_on {
            // Harm to an account always counts.
            FailOn::Must => Level::Security,
            FailOn::Should => Level::Should,
            FailOn::Convention => Level::Convention,
        }
    }
}
