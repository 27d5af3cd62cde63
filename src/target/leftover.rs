//! What a run that was killed left behind: folders with keys and databases, and servers that still run in them.
//!
//! Takes the folders that this program makes for servers; holds each while it is in use, and removes those that nobody holds
//! any more, with the server in them. Only folders of the same user are looked at, and only a process whose working folder
//! is such a folder is ended. Never touches a folder that was kept for a person.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

/// How the names of such folders begin.
pub(crate) const PREFIX: &str = "threepid-";
/// The file that says that a folder goes away with its program, and which process runs in it.
const OWNED: &str = ".threepid-owned";

/// A folder that is in use.
#[derive(Debug)]
pub(crate) struct Held {
    _lock: Option<File>,
}

/// Says that a folder is in use until this is dropped, or the program ends in whatever way.
pub(crate) fn hold(folder: &Path) -> io::Result<Held> {
    // A system that knows no locks on folders leaves what it leaves.
    let lock = File::open(folder).ok().filter(|file| file.try_lock().is_ok());
    write_private(&folder.join(OWNED), b"")?;
    Ok(Held { _lock: lock })
}

/// Says which process runs in a folder.
pub(crate) fn runs_in(folder: &Path, process: u32) -> io::Result<()> {
    fs::write(folder.join(OWNED), process.to_string())
}

/// Says that a folder stays.
pub(crate) fn keep(folder: &Path) {
    // If it fails the folder is removed later, which is what would have become of it.
    let _ = fs::remove_file(folder.join(OWNED));
}

/// Writes a file that only its owner may read.
pub(crate) fn write_private(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(contents)
}

/// Makes a folder that only its owner may enter, and those it is in.
pub(crate) fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Removes what runs that were killed left among the temporary files; once for each program.
pub(crate) fn sweep() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| sweep_in(&std::env::temp_dir()));
}

fn sweep_in(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry.file_type().is_ok_and(|kind| kind.is_dir())
            && entry.metadata().is_ok_and(|metadata| is_own(&metadata));
        if is_ours {
            remove(&entry.path());
        }
    }
}

/// Removes a folder that nobody holds.
fn remove(folder: &Path) {
    let Ok(owned) = fs::read_to_string(folder.join(OWNED)) else { return };
    let Ok(lock) = File::open(folder) else { return };
    if lock.try_lock().is_err() {
        return;
    }
    if let Ok(process) = owned.trim().parse::<i32>() {
        end(process, folder);
    }
    // What cannot be removed now is tried again by the next run.
    let _ = fs::remove_dir_all(folder);
}

#[cfg(unix)]
fn is_own(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(metadata) == rustix::process::getuid().as_raw()
}

#[cfg(not(unix))]
fn is_own(_: &fs::Metadata) -> bool {
    true
}

/// Ends a process with all it started, if it really runs in this folder: its number may be somebody else's by now.
#[cfg(unix)]
fn end(process: i32, folder: &Path) {
    let works_in = fs::read_link(format!("/proc/{process}/cwd")).ok();
    let is_it = works_in.is_some_and(|there| folder.canonicalize().is_ok_and(|folder| there == folder));
    if let Some(group) = rustix::process::Pid::from_raw(process).filter(|_| is_it) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

#[cfg(not(unix))]
fn end(_: i32, _: &Path) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
    use std::process::Command;

    use super::*;

    #[test]
    fn what_nobody_holds_goes_with_the_server_in_it() {
        let parent = tempfile::tempdir().unwrap();
        let [held, left, kept, other] =
            ["threepid-a", "threepid-b", "threepid-c", "other"].map(|name| parent.path().join(name));
        for folder in [&held, &left, &kept, &other] {
            create_private(folder).unwrap();
        }
        let _held = hold(&held).unwrap();
        drop((hold(&left).unwrap(), hold(&kept).unwrap(), hold(&other).unwrap()));
        keep(&kept);
        let mut server = Command::new("sleep").arg("600").current_dir(&left).process_group(0).spawn().unwrap();
        runs_in(&left, server.id()).unwrap();
        sweep_in(parent.path());
        assert_eq!([&held, &left, &kept, &other].map(|folder| folder.exists()), [true, false, true, true]);
        assert_eq!(server.wait().unwrap().signal(), Some(9));
    }

    #[test]
    fn only_the_owner_may_look() {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("a/b");
        create_private(&folder).unwrap();
        write_private(&folder.join("key"), b"k").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&folder.join("key"))), (0o700, 0o600));
    }
}
