//! `--output DIR`: the record and its views on disk.
//!
//! The record is written while the run goes on. A view that cannot be written does not keep the others from being
//! written.

use std::path::{Path, PathBuf};

use crate::model::{Report, TrialRecord};
use crate::report::{self, WriteError};

/// How large a record may be to be read back for the page: larger ones are shown without what went well.
const MOST_READ_BYTES: u64 = 64 * 1024 * 1024;

/// The folder that a run writes to.
pub(super) struct Output {
    folder: PathBuf,
    record: report::json::Stream,
    faults: Vec<WriteError>,
}

impl Output {
    /// Makes the folder and begins the record.
    ///
    /// # Errors
    ///
    /// If the folder cannot be made or nothing can be written into it.
    pub(super) fn create(folder: &Path) -> Result<Output, WriteError> {
        let record = report::json::Stream::create(&folder.join("report.json"))?;
        Ok(Output { folder: folder.to_owned(), record, faults: Vec::new() })
    }

    /// Adds a trial to the record.
    pub(super) fn trial(&mut self, trial: &TrialRecord) {
        // One fault is enough to know that the record is not whole.
        if self.faults.is_empty()
            && let Err(fault) = self.record.trial(trial)
        {
            self.faults.push(fault);
        }
    }

    /// Ends the record and writes its views. Gives everything that could not be written.
    pub(super) fn finish(self, report: &Report) -> Vec<WriteError> {
        let Output { folder, record, mut faults } = self;
        if faults.is_empty() {
            faults.extend(record.finish(report).err());
        }
        // Of trials that went well only the record on disk has all that happened.
        let path = folder.join("report.json");
        let small = std::fs::metadata(&path).is_ok_and(|file| file.len() <= MOST_READ_BYTES);
        let whole = if faults.is_empty() && small { report::json::read(&path).ok() } else { None };
        let page = folder.join("report.html");
        faults.extend(report::html::write(&page, std::slice::from_ref(whole.as_ref().unwrap_or(report))).err());
        faults.extend(report::junit::write(&folder.join("junit.xml"), report).err());
        faults.extend(report::markdown::write(&folder.join("summary.md"), report).err());
        faults.extend(report::artifacts::write(&folder, report).err());
        faults
    }
}
