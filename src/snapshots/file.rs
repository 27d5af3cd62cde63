//! The format of one file: insta's front matter, then the text.

use std::fs;
use std::io::{self, BufRead, Write};
use std::path::Path;

use serde_json::{Map, Value};

use super::{SnapshotError, render};

/// What is written into the front matter of a snapshot, for its reader. Empty ones are left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The scenario's file.
    pub source: &'a str,
    /// The step's label.
    pub description: &'a str,
    /// Where in the specification the step's requirement stands.
    pub spec: &'a str,
    /// How strong it is.
    pub level: &'a str,
}

/// The text of a snapshot, without blanks at its end; `None` if there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<String>, SnapshotError> {
    // insta's reader takes a file without front matter for one of its old formats and says so on stderr.
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(SnapshotError::file("read", path)(cause)),
    };
    let format = |why: String| SnapshotError::Format { path: path.to_owned(), why };
    let mut first = Vec::new();
    io::BufReader::new(file).read_until(b'\n', &mut first).map_err(SnapshotError::file("read", path))?;
    if first.trim_ascii_end() != b"---" {
        return Err(format("it does not start with ---".to_owned()));
    }
    let snapshot = insta::Snapshot::from_file(path).map_err(|e| format(e.to_string()))?;
    let text = snapshot.as_text().ok_or_else(|| format("it is a binary one".to_owned()))?;
    Ok(Some(text.to_string()))
}

/// The text as insta compares it.
pub(super) fn normal(text: &str) -> String {
    text.trim_end().replace("\r\n", "\n")
}

/// Writes a snapshot, whole or not at all: another trial may be reading it.
pub(super) fn write(path: &Path, origin: &Origin<'_>, text: &str) -> Result<(), SnapshotError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(SnapshotError::file("create the folder", folder))?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".threepid-").suffix(".part");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(SnapshotError::file("write", path))?;
    file.write_all(contents(origin, text).as_bytes()).map_err(SnapshotError::file("write", path))?;
    file.persist(path).map_err(|e| SnapshotError::file("write", path)(e.error))?;
    Ok(())
}

fn contents(origin: &Origin<'_>, text: &str) -> String {
    let mut matter = Map::new();
    let mut put = |name: &str, value: &str| {
        if !value.is_empty() {
            matter.insert(name.to_owned(), Value::String(value.to_owned()));
        }
    };
    put("source", origin.source);
    put("description", origin.description);
    let info: Map<String, Value> = [("spec", origin.spec), ("level", origin.level)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), Value::String(value.to_owned())))
        .collect();
    if !info.is_empty() {
        matter.insert("info".to_owned(), Value::Object(info));
    }
    format!("---\n{}---\n{}\n", render::mapping(&matter), normal(text))
}
