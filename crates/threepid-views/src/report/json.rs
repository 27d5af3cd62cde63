//! `report.json`: the record of a run as a file.
//!
//! The layout is one trial a line, so that a record of thousands of trials can be written as they finish, searched with
//! line tools, and compared by people. The stable core that other programs rely on is described with `model::Report`.

mod fault;
mod saved;
mod split;

use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub use self::fault::ReadError;
pub use self::saved::{Opened, Record, Saved};
use super::WriteError;
use super::file::AtomicFile;
use threepid_record::model::{Counts, Report, TrialRecord};

/// Writes a record.
///
/// # Errors
///
/// If the file cannot be written, or a trial cannot be read; then what stood there before still does.
pub fn write(path: &Path, record: &impl Record) -> Result<(), WriteError> {
    let mut stream = Stream::create(path)?;
    for number in 0..record.report().trials.len() {
        stream.trial(&*record.trial(number).map_err(WriteError::new("write", path))?)?;
    }
    stream.finish(record.report())
}

/// A record that is written while the run goes on, so that it need not be held in memory.
///
/// If the disk is full, what fits is kept: the record then has fewer trials, and says so.
#[derive(Debug)]
pub struct Stream {
    file: AtomicFile,
    path: PathBuf,
    counts: Counts,
    len: u64,
    /// Where the last trials begin, and the counts before each: what can be given up again.
    last: VecDeque<(u64, Counts)>,
    fault: Option<String>,
}

/// How many trials can be given up again when the disk is full.
const MOST_GIVEN_UP: usize = 256;

impl Stream {
    /// Starts a record. It takes its place at `path` only when it is finished.
    ///
    /// # Errors
    ///
    /// If the folder cannot be made or the file cannot be written.
    pub fn create(path: &Path) -> Result<Stream, WriteError> {
        let file = AtomicFile::create(path)?;
        let path = file.path().to_owned();
        let mut stream = Stream { file, path, counts: Counts::default(), len: 0, last: VecDeque::new(), fault: None };
        let head = format!("{{\n\"schema\": {},\n\"trials\": [", Report::SCHEMA);
        stream.put(head.as_bytes()).map_err(|cause| WriteError::new("write", &stream.path)(cause))?;
        Ok(stream)
    }

    /// Adds a trial. They come to stand in the order they are added. After the first that cannot be written none is.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn trial(&mut self, trial: &TrialRecord) -> Result<(), WriteError> {
        if self.fault.is_some() {
            return Ok(());
        }
        let separator: &[u8] = if self.counts.total() == 0 { b"\n" } else { b",\n" };
        let mut line = separator.to_vec();
        serde_json::to_writer(&mut line, trial).map_err(|e| WriteError::new("write", &self.path)(e.into()))?;
        let before = (self.len, self.counts);
        self.put(&line).map_err(|cause| {
            let fault = WriteError::new("write", &self.path)(cause);
            self.fault = Some(fault.to_string());
            fault
        })?;
        self.counts.add(trial.outcome);
        self.last.push_back(before);
        if self.last.len() > MOST_GIVEN_UP {
            self.last.pop_front();
        }
        Ok(())
    }

    /// Gives up the last trials, if the disk is full, until there is room for so many bytes.
    pub fn make_room(&mut self, bytes: u64) {
        let full = self.len;
        while self.fault.is_some() && full - self.len < bytes && self.give_up() {}
    }

    /// Gives up the last trial; `false` if there is none.
    fn give_up(&mut self) -> bool {
        let Some((len, counts)) = self.last.pop_back() else { return false };
        self.counts = counts;
        self.len = len;
        self.file.cut(len).is_ok()
    }

    /// Ends the record with everything of `report` but its trials, which were added one by one, and its counts, which
    /// are those of the trials that were added.
    ///
    /// # Errors
    ///
    /// If the file cannot be written or moved to its place; then what stood there before still does.
    pub fn finish(mut self, report: &Report) -> Result<(), WriteError> {
        loop {
            let rest = self.rest(report);
            match self.put(&rest) {
                Ok(()) => return self.file.finish(),
                Err(cause) => {
                    let fault = WriteError::new("write", &self.path)(cause);
                    self.fault.get_or_insert_with(|| fault.to_string());
                    if !self.give_up() {
                        return Err(fault);
                    }
                }
            }
        }
    }

    /// What stands behind the trials.
    fn rest(&self, report: &Report) -> Vec<u8> {
        let Report {
            schema: _,
            threepid,
            suite,
            seed,
            started,
            duration_ms,
            interrupted,
            error,
            slices,
            snapshots,
            browser,
            repeat,
            target,
            trials: _,
            counts: _,
        } = report;
        let mut rest = serde_json::json!({
            "threepid": threepid,
            "suite": suite,
            "seed": seed,
            "started": started,
            "duration_ms": duration_ms,
            "interrupted": interrupted,
            "target": target,
            "counts": self.counts,
        });
        let fault = self.fault.as_ref().map(|fault| format!("not all trials are in this record: {fault}"));
        let said = [
            ("error", error.as_ref().or(fault.as_ref())),
            ("snapshots", snapshots.as_ref()),
            ("browser", browser.as_ref()),
        ];
        for (name, value) in said {
            if let Some(value) = value {
                rest[name] = value.as_str().into();
            }
        }
        if !repeat.is_empty() {
            rest["repeat"] = serde_json::json!(repeat);
        }
        if !slices.is_empty() {
            rest["slices"] = serde_json::json!(slices);
        }
        let members = rest.as_object().into_iter().flatten();
        let members: String = members.map(|(name, value)| format!(",\n\"{name}\": {value}")).collect();
        format!("\n]{members}\n}}\n").into_bytes()
    }

    /// Writes all of it or nothing.
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.file.write_all(bytes).and_then(|()| self.file.flush());
        match written {
            Ok(()) => self.len += bytes.len() as u64,
            // What was written in part must not stay; if even that fails, the fault is told all the same.
            Err(_) => {
                let _ = self.file.cut(self.len);
            }
        }
        written
    }
}

/// Reads a record with all that happened in its trials.
///
/// # Errors
///
/// If the file cannot be read, is cut off, is no record, is in another layout, is damaged, or contradicts itself.
pub fn read(path: &Path) -> Result<Report, ReadError> {
    let mut trials = Vec::new();
    let report = Opened::file(path)?.each(|_, trial| trials.push(trial))?;
    Ok(Report { trials, ..report })
}

#[cfg(test)]
mod tests;
