//! Reads saved records.
//!
//! Takes a file, or the folder that a run wrote; gives the record, or says what is wrong with it. What happened in trials stays
//! on disk, so that a record may have any number of them.

use std::path::{Path, PathBuf};

use super::retention::Room;
use super::terminal;
use threepid_record::model::Report;
use threepid_views::report::WriteError;
use threepid_views::report::json::{self, Opened, ReadError, Record as _, Saved};

/// The file of a record: itself, or in the folder that a run wrote.
fn file(path: &Path) -> PathBuf {
    if path.is_dir() { path.join("report.json") } else { path.to_owned() }
}

/// Reads one record with all that happened.
///
/// # Errors
///
/// The message says what is wrong with the file, and what to do.
pub(super) fn read(path: &Path) -> Result<Report, ReadError> {
    json::read(&file(path))
}

/// Opens one record, whose trials are to be read one after the other.
///
/// # Errors
///
/// The message says what is wrong with the file, and what to do.
pub(super) fn open(path: &Path) -> Result<Opened, ReadError> {
    Opened::file(&file(path))
}

/// Reads several records. Every one that cannot be read is named; `None` if there was one.
pub(super) fn saved(paths: &[PathBuf]) -> Option<Vec<Saved>> {
    let mut records = Vec::new();
    for path in paths {
        match Saved::open(&file(path)) {
            Ok(record) => records.push(record),
            Err(fault) => terminal::error(&fault.to_string()),
        }
    }
    (records.len() == paths.len()).then_some(records)
}

/// A record with what happened in the trials that need attention, as far as there is room: as a run has it at its end.
///
/// # Errors
///
/// If a trial cannot be read any more.
pub(super) fn as_at_the_end(record: &Saved) -> Result<Report, WriteError> {
    let (mut report, mut room) = (record.report.clone(), Room::default());
    for (number, trial) in report.trials.iter_mut().enumerate().filter(|(_, trial)| trial.outcome.needs_attention()) {
        let whole = record.trial(number).map_err(|cause| WriteError {
            action: "read",
            path: record.path().to_owned(),
            cause,
        })?;
        if room.takes(&whole) {
            *trial = whole.into_owned();
        }
    }
    Ok(report)
}
