//! `--output DIR`: the record and its views on disk.
//!
//! The record is written while the run goes on. A view that cannot be written does not keep the others from being
//! written.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::retention::MOST_TRIALS;
use threepid_record::model::{Report, TrialRecord};
use threepid_views::report::json::{Record, Saved};
use threepid_views::report::{self, WriteError};

/// What is kept free for the small views when the disk is full.
const ROOM_BYTES: u64 = 512 * 1024;

/// The files of a run, which are replaced by those of the next.
const FILES: [&str; 4] = ["report.json", "report.html", "junit.xml", "summary.md"];

/// How the name of a file begins and ends that is still being written.
const PART: (&str, &str) = (".threepid-", ".part");

/// The folder that a run writes to.
pub(super) struct Output {
    folder: PathBuf,
    /// Held so that no other run writes to it.
    _lock: Option<File>,
    record: report::json::Stream,
    faults: Vec<WriteError>,
}

impl Output {
    /// Makes the folder and begins the record. What a run that was killed left there is removed.
    ///
    /// # Errors
    ///
    /// If the folder cannot be made, nothing can be written into it, another run writes to it, or something else than a
    /// file has the name of one.
    pub(super) fn create(folder: &Path) -> Result<Output, WriteError> {
        let refused = |path: &Path, action, cause| WriteError { action, path: path.to_owned(), cause };
        std::fs::create_dir_all(folder).map_err(|cause| refused(folder, "create the folder", cause))?;
        for path in FILES.map(|name| folder.join(name)) {
            // A folder in the way of one file keeps the others from nothing.
            if std::fs::symlink_metadata(&path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
                let cause = std::io::Error::other(
                    "it is not a regular file; remove it, or choose another folder with --output",
                );
                return Err(refused(&path, "replace", cause));
            }
        }
        let lock = lock(folder).map_err(|cause| refused(folder, "write to", cause))?;
        sweep(folder);
        let record = report::json::Stream::create(&folder.join("report.json"))?;
        Ok(Output { folder: folder.to_owned(), _lock: lock, record, faults: Vec::new() })
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
    pub(super) fn finish(self, report: Report) -> Vec<WriteError> {
        let Output { folder, _lock, mut record, mut faults } = self;
        record.make_room(ROOM_BYTES);
        // The small ones first: of what has room, they say most.
        faults.extend(report::junit::write(&folder.join("junit.xml"), &report).err());
        faults.extend(report::markdown::write(&folder.join("summary.md"), &report).err());
        let written = record.finish(&report);
        // Of trials that went well, and of many others, only the record on disk has all that happened. In a run that is longer
        // than memory is meant to hold, the page shows what was kept.
        let opened = faults.is_empty() && written.is_ok() && report.counts.total() <= MOST_TRIALS;
        faults.extend(written.err());
        match if opened { Saved::open(&folder.join("report.json")).ok() } else { None } {
            Some(saved) => {
                drop(report);
                views(&folder, &saved, &mut faults);
            }
            None => views(&folder, &report, &mut faults),
        }
        faults
    }
}

/// Writes the views of what happened.
fn views(folder: &Path, record: &impl Record, faults: &mut Vec<WriteError>) {
    faults.extend(report::html::write(&folder.join("report.html"), std::slice::from_ref(record)).err());
    faults.extend(report::artifacts::write(folder, record).err());
}

/// Takes the folder for this run. A system that knows no locks on folders is trusted.
fn lock(folder: &Path) -> std::io::Result<Option<File>> {
    let Ok(held) = File::open(folder) else { return Ok(None) };
    match held.try_lock() {
        Ok(()) => Ok(Some(held)),
        Err(TryLockError::WouldBlock) => {
            Err(std::io::Error::other("another run writes there; wait for it, or choose another folder with --output"))
        }
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// Removes what a run that was killed did not finish. Nobody else writes here now.
fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(PART.0) && name.ends_with(PART.1) && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            // One that stays is in nobody's way.
            let _ = std::fs::remove_file(entry.path());
        }
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
            asked: Default::default(),
            reason: "r".into(),
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
            browser: None,
            repeat: Vec::new(),
            interrupted: false,
            error: None,
            target,
            counts: Counts::of([Outcome::Fail]),
            trials: vec![trial],
        };
        assert!(output.finish(report).is_empty());
        let artifacts: Vec<_> =
            std::fs::read_dir(folder.path().join("artifacts")).unwrap().map(Result::unwrap).collect();
        let transcript = std::fs::read_to_string(artifacts[0].path().join("transcript.json")).unwrap();
        assert!(transcript.contains("this was done"), "{transcript}");
    }

    #[cfg(unix)]
    #[test]
    fn one_run_has_the_folder_and_what_was_killed_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".threepid-abc.part"), "cut off").unwrap();
        let first = Output::create(folder.path()).unwrap();
        assert!(!folder.path().join(".threepid-abc.part").exists());
        let second = Output::create(folder.path()).err().map(|fault| fault.to_string()).unwrap_or_default();
        assert!(second.contains("another run writes there"), "{second}");
        drop(first);
        std::os::unix::fs::symlink("elsewhere", folder.path().join("junit.xml")).unwrap();
        let linked = Output::create(folder.path()).err().map(|fault| fault.to_string()).unwrap_or_default();
        assert!(linked.contains("not a regular file"), "{linked}");
    }
}
