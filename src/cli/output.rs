//! `--output DIR`: the record and its views on disk.
//!
//! The record is written while the run goes on. A view that cannot be written does not keep the others from being
//! written.

use std::path::{Path, PathBuf};

use threepid_record::model::{Report, TrialRecord};
use threepid_views::report::{self, WriteError};

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
        // Of trials that went well, and of many others in a long run, only the record on disk has all that happened.
        let path = folder.join("report.json");
        let small = std::fs::metadata(&path).is_ok_and(|file| file.len() <= MOST_READ_BYTES);
        let whole = if faults.is_empty() && small { report::json::read(&path).ok() } else { None };
        let report = whole.as_ref().unwrap_or(report);
        faults.extend(report::html::write(&folder.join("report.html"), std::slice::from_ref(report)).err());
        faults.extend(report::junit::write(&folder.join("junit.xml"), report).err());
        faults.extend(report::markdown::write(&folder.join("summary.md"), report).err());
        faults.extend(report::artifacts::write(&folder, report).err());
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use threepid_record::model::{
        Basis, Counts, Entry, Event, Finding, FindingKind, Level, Outcome, TargetInfo, Transcript,
    };

    /// In memory only some trials are whole; the record on disk has all.
    #[test]
    fn the_views_show_what_the_record_has() {
        let folder = tempfile::tempdir().unwrap();
        let note = Event::Note("this was done".to_owned());
        let entry = Entry { step: Some(0), turn: 0, label: "a step".to_owned(), at_ms: 0.0, event: note };
        let finding = Finding {
            kind: FindingKind::Requirement,
            level: Level::Must,
            requirement: "so it is".to_owned(),
            spec: None,
            basis: Basis::default(),
            step: "a step".to_owned(),
            step_index: Some(0),
            place: None,
            subject: "status".to_owned(),
            expected: "200".to_owned(),
            actual: "500".to_owned(),
            alternatives: None,
        };
        let mut trial = TrialRecord {
            id: "a/b".to_owned(),
            case: None,
            variant: "plain".to_owned(),
            api: "v3".to_owned(),
            repetition: 1,
            title: "t".to_owned(),
            covers: Vec::new(),
            spec: None,
            outcome: Outcome::Fail,
            level: Level::Must,
            reason: "r".to_owned(),
            duration_ms: 1.0,
            findings: vec![finding],
            choices: Vec::new(),
            rule: None,
            transcript: Transcript { entries: vec![entry], ..Transcript::default() },
        };
        let mut output = Output::create(folder.path()).unwrap();
        output.trial(&trial);
        trial.transcript = Transcript::default();
        let target = TargetInfo {
            name: "t".to_owned(),
            url: "http://h".to_owned(),
            public_url: "http://h".to_owned(),
            versions: Vec::new(),
            server: None,
            defects: Vec::new(),
            shapes: Vec::new(),
            abilities: Vec::new(),
        };
        let report = Report {
            schema: Report::SCHEMA,
            threepid: "0".to_owned(),
            suite: "s".to_owned(),
            seed: 1,
            started: "2026-11-23T12:00:00Z".to_owned(),
            duration_ms: 1.0,
            slices: Vec::new(),
            snapshots: None,
            interrupted: false,
            error: None,
            target,
            counts: Counts::of([Outcome::Fail]),
            trials: vec![trial],
        };
        assert!(output.finish(&report).is_empty());
        let artifacts: Vec<_> =
            std::fs::read_dir(folder.path().join("artifacts")).unwrap().map(Result::unwrap).collect();
        let transcript = std::fs::read_to_string(artifacts[0].path().join("transcript.json")).unwrap();
        assert!(transcript.contains("this was done"), "{transcript}");
    }
}
