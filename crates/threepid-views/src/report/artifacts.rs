//! The files to look at a failure with: for each trial that needs attention its mails and its transcript.
//!
//! `DIR/artifacts/<name>/transcript.json` and `mail-1.eml`, `mail-2.eml`, … in the order the mails came. A mail is as it
//! was transferred (but for its secrets), so any mail program opens it.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;

use super::json::Record;
use super::{WriteError, phrases, write_file};
use threepid_record::model::{Body, Mail, TrialRecord};

const TRANSCRIPT: &str = "transcript.json";

/// How long the name of a folder may become, in bytes; file systems take 255.
const MOST_NAME_BYTES: usize = 120;

/// Writes the files of all trials that need attention, and removes those of an earlier run in the same folder.
///
/// Gives the folders, in the order of the trials.
///
/// # Errors
///
/// If a folder or a file cannot be written, or a trial cannot be read. Files of an earlier run that cannot be removed are no error.
pub fn write(folder: &Path, record: &impl Record) -> Result<Vec<PathBuf>, WriteError> {
    let folder = folder.join("artifacts");
    sweep(&folder);
    let mut taken = HashSet::new();
    let attention = record.report().trials.iter().enumerate().filter(|(_, t)| phrases::needs_attention(t));
    attention
        .map(|(number, trial)| {
            let folder = folder.join(unique(&trial.name(), &mut taken));
            let whole = record.trial(number).map_err(WriteError::new("write", &folder))?;
            write_trial(&folder, &whole)?;
            Ok(folder)
        })
        .collect()
}

fn write_trial(folder: &Path, trial: &TrialRecord) -> Result<(), WriteError> {
    let path = folder.join(TRANSCRIPT);
    let mut json =
        serde_json::to_vec_pretty(&trial.transcript).map_err(|e| WriteError::new("write", &path)(e.into()))?;
    json.push(b'\n');
    write_file(&path, &json)?;
    for (index, mail) in mails(trial).enumerate() {
        write_file(&folder.join(format!("mail-{}.eml", index + 1)), &contents(&mail.raw))?;
    }
    Ok(())
}

/// All mails of a trial, in the order they came.
fn mails(trial: &TrialRecord) -> impl Iterator<Item = &Mail> {
    trial.transcript.entries.iter().flat_map(|entry| entry.event.mails())
}

fn contents(body: &Body) -> Vec<u8> {
    match (&body.text, &body.base64) {
        (Some(text), _) => text.clone().into_bytes(),
        (None, Some(base64)) => {
            // What is no base64 is kept as it is: something to look at is better than nothing.
            base64::engine::general_purpose::STANDARD.decode(base64).unwrap_or_else(|_| base64.clone().into_bytes())
        }
        (None, None) => Vec::new(),
    }
}

/// A name for a trial's folder that every file system takes, and that no other trial of the run has.
fn unique(name: &str, taken: &mut HashSet<String>) -> String {
    let mut safe = String::new();
    for c in name.chars() {
        match c {
            '/' => safe.push_str("__"),
            c if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') => safe.push(c),
            _ if safe.ends_with('-') => {}
            _ => safe.push('-'),
        }
    }
    safe.truncate(MOST_NAME_BYTES);
    let safe = safe.trim_matches(['-', '.']);
    let safe = if safe.is_empty() { "trial" } else { safe };
    // Some file systems do not tell capitals from small letters.
    let mut candidate = safe.to_owned();
    let mut number = 2;
    while !taken.insert(candidate.to_ascii_lowercase()) {
        candidate = format!("{safe}-{number}");
        number += 1;
    }
    candidate
}

/// Removes what an earlier run wrote, and nothing that somebody else did: only files with our names in folders that
/// have a transcript, and those folders if they are empty then. Links are not followed.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if !entry.file_type().is_ok_and(|t| t.is_dir()) || !path.join(TRANSCRIPT).is_file() {
            continue;
        }
        for file in fs::read_dir(&path).into_iter().flatten().flatten() {
            let name = file.file_name();
            let name = name.to_string_lossy();
            if name == TRANSCRIPT || (name.starts_with("mail-") && name.ends_with(".eml")) {
                let _ = fs::remove_file(file.path());
            }
        }
        let _ = fs::remove_dir(&path);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use threepid_record::model::Transcript;

    #[test]
    fn each_trial_that_needs_attention_has_its_files() {
        let folder = tempfile::tempdir().unwrap();
        let report = fixture::report();
        let written = write(folder.path(), &report).unwrap();
        let names: Vec<_> = written.iter().map(|p| p.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
        assert_eq!(
            names,
            [
                "artifacts/add-email__wrong-password-user-only",
                "artifacts/request-token__repeated",
                "artifacts/delete-email__unknown",
                "artifacts/add-email__twice"
            ]
        );
        let json = fs::read(written[0].join("transcript.json")).unwrap();
        assert_eq!(serde_json::from_slice::<Transcript>(&json).unwrap(), report.trials[2].transcript);
        let mail = fs::read_to_string(written[1].join("mail-1.eml")).unwrap();
        assert!(mail.starts_with("Subject: Validate your e-mail\r\n"), "{mail}");
        assert!(!written[2].join("mail-1.eml").exists());
    }

    #[test]
    fn a_mail_that_is_no_text_is_written_as_it_came() {
        let body = Body { base64: Some("/wD+".to_owned()), ..Body::default() };
        assert_eq!(contents(&body), [0xff, 0, 0xfe]);
    }

    #[test]
    fn an_earlier_run_leaves_nothing_and_a_persons_files_stay() {
        let folder = tempfile::tempdir().unwrap();
        let mut report = fixture::report();
        let first = write(folder.path(), &report).unwrap();
        fs::write(first[1].join("notes.txt"), "mine").unwrap();
        fs::create_dir(folder.path().join("artifacts/mine")).unwrap();
        report.trials.clear();
        write(folder.path(), &report).unwrap();
        let mut left: Vec<_> =
            fs::read_dir(folder.path().join("artifacts")).unwrap().map(|e| e.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["mine", "request-token__repeated"]);
        assert_eq!(fs::read_dir(&first[1]).unwrap().count(), 1);
    }

    #[test]
    fn names_are_safe_and_never_meet() {
        let mut taken = HashSet::new();
        let names = ["../../etc/passwd", "a b", "a?b", "A B", "..", "", &"x".repeat(300), &"x".repeat(301), "é"];
        let safe: Vec<String> = names.iter().map(|n| unique(n, &mut taken)).collect();
        assert_eq!(safe[..6], ["__..__etc__passwd", "a-b", "a-b-2", "A-B-3", "trial", "trial-2"]);
        assert_eq!(safe[6].len(), 120);
        assert_eq!(safe[7], format!("{}-2", "x".repeat(120)));
        assert!(safe.iter().all(|n| !n.contains('/')));
    }
}
