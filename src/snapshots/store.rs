//! Where snapshots lie, and what a run has seen of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use similar::TextDiff;

use super::file::Origin;
use super::{Mode, Outcome, SnapshotError, file};

/// Which snapshot: the API version and the repetition are not part of it, because their answers should be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key<'a> {
    /// The target's name.
    pub target: &'a str,
    /// The scenario's id: `add-email/wrong-password`.
    pub scenario: &'a str,
    /// The row of its cases, if it has cases.
    pub case: Option<&'a str>,
    /// The step, by a name that is its own within the scenario.
    pub step: &'a str,
}

/// A scenario with one of its cases, as far as snapshots are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trial<'a> {
    /// The scenario's id.
    pub scenario: &'a str,
    /// The row of its cases, if it has cases.
    pub case: Option<&'a str>,
}

/// The snapshots of one folder during one run. It is shared between the trials.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    mode: Mode,
    seen: Mutex<BTreeMap<PathBuf, Seen>>,
}

/// What this run has seen of one snapshot.
#[derive(Debug)]
struct Seen {
    /// What the file belongs to, to tell two names that are written the same way.
    owner: String,
    /// The text that the file had before this run.
    before: Option<String>,
    /// The first text of this run.
    first: Option<String>,
}

impl Store {
    /// The snapshots in a folder, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>, mode: Mode) -> Store {
        Store { folder: folder.into(), mode, seen: Mutex::default() }
    }

    /// What the store does with new and changed answers.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The file of a snapshot.
    pub fn path(&self, key: Key<'_>) -> PathBuf {
        let mut path = self.folder_of(key.target, key.scenario, key.case);
        path.push(format!("{}.snap", safe(key.step)));
        path
    }

    /// The folder of a target's snapshots.
    pub fn folder(&self, target: &str) -> PathBuf {
        self.folder.join(safe(target))
    }

    fn folder_of(&self, target: &str, scenario: &str, case: Option<&str>) -> PathBuf {
        let mut path = self.folder(target);
        path.extend(scenario.split('/').map(safe));
        path.extend(case.map(safe));
        path
    }

    /// Compares a text with its snapshot, and writes it if the mode says so.
    ///
    /// What is compared with is the file as it was before the run. Of trials that share a snapshot (of `r0` and `v3`,
    /// say, or repetitions) only the first writes; one that differs from it is inconsistent.
    ///
    /// # Errors
    ///
    /// If the snapshot cannot be read or is none, if two steps have the same file, or if the text cannot be written.
    pub fn compare(&self, key: Key<'_>, origin: Origin<'_>, text: &str) -> Result<Outcome, SnapshotError> {
        if self.mode == Mode::Off {
            return Ok(Outcome::Off);
        }
        let path = self.path(key);
        let owner = format!(
            "{}/{}{}/{}",
            key.target,
            key.scenario,
            key.case.map(|c| format!("[{c}]")).unwrap_or_default(),
            key.step
        );
        let text = file::normal(text);
        // Held while the file is read and written: a snapshot is small, and the two must not come apart.
        let mut all = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = match all.entry(path.clone()) {
            std::collections::btree_map::Entry::Occupied(entry) => {
                let seen = entry.into_mut();
                if seen.owner != owner {
                    return Err(SnapshotError::Clash { path, first: seen.owner.clone(), second: owner });
                }
                seen
            }
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(Seen { owner, before: file::read(&path)?, first: None })
            }
        };
        let is_first = seen.first.is_none();
        let first = seen.first.get_or_insert_with(|| text.clone());
        let same = seen.before.as_ref() == Some(&text);
        // Where the first one has just become the snapshot, being what it was before is no agreement.
        if *first != text && !(same && self.mode != Mode::Accept) {
            return Ok(Outcome::Inconsistent { diff: diff(first, &text), first: first.clone(), second: text });
        }
        if same {
            // A pending one of an earlier run is out of date.
            if is_first && self.mode != Mode::Check {
                remove(&pending_path(&path))?;
            }
            return Ok(Outcome::Same);
        }
        match self.mode {
            Mode::Pending if is_first => file::write(&pending_path(&path), &origin, &text)?,
            Mode::Accept if is_first => {
                file::write(&path, &origin, &text)?;
                remove(&pending_path(&path))?;
            }
            _ => {}
        }
        Ok(match &seen.before {
            Some(old) => Outcome::Changed { diff: diff(old, &text), old: old.clone(), new: text },
            None => Outcome::New,
        })
    }

    /// The snapshots that no step produced: among the trials that `ran` to their end, so that a trial that stopped early
    /// orphans nothing. `known` are all trials that there are; the folders of those that did not run are left out.
    ///
    /// # Errors
    ///
    /// If a folder cannot be read.
    pub fn orphans(&self, target: &str, ran: &[Trial<'_>], known: &[Trial<'_>]) -> Result<Vec<PathBuf>, SnapshotError> {
        if self.mode == Mode::Off {
            return Ok(Vec::new());
        }
        let folder = |t: &Trial<'_>| self.folder_of(target, t.scenario, t.case);
        let ran_folders: BTreeSet<PathBuf> = ran.iter().map(folder).collect();
        let asleep: BTreeSet<PathBuf> = known.iter().map(folder).filter(|f| !ran_folders.contains(f)).collect();
        let mut files = BTreeSet::new();
        for scenario in ran.iter().map(|t| t.scenario).collect::<BTreeSet<_>>() {
            walk(&self.folder_of(target, scenario, None), &mut |path| {
                let own = path.parent().is_some_and(|folder| !asleep.contains(folder));
                if own && path.extension().is_some_and(|e| e == "snap") {
                    files.insert(path.to_owned());
                }
            })?;
        }
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(files.into_iter().filter(|path| !seen.contains_key(path)).collect())
    }

    /// The folders with snapshots of the target that are those of no trial in `known`.
    ///
    /// # Errors
    ///
    /// If a folder cannot be read.
    pub fn strangers(&self, target: &str, known: &[Trial<'_>]) -> Result<BTreeSet<PathBuf>, SnapshotError> {
        let known: BTreeSet<PathBuf> = known.iter().map(|t| self.folder_of(target, t.scenario, t.case)).collect();
        let mut strangers = BTreeSet::new();
        walk(&self.folder(target), &mut |path| {
            let folder = path.parent().filter(|folder| !known.contains(*folder));
            if path.extension().is_some_and(|e| e == "snap") {
                strangers.extend(folder.map(Path::to_owned));
            }
        })?;
        Ok(strangers)
    }
}

/// The difference between two texts, line by line.
pub(super) fn diff(old: &str, new: &str) -> String {
    // A last line without an end would differ from one with an end, to no use.
    let (old, new) = (format!("{old}\n"), format!("{new}\n"));
    TextDiff::from_lines(&old, &new).unified_diff().context_radius(3).to_string()
}

/// The file of what is to be reviewed.
pub(super) fn pending_path(path: &Path) -> PathBuf {
    path.with_extension("snap.new")
}

fn remove(path: &Path) -> Result<(), SnapshotError> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(SnapshotError::file("remove", path)(cause)),
        _ => Ok(()),
    }
}

/// Calls `each` with every file below a folder, which need not exist. Links are not followed.
pub(super) fn walk(folder: &Path, each: &mut impl FnMut(&Path)) -> Result<(), SnapshotError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(SnapshotError::file("read the folder", folder)(cause)),
    };
    for entry in entries {
        let entry = entry.map_err(SnapshotError::file("read the folder", folder))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(SnapshotError::file("read", &path))?;
        if kind.is_dir() {
            walk(&path, each)?;
        } else if kind.is_file() {
            each(&path);
        }
    }
    Ok(())
}

/// A name as a part of a path: never a way out of the folder, and one that every file system takes.
fn safe(name: &str) -> String {
    let mut output = String::new();
    for c in name.chars() {
        match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '_' | '.') => output.push(c),
            _ if output.ends_with('-') => {}
            _ => output.push('-'),
        }
    }
    // `a.snap` as the name of a step must not look like a file of another.
    let output = output.trim_matches(['-', '.']).replace(".snap", "-snap");
    if output.is_empty() { "unnamed".to_owned() } else { output.chars().take(120).collect() }
}
