//! A record on disk: its facts and verdicts in memory, and what happened in a trial read when it is looked at.
//!
//! Takes the file; gives each trial in turn, or by its number. However many trials a record has, one of them at a time is
//! held with all that happened in it. It never writes.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::fault::ReadError;
use super::split::{Place, Split, split};
use threepid_record::model::{Counts, Report, Transcript, TrialRecord};

/// A record whose trials can be had with all that happened in them.
pub trait Record {
    /// The record; what happened in its trials may be left out.
    fn report(&self) -> &Report;

    /// The trial of this number, whole.
    ///
    /// # Errors
    ///
    /// If it cannot be read any more.
    fn trial(&self, number: usize) -> io::Result<Cow<'_, TrialRecord>>;
}

impl Record for Report {
    fn report(&self) -> &Report {
        self
    }

    fn trial(&self, number: usize) -> io::Result<Cow<'_, TrialRecord>> {
        self.trials.get(number).map(Cow::Borrowed).ok_or_else(no_such_trial)
    }
}

fn no_such_trial() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the record has no such trial")
}

/// A record on disk.
#[derive(Debug)]
pub struct Saved {
    /// All of it but what happened in its trials.
    pub report: Report,
    /// Where each of its trials stands.
    pub(in crate::report) places: Vec<At>,
    path: PathBuf,
}

/// A place in a file.
#[derive(Debug, Clone)]
pub(in crate::report) struct At {
    file: Arc<File>,
    place: Place,
}

impl Saved {
    /// Reads a record: each of its trials once.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is cut off, is no record, is in another layout, is damaged, or contradicts itself.
    pub fn open(path: &Path) -> Result<Saved, ReadError> {
        let opened = Opened::file(path)?;
        let file = Arc::clone(&opened.file);
        let places = opened.places.iter().map(|place| At { file: Arc::clone(&file), place: *place }).collect();
        let (path, mut trials) = (opened.path.clone(), Vec::with_capacity(opened.places.len()));
        let report = opened.each(|_, trial| trials.push(TrialRecord { transcript: Transcript::default(), ..trial }))?;
        Ok(Saved { report: Report { trials, ..report }, places, path })
    }

    /// The file, the first of several that were put together.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Record for Saved {
    fn report(&self) -> &Report {
        &self.report
    }

    fn trial(&self, number: usize) -> io::Result<Cow<'_, TrialRecord>> {
        let (Some(trial), Some(at)) = (self.report.trials.get(number), self.places.get(number)) else {
            return Err(no_such_trial());
        };
        let mut text = Vec::new();
        read(&at.file, &at.place, &mut text)?;
        let whole: TrialRecord = serde_json::from_slice(&text)?;
        // Of a rule that was put together from slices, only what happened is one of them's.
        Ok(Cow::Owned(TrialRecord { transcript: whole.transcript, ..trial.clone() }))
    }
}

/// A record whose trials have not been read yet.
pub struct Opened {
    path: PathBuf,
    file: Arc<File>,
    places: Vec<Place>,
    report: Report,
}

/// What is looked at first, because everything else may differ between layouts.
#[derive(Deserialize)]
struct Head {
    schema: Option<serde_json::Value>,
    threepid: Option<serde_json::Value>,
    trials: Option<IgnoredAny>,
}

impl Opened {
    /// Reads all of a record but its trials.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is cut off, is no record, is in another layout, or is damaged there.
    pub fn file(path: &Path) -> Result<Opened, ReadError> {
        let cannot = |cause| ReadError::File { path: path.to_owned(), cause };
        let mut file = File::open(path).map_err(cannot)?;
        // A pipe can be read once.
        if !file.metadata().map_err(cannot)?.is_file() {
            let mut kept = tempfile::tempfile().map_err(cannot)?;
            io::copy(&mut file, &mut kept).map_err(cannot)?;
            kept.rewind().map_err(cannot)?;
            file = kept;
        }
        let Split { rest, trials } = split(BufReader::new(&file)).map_err(cannot)?;
        let report = without_trials(path, &rest)?;
        Ok(Opened { path: path.to_owned(), file: Arc::new(file), places: trials, report })
    }

    /// The record without its trials.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Shows each trial in turn, beside the record without trials; gives that.
    ///
    /// # Errors
    ///
    /// If a trial cannot be read or is damaged, or the counts are not those of the trials.
    pub fn each(self, mut shown: impl FnMut(&Report, TrialRecord)) -> Result<Report, ReadError> {
        let Opened { path, file, places, report } = self;
        let mut counts = Counts::default();
        let mut text = Vec::new();
        for place in &places {
            read(&file, place, &mut text).map_err(|cause| ReadError::File { path: path.clone(), cause })?;
            let trial: TrialRecord =
                serde_json::from_slice(&text).map_err(|e| damaged(&path, &e, (place.line, place.column)))?;
            counts.add(trial.outcome);
            shown(&report, trial);
        }
        if counts != report.counts {
            let (counts, trials) = (Box::new(report.counts), Box::new(counts));
            return Err(ReadError::Contradiction { path, counts, trials });
        }
        Ok(report)
    }
}

/// Reads a part of a file in the place of what `text` had.
fn read(mut file: &File, place: &Place, text: &mut Vec<u8>) -> io::Result<()> {
    text.resize(place.len, 0);
    file.seek(SeekFrom::Start(place.start))?;
    file.read_exact(text)
}

fn without_trials(path: &Path, text: &[u8]) -> Result<Report, ReadError> {
    let foreign = |why: &str| ReadError::Foreign { path: path.to_owned(), why: why.to_owned() };
    if text.iter().all(u8::is_ascii_whitespace) {
        return Err(foreign("it is empty"));
    }
    let head: Head = serde_json::from_slice(text).map_err(|e| {
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
    serde_json::from_slice(text).map_err(|e| damaged(path, &e, (0, 0)))
}

/// What is wrong in a part of the file that begins behind so many lines and columns.
fn damaged(path: &Path, fault: &serde_json::Error, (lines, columns): (usize, usize)) -> ReadError {
    let (line, column, why) = (fault.line(), fault.column(), fault.to_string());
    // It ends with its place, which is one in the part.
    let why = why.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&why).to_owned();
    let column = column + if line <= 1 { columns } else { 0 };
    ReadError::Damaged { path: path.to_owned(), line: lines + line, column, why }
}
