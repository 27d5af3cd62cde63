//! Review: what is pending, and the decision on it.

use std::fs;
use std::path::{Path, PathBuf};

use super::store::{diff, walk};
use super::{SnapshotError, file};

/// A text that waits to become a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its file, which ends in `.snap.new`.
    pub path: PathBuf,
    /// The text of the snapshot, if there is one.
    pub old: Option<String>,
    /// The text that waits.
    pub new: String,
}

impl Pending {
    /// The difference, line by line; of a new one all lines.
    pub fn diff(&self) -> String {
        match &self.old {
            Some(old) => diff(old, &self.new),
            None => self.new.lines().map(|line| format!("+{line}\n")).collect(),
        }
    }
}

/// All that is pending below a folder, sorted by path.
///
/// # Errors
///
/// If a folder or a file cannot be read, or a file is no snapshot.
pub fn pending(folder: &Path) -> Result<Vec<Pending>, SnapshotError> {
    let mut paths = Vec::new();
    walk(folder, &mut |path| {
        if snapshot_of(path).is_ok() {
            paths.push(path.to_owned());
        }
    })?;
    paths.sort();
    let mut pending = Vec::new();
    for path in paths {
        // One that is gone by now was decided on by somebody else.
        if let Some(new) = file::read(&path)? {
            let old = file::read(&snapshot_of(&path)?)?;
            pending.push(Pending { path, old, new });
        }
    }
    Ok(pending)
}

/// Makes a pending text the snapshot; gives the snapshot's path.
///
/// # Errors
///
/// If the path is none of a pending snapshot, or the file is no snapshot or cannot be moved.
pub fn accept(path: &Path) -> Result<PathBuf, SnapshotError> {
    let snapshot = snapshot_of(path)?;
    if file::read(path)?.is_none() {
        return Err(SnapshotError::file("accept", path)(std::io::ErrorKind::NotFound.into()));
    }
    fs::rename(path, &snapshot).map_err(SnapshotError::file("accept", path))?;
    Ok(snapshot)
}

/// Removes a pending text.
///
/// # Errors
///
/// If the path is none of a pending snapshot, or the file cannot be removed.
pub fn reject(path: &Path) -> Result<(), SnapshotError> {
    snapshot_of(path)?;
    fs::remove_file(path).map_err(SnapshotError::file("reject", path))
}

/// The snapshot that a pending one would become.
fn snapshot_of(path: &Path) -> Result<PathBuf, SnapshotError> {
    let name = path.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_suffix(".new"));
    match name {
        Some(name) if name.ends_with(".snap") && name != ".snap" => Ok(path.with_file_name(name)),
        _ => Err(SnapshotError::NotPending { path: path.to_owned() }),
    }
}
