//! Writes a file whole or not at all; or adds to one that others write to as well.

use std::fs;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file of the report could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {cause}{}", path.display(), advice(cause))]
pub struct WriteError {
    /// What was tried: `write`, `create the folder`.
    pub action: &'static str,
    /// Which file or folder.
    pub path: PathBuf,
    /// Why it failed.
    #[source]
    pub cause: io::Error,
}

impl WriteError {
    pub(super) fn new(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> WriteError {
        move |cause| WriteError { action, path: path.to_owned(), cause }
    }
}

/// What to do about a failure, where that is known.
fn advice(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; free some space, or choose another folder with --output"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; choose a folder you may write to with --output"
        }
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "; something else stands where a folder is needed, choose another with --output"
        }
        _ => "",
    }
}

/// Writes a file, and the folders it is in; whoever reads it finds either what was there before or all of `contents`.
///
/// # Errors
///
/// If a folder cannot be made, or the file cannot be written beside its place (no space, no permission) or moved there.
pub fn write_file(path: &Path, contents: &[u8]) -> Result<(), WriteError> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(contents).map_err(WriteError::new("write", path))?;
    file.finish()
}

/// Adds to a file that others write to as well, which is made if it is not there.
///
/// # Errors
///
/// If the file cannot be opened or written.
pub(super) fn append_file(path: &Path, contents: &[u8]) -> Result<(), WriteError> {
    let open = fs::OpenOptions::new().create(true).append(true).open(path);
    let mut file = open.map_err(WriteError::new("add to", path))?;
    file.write_all(contents).map_err(WriteError::new("add to", path))
}

/// A file that takes its place only when it is finished. What is no regular file (a device, a pipe) is written to as it
/// is: by being replaced it would be gone.
#[derive(Debug)]
pub(super) struct AtomicFile {
    path: PathBuf,
    open: Open,
}

#[derive(Debug)]
enum Open {
    /// Beside the place that it takes in the end.
    Beside(NamedTempFile, PathBuf),
    Direct(fs::File),
}

impl AtomicFile {
    pub(super) fn create(path: &Path) -> Result<AtomicFile, WriteError> {
        let open = match fs::metadata(path) {
            Ok(there) if !there.is_file() && !there.is_dir() => {
                let file = fs::OpenOptions::new().write(true).open(path);
                Open::Direct(file.map_err(WriteError::new("write", path))?)
            }
            // A link keeps leading to where it led.
            Ok(_) => Self::beside(path, fs::canonicalize(path).map_err(WriteError::new("write", path))?)?,
            Err(_) => Self::beside(path, path.to_owned())?,
        };
        Ok(AtomicFile { path: path.to_owned(), open })
    }

    fn beside(path: &Path, place: PathBuf) -> Result<Open, WriteError> {
        let folder = match place.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder).map_err(WriteError::new("create the folder", folder))?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".threepid-").suffix(".part");
        // A temporary file is its owner's alone; a report is for whoever collects it. The umask still applies.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder).map_err(WriteError::new("write", path))?;
        Ok(Open::Beside(file, place))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Takes back what was written behind a place.
    pub(super) fn cut(&mut self, len: u64) -> io::Result<()> {
        let file = match &mut self.open {
            Open::Beside(file, _) => file.as_file_mut(),
            Open::Direct(file) => file,
        };
        file.set_len(len)?;
        file.seek(SeekFrom::Start(len)).map(|_| ())
    }

    pub(super) fn finish(mut self) -> Result<(), WriteError> {
        self.flush().map_err(WriteError::new("write", &self.path))?;
        if let Open::Beside(file, place) = self.open {
            file.persist(place).map_err(|e| WriteError::new("write", &self.path)(e.error))?;
        }
        Ok(())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.open {
            Open::Beside(file, _) => file.write(bytes),
            Open::Direct(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.open {
            Open::Beside(file, _) => file.flush(),
            Open::Direct(file) => file.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_made_and_no_part_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/file.txt");
        write_file(&path, b"first").unwrap();
        write_file(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_failure_names_the_path_the_cause_and_the_next_step() {
        let folder = tempfile::tempdir().unwrap();
        let occupied = folder.path().join("occupied");
        fs::write(&occupied, "").unwrap();
        let error = write_file(&occupied.join("report.json"), b"").unwrap_err();
        let message = error.to_string();
        assert!(message.contains("occupied"), "{message}");
        assert!(message.contains("--output"), "{message}");
        assert!(std::error::Error::source(&error).is_some());
    }

    #[test]
    fn an_unfinished_file_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.txt");
        write_file(&path, b"old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"half of the n").unwrap();
        drop(file);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_and_a_socket_stay_what_they_are() {
        use std::os::unix::{fs::FileTypeExt, fs::symlink, net::UnixListener};
        let folder = tempfile::tempdir().unwrap();
        let [real, link, socket] = ["real", "link", "socket"].map(|name| folder.path().join(name));
        fs::write(&real, "old").unwrap();
        symlink(&real, &link).unwrap();
        write_file(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
        // It cannot be opened as a file, and above all it is not replaced by one.
        let _listener = UnixListener::bind(&socket).unwrap();
        write_file(&socket, b"new").unwrap_err();
        assert!(fs::metadata(&socket).unwrap().file_type().is_socket());
        #[cfg(target_os = "linux")]
        write_file(Path::new("/dev/null"), b"new").unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_said_to_be_full() {
        let cause = fs::write("/dev/full", b"x").unwrap_err();
        let message = WriteError::new("write", Path::new("out/report.json"))(cause).to_string();
        assert!(message.starts_with("cannot write out/report.json: No space left"), "{message}");
        assert!(message.ends_with("choose another folder with --output"), "{message}");
    }
}
