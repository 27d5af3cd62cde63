//! Real clients against the reference homeserver: what they do with e-mail addresses, by their own public functions.
//!
//! It proves that the reference and clients agree, independently of the scenarios. matrix-js-sdk needs Node and npm,
//! matrix-sdk needs cargo, each a registry or its cache; where they are not, the trials report themselves ignored, with
//! the reason, and with `THREEPID_REQUIRE_REAL=1`, as in CI, they fail.
//!
//! Compiling matrix-sdk takes minutes, so its trials are run on demand and every night:
//! `cargo test --test clients -- --ignored`.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::sync::LazyLock;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// A program that takes `threepid` and options for its `serve`, does what a client does, and says how that ended.
struct Client {
    /// That of its folder in `tests/clients/`, too.
    name: &'static str,
    /// How it is started, once it is built; why it cannot be had here, otherwise.
    command: fn() -> Result<Command, String>,
    /// Whether it is run only when asked for.
    on_demand: bool,
    /// What it runs into and others may not, besides [`DEFECTS`].
    also: &'static [(&'static str, &'static str)],
}

const CLIENTS: [Client; 2] = [
    Client { name: "matrix-js-sdk", command: matrix_js_sdk, on_demand: false, also: &[] },
    Client {
        name: "matrix-sdk",
        command: matrix_sdk,
        on_demand: true,
        // Its answers have types, with what the specification requires of them.
        also: &[
            ("lists-without-times", "register with an address: "),
            ("delete-without-result", "remove the address: "),
        ],
    },
];

/// Defects of the reference that every client runs into, and the step that shows it.
const DEFECTS: [(&str, &str); 4] = [
    ("delete-keeps-the-address", "remove the address: "),
    ("reset-changes-nothing", "log in with the address and the new password: "),
    ("success-adds-nothing", "list the addresses: "),
    ("challenge-without-flows", "add an address: "),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = CLIENTS.into_iter().flat_map(trials).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trials(client: Client) -> Vec<Trial> {
    let Client { name, command, on_demand, also } = client;
    let mut trials = vec![trial(format!("{name}/gets-what-it-needs"), move || {
        let ended = check(command, &[])?;
        assert!(ended.status.success() && said(&ended) == "the client got all it needs", "{}", said(&ended));
        Ok(())
    })];
    for &(defect, step) in DEFECTS.iter().chain(also) {
        trials.push(trial(format!("{name}/runs-into/{defect}"), move || {
            let ended = check(command, &["--defect", defect])?;
            assert!(!ended.status.success() && said(&ended).starts_with(step), "{}", said(&ended));
            Ok(())
        }));
    }
    trials.into_iter().map(|trial| trial.with_ignored_flag(on_demand)).collect()
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
fn check(command: fn() -> Result<Command, String>, options: &[&str]) -> Result<Output, String> {
    let mut command = command()?;
    command.arg(env!("CARGO_BIN_EXE_threepid")).args(options);
    command.output().map_err(|fault| format!("{} cannot be started: {fault}", command.get_program().display()))
}

/// What a client comes from.
fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

/// Where it is built, and kept with the other things that are.
fn built(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn matrix_js_sdk() -> Result<Command, String> {
    static INSTALLED: LazyLock<Result<PathBuf, String>> = LazyLock::new(install_matrix_js_sdk);
    let mut node = Command::new("node");
    node.arg(INSTALLED.clone()?.join("check.mjs"));
    Ok(node)
}

/// The folder with the client and what it needs.
fn install_matrix_js_sdk() -> Result<PathBuf, String> {
    let (source, folder) = (source("matrix-js-sdk"), built("matrix-js-sdk"));
    let lock = fs::read(source.join("package-lock.json")).unwrap();
    let installed = folder.join("installed.json");
    fs::create_dir_all(&folder).unwrap();
    for file in ["check.mjs", "package.json", "package-lock.json"] {
        fs::copy(source.join(file), folder.join(file)).unwrap();
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

fn matrix_sdk() -> Result<Command, String> {
    static BUILT: LazyLock<Result<PathBuf, String>> = LazyLock::new(build_matrix_sdk);
    Ok(Command::new(BUILT.clone()?))
}

/// The program; cargo itself sees whether it is still the one that its source makes.
fn build_matrix_sdk() -> Result<PathBuf, String> {
    let folder = built("matrix-sdk");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--locked", "--quiet", "--manifest-path"]).arg(source("matrix-sdk").join("Cargo.toml"));
    let ended = command.arg("--target-dir").arg(&folder).output();
    let ended = ended.map_err(|fault| format!("cargo cannot be started: {fault}"))?;
    if !ended.status.success() {
        let fault = String::from_utf8_lossy(&ended.stderr);
        let line = fault.lines().find(|line| line.starts_with("error")).unwrap_or_default();
        return Err(format!("cargo build failed: {line}"));
    }
    Ok(folder.join(format!("debug/threepid-client-matrix-sdk{EXE_SUFFIX}")))
}
