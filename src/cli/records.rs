//! Reads saved records.

use std::path::{Path, PathBuf};

use super::terminal;
use threepid_record::model::Report;
use threepid_views::report::json;

/// Reads one record: a file, or the folder that a run wrote.
///
/// # Errors
///
/// The message says what is wrong with the file, and what to do.
pub(super) fn read(path: &Path) -> Result<Report, json::ReadError> {
    if path.is_dir() { json::read(&path.join("report.json")) } else { json::read(path) }
}

/// Reads several records. Every one that cannot be read is named; `None` if there was one.
pub(super) fn read_all(paths: &[PathBuf]) -> Option<Vec<Report>> {
    let mut reports = Vec::new();
    for path in paths {
        match read(path) {
            Ok(report) => reports.push(report),
            Err(fault) => terminal::error(&fault.to_string()),
        }
    }
    (reports.len() == paths.len()).then_some(reports)
}
