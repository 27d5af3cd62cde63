//! Where scenario files come from: texts that are given, or a folder.
//!
//! Gives the texts of all files, sorted by path. The only part of `scenario` that reads from disk.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The folder whose files are fragments.
pub const FRAGMENTS: &str = "fragments/";

/// The folder whose files are rules over all exchanges, and how their ids begin.
pub const RULES: &str = "contract/";

/// The folder whose files say what the specification documents.
pub const SPECIFICATION: &str = "specification/";

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path below the scenarios' folder, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// All files that a suite was read from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// The folder, as it was given; empty if they are from none.
    folder: String,
    files: Vec<SourceFile>,
    /// The paths of files that stand in for what the folder does not have, and the folder that they are from.
    lent: BTreeSet<String>,
    lender: String,
}

/// Why files could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A folder or file could not be read.
    #[error("cannot read {path}: {source}; give a folder with scenario files (*.yaml)")]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A folder has more files than are read.
    #[error("{path} has more than {MAX_FILES} scenario files; give a folder with fewer")]
    TooMany {
        /// The folder.
        path: PathBuf,
    },
    /// A folder has no scenario.
    #[error("there is no scenario file (*.yaml) in {path}")]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

/// How many files a folder may have.
const MAX_FILES: usize = 5_000;

impl Sources {
    /// These files.
    pub fn of(files: impl IntoIterator<Item = SourceFile>) -> Sources {
        let mut files: Vec<_> = files.into_iter().collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Sources { files, ..Sources::default() }
    }

    /// The same, as being from this folder.
    pub fn named(self, folder: &str) -> Sources {
        Sources { folder: folder.to_owned(), ..self }
    }

    /// The same with what `lender` has and these have not: each fragment, and the specification where there is none. So
    /// scenarios build on the fragments that are there anyway, and one's own go before those.
    pub fn backed_by(mut self, lender: &Sources) -> Sources {
        let own: BTreeSet<&str> = self.files.iter().map(|file| file.path.as_str()).collect();
        let specified = own.iter().any(|path| path.starts_with(SPECIFICATION));
        let lent = |path: &str| {
            (path.starts_with(FRAGMENTS) && !own.contains(path)) || (path.starts_with(SPECIFICATION) && !specified)
        };
        let more: Vec<SourceFile> = lender.files.iter().filter(|file| lent(&file.path)).cloned().collect();
        self.lent = more.iter().map(|file| file.path.clone()).collect();
        self.lender.clone_from(&lender.folder);
        self.files.extend(more);
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        self
    }

    /// Whether the file of this index is one of its own, and not lent.
    pub fn is_own(&self, index: usize) -> bool {
        !self.lent.contains(&self.files[index].path)
    }

    /// The same in a folder of this name.
    pub fn inside(mut self, name: &str) -> Sources {
        self.files.iter_mut().for_each(|file| file.path = format!("{name}/{}", file.path));
        self
    }

    /// The same without the files of these paths.
    pub fn without(&self, left_out: impl Fn(&str) -> bool) -> Sources {
        let files = self.files.iter().filter(|file| !left_out(&file.path)).cloned().collect();
        Sources { files, ..self.clone() }
    }

    /// All files ending in `.yaml` or `.yml` in a folder and below it.
    ///
    /// # Errors
    ///
    /// [`SourceError::Read`] if something cannot be read, [`SourceError::Empty`] if there is no such file,
    /// [`SourceError::TooMany`] if there are more than are read.
    pub fn folder(root: &Path) -> Result<Sources, SourceError> {
        let mut files = Vec::new();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            let read = |source| SourceError::Read { path: folder.clone(), source };
            for entry in std::fs::read_dir(&folder).map_err(read)? {
                let entry = entry.map_err(read)?;
                let path = entry.path();
                // A link to a folder may lead round in circles, and is not followed; one to a file is.
                let is_folder = entry.file_type().map_err(read)?.is_dir();
                if is_folder {
                    folders.push(path);
                } else if is_scenario(&path) && path.is_file() {
                    if files.len() == MAX_FILES {
                        return Err(SourceError::TooMany { path: root.to_owned() });
                    }
                    let bytes =
                        std::fs::read(&path).map_err(|source| SourceError::Read { path: path.clone(), source })?;
                    let below = path.strip_prefix(root).unwrap_or(&path);
                    let below =
                        below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
                    let below = match below.strip_suffix(".yml") {
                        Some(name) => format!("{name}.yaml"),
                        None => below,
                    };
                    files.push(SourceFile { path: below, text: String::from_utf8_lossy(&bytes).into_owned() });
                }
            }
        }
        if files.is_empty() {
            return Err(SourceError::Empty { path: root.to_owned() });
        }
        Ok(Sources { folder: root.display().to_string(), ..Sources::of(files) })
    }

    /// The folder that they are from, as it was given; empty if they are from none.
    pub fn folder_name(&self) -> &str {
        &self.folder
    }

    /// The folder of the file of this index: its own, or that of the program.
    pub(super) fn folder_of(&self, index: usize) -> &str {
        if self.is_own(index) { &self.folder } else { &self.lender }
    }

    /// All files.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The file of this index.
    pub fn file(&self, index: usize) -> &SourceFile {
        &self.files[index]
    }

    /// Line and column, both from 1, of a place.
    pub fn line_column(&self, file: usize, offset: usize) -> (usize, usize) {
        let text = &self.files[file].text;
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
        (line, column)
    }

    /// A hash of all files: two runs with the same one ran the same scenarios.
    pub fn hash(&self) -> String {
        use ring::digest::{Context, SHA256};
        let mut hasher = Context::new(&SHA256);
        for file in &self.files {
            for part in [&file.path, &file.text] {
                hasher.update(&(part.len() as u64).to_be_bytes());
                hasher.update(part.as_bytes());
            }
        }
        hasher.finish().as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Whether a file's name says that it is a scenario.
fn is_scenario(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_endings_and_links_to_files_are_taken() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("own");
        std::fs::create_dir_all(own.join("a")).unwrap();
        std::fs::write(own.join("a/one.yml"), "title: one").unwrap();
        std::fs::write(folder.path().join("elsewhere"), "title: two").unwrap();
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), own.join("a/two.yaml")).unwrap();
        std::os::unix::fs::symlink(&own, own.join("a/round")).unwrap();
        let sources = Sources::folder(&own).unwrap();
        let paths: Vec<&str> = sources.files().iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["a/one.yaml", "a/two.yaml"]);
    }

    #[test]
    fn more_files_than_are_read_are_an_error() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..=MAX_FILES {
            std::fs::write(folder.path().join(format!("{number}.yaml")), "").unwrap();
        }
        assert!(matches!(Sources::folder(folder.path()), Err(SourceError::TooMany { .. })));
    }
}
