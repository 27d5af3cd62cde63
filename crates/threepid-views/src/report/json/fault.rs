//! Why a record could not be read.

use std::io;
use std::path::PathBuf;

use threepid_record::model::{Counts, Report};

/// A record could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file itself could not be read.
    #[error("cannot read {}: {cause}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The file ends too early: the run that wrote it was killed, or it was copied in part.
    #[error("{} is cut off (after line {line}): run again, or copy the whole file", path.display())]
    Truncated {
        /// Which file.
        path: PathBuf,
        /// The last line there is.
        line: usize,
    },
    /// The file is no record of this program.
    #[error("{} is not a record of threepid: {why}; give a report.json that `threepid run --output` wrote", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// How that shows.
        why: String,
    },
    /// The file is a record in another layout.
    #[error(
        "{} was written by threepid {threepid} in layout {found}; this program reads layout {}: use the version that \
         wrote it",
        path.display(),
        Report::SCHEMA
    )]
    Schema {
        /// Which file.
        path: PathBuf,
        /// The layout it is in.
        found: u64,
        /// The version that wrote it.
        threepid: String,
    },
    /// The file says that it is a record in the right layout, but is not.
    #[error("{} is damaged at line {line}, column {column}: {why}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// What is wrong.
        why: String,
    },
    /// The counts are not those of the trials: somebody edited the file.
    #[error("{} contradicts itself: its counts are {counts:?}, its trials make {trials:?}", path.display())]
    Contradiction {
        /// Which file.
        path: PathBuf,
        /// What the file says.
        counts: Box<Counts>,
        /// What its trials make.
        trials: Box<Counts>,
    },
}
