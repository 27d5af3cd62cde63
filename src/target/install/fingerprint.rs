//! A fingerprint of an environment's files.
//!
//! Takes a folder; gives a digest of all paths, sizes, times of change and where links lead. It reads no file's content:
//! an environment has ten thousand of them, and is looked at before each use.

use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

use ring::digest::{SHA256, digest};

/// What an interpreter writes by itself when somebody runs it by hand, and reads only if it fits the source.
const BYTECODE: &str = "__pycache__";

/// The fingerprint of a folder, without the file `except` at its top.
pub(super) fn fingerprint(folder: &Path, except: &str) -> io::Result<String> {
    let mut lines = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        for entry in std::fs::read_dir(&current)? {
            let entry = entry?;
            let (path, name) = (entry.path(), entry.file_name());
            let metadata = entry.metadata()?;
            if metadata.is_dir() {
                if name != BYTECODE {
                    folders.push(path);
                }
                continue;
            }
            if current == folder && name == except {
                continue;
            }
            let what = if metadata.is_symlink() {
                std::fs::read_link(&path)?.display().to_string()
            } else {
                // Whole seconds: archives of a cache keep no more.
                let changed = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
                format!("{} {changed}", metadata.len())
            };
            lines.push(format!("{} {what}\n", path.strip_prefix(folder).unwrap_or(&path).display()));
        }
    }
    lines.sort();
    let hash = digest(&SHA256, lines.concat().as_bytes());
    Ok(hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_altered_added_or_taken_away_shows() {
        let folder = tempfile::tempdir().unwrap();
        let (path, of) = (folder.path(), || fingerprint(folder.path(), "marker").unwrap());
        std::fs::create_dir_all(path.join("lib/__pycache__")).unwrap();
        std::fs::write(path.join("lib/a.py"), "one").unwrap();
        let first = of();
        std::fs::write(path.join("marker"), "x").unwrap();
        std::fs::write(path.join("lib/__pycache__/a.pyc"), "x").unwrap();
        assert_eq!(of(), first, "neither of these is part of what was installed");
        std::fs::write(path.join("lib/a.py"), "other").unwrap();
        let altered = of();
        std::fs::write(path.join("lib/b.py"), "").unwrap();
        let added = of();
        std::fs::remove_file(path.join("lib/a.py")).unwrap();
        let all = [first, altered, added, of()];
        assert_eq!(all.iter().collect::<std::collections::HashSet<_>>().len(), all.len(), "{all:?}");
    }
}
