//! `report.json`: the record of a run as a file.
//!
//! The layout is one trial a line, so that a record of thousands of trials can be written as they finish, searched with
//! line tools, and compared by people. The stable core that other programs rely on is described with `model::Report`.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::WriteError;
use super::file::AtomicFile;
use threepid_record::model::{Counts, Report, TrialRecord};

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

/// Writes a record.
///
/// # Errors
///
/// If the file cannot be written; then what stood there before still does.
pub fn write(path: &Path, report: &Report) -> Result<(), WriteError> {
    let mut stream = Stream::create(path)?;
    for trial in &report.trials {
        stream.trial(trial)?;
    }
    stream.finish(report)
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

/// Reads a record.
///
/// # Errors
///
/// If the file cannot be read, is cut off, is no record, is in another layout, is damaged, or contradicts itself.
pub fn read(path: &Path) -> Result<Report, ReadError> {
    let bytes = std::fs::read(path).map_err(|cause| ReadError::File { path: path.to_owned(), cause })?;
    parse(path, &bytes)
}

/// What is looked at first, because everything else may differ between layouts.
#[derive(Deserialize)]
struct Head {
    schema: Option<serde_json::Value>,
    threepid: Option<serde_json::Value>,
    trials: Option<IgnoredAny>,
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Report, ReadError> {
    let foreign = |why: &str| ReadError::Foreign { path: path.to_owned(), why: why.to_owned() };
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(foreign("it is empty"));
    }
    let head: Head = serde_json::from_slice(bytes).map_err(|e| {
        if e.is_eof() {
            ReadError::Truncated { path: path.to_owned(), line: e.line() }
        } else if e.is_data() {
            foreign("it is JSON, but not an object with the members of a record")
        } else {
            foreign(&format!("it is not JSON ({e})"))
        }
    })?;
    let Some(schema) = head.schema.and_then(|s| s.as_u64()) else {
        return Err(foreign("it has no \"schema\" number"));
    };
    let Some(threepid) = head.threepid.and_then(|t| t.as_str().map(str::to_owned)) else {
        return Err(foreign("it does not say which \"threepid\" wrote it"));
    };
    if schema != u64::from(Report::SCHEMA) {
        return Err(ReadError::Schema { path: path.to_owned(), found: schema, threepid });
    }
    if head.trials.is_none() {
        return Err(foreign("it has no \"trials\""));
    }
    let report: Report = serde_json::from_slice(bytes).map_err(|e| ReadError::Damaged {
        path: path.to_owned(),
        line: e.line(),
        column: e.column(),
        why: e.to_string(),
    })?;
    let trials = Counts::of(report.trials.iter().map(|t| t.outcome));
    if trials != report.counts {
        return Err(ReadError::Contradiction {
            path: path.to_owned(),
            counts: Box::new(report.counts),
            trials: Box::new(trials),
        });
    }
    Ok(report)
}

#[cfg(test)]
mod tests;
