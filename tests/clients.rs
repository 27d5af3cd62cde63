//! Real clients against the reference homeserver: what they do with e-mail addresses, by their own public functions.
//!
//! It proves that the reference and clients agree, independently of the scenarios. Needs Node and npm, and a registry
//! or npm's cache; where they are not, the trials report themselves ignored, with the reason, and with
//! `THREEPID_REQUIRE_REAL=1`, as in CI, they fail.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::sync::LazyLock;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

const CLIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/matrix-js-sdk");
const FILES: [&str; 3] = ["check.mjs", "package.json", "package-lock.json"];

/// Defects of the reference that a client runs into, and the step that shows it.
const DEFECTS: [(&str, &str); 4] = [
    ("delete-keeps-the-address", "remove the address: "),
    ("reset-changes-nothing", "log in with the address and the new password: "),
    ("success-adds-nothing", "list the addresses: "),
    ("challenge-without-flows", "add an address: "),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = vec![trial("matrix-js-sdk/gets-what-it-needs".to_owned(), || {
        let ended = check(&[])?;
        assert_eq!(said(&ended), "the client got all it needs");
        Ok(())
    })];
    for (defect, step) in DEFECTS {
        trials.push(trial(format!("matrix-js-sdk/runs-into/{defect}"), move || {
            let ended = check(&["--defect", defect])?;
            assert!(!ended.status.success() && said(&ended).starts_with(step), "{}", said(&ended));
            Ok(())
        }));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn said(ended: &Output) -> String {
    let text = String::from_utf8_lossy(&ended.stdout).trim().to_owned();
    if text.is_empty() { String::from_utf8_lossy(&ended.stderr).trim().to_owned() } else { text }
}

fn trial(name: String, run: impl Fn() -> Result<(), String> + Send + 'static) -> Trial {
    Trial::ignorable_test(name, move || match run() {
        Ok(()) => Ok(Completion::Completed),
        Err(reason) if std::env::var_os("THREEPID_REQUIRE_REAL").is_some_and(|value| !value.is_empty()) => {
            Err(Failed::from(format!("THREEPID_REQUIRE_REAL is set, and {reason}")))
        }
        Err(reason) => Ok(Completion::ignored_with(reason)),
    })
}

/// How the client ended, with the reference told to do something else.
fn check(options: &[&str]) -> Result<Output, String> {
    static CLIENT: LazyLock<Result<PathBuf, String>> = LazyLock::new(client);
    let folder = CLIENT.clone()?;
    let mut node = Command::new("node");
    node.arg(folder.join(FILES[0])).arg(env!("CARGO_BIN_EXE_threepid")).args(options);
    node.output().map_err(|fault| format!("node cannot be started: {fault}"))
}

/// The folder with the client and what it needs, made once and kept with the other things that are built.
fn client() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("matrix-js-sdk");
    let lock = fs::read(Path::new(CLIENT).join(FILES[2])).unwrap();
    let installed = folder.join("installed.json");
    fs::create_dir_all(&folder).unwrap();
    for file in FILES {
        fs::copy(Path::new(CLIENT).join(file), folder.join(file)).unwrap();
    }
    if fs::read(&installed).is_ok_and(|there| there == lock) {
        return Ok(folder);
    }
    let ended =
        Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&folder).output();
    let ended = ended.map_err(|fault| format!("npm cannot be started: {fault}"))?;
    if !ended.status.success() {
        let fault = String::from_utf8_lossy(&ended.stderr);
        return Err(format!("npm ci failed: {}", fault.lines().next().unwrap_or_default()));
    }
    fs::write(installed, lock).unwrap();
    Ok(folder)
}
