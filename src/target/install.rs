//! Installing a managed server's software into an environment of its own, once per recipe and interpreter.
//!
//! Takes an [`Install`] recipe; gives the environment's interpreter. Environments are kept in the cache folder under
//! a hash of what they were made of. Whoever makes one holds a lock and writes a marker last, so two processes may
//! install at once, and one that was interrupted leaves nothing that looks finished.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tokio::time::timeout;

use super::error::InstallError;
use super::managed::StartEvent;
use super::process::{Process, Spawn, in_words};
use super::profile::Install;
use super::python::{Python, Requirement, find};

/// Changes when environments are made in another way, so that old ones are not used.
const LAYOUT: &str = "1";
const MARKER: &str = "threepid-installed";

/// Where and with what to install.
#[derive(Debug, Clone)]
pub struct InstallOptions {
    /// The interpreter (`--python`). `None`: `THREEPID_PYTHON`, else the first in `PATH` that will do.
    pub python: Option<PathBuf>,
    /// The cache folder. `None`: see [`cache_folder`].
    pub cache: Option<PathBuf>,
    /// How long one step may take (`--install-timeout`). Default: 15 minutes.
    pub limit: Duration,
}

impl Default for InstallOptions {
    fn default() -> InstallOptions {
        InstallOptions { python: None, cache: None, limit: Duration::from_secs(15 * 60) }
    }
}

/// An environment that is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The environment's folder.
    pub folder: PathBuf,
    /// The environment's own interpreter.
    pub python: PathBuf,
    /// Whether it was there already.
    pub cached: bool,
}

/// The folder for what should outlive a run: `THREEPID_CACHE`, else `threepid` within `XDG_CACHE_HOME` or `~/.cache`.
///
/// `None` if none of these is set.
pub fn cache_folder() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable("THREEPID_CACHE")
        .or_else(|| variable("XDG_CACHE_HOME").map(|folder| folder.join("threepid")))
        .or_else(|| variable("HOME").map(|folder| folder.join(".cache").join("threepid")))
}

/// Makes sure that the recipe's environment exists.
///
/// # Errors
/// When no interpreter will do, the cache cannot be written, or a step fails; see [`InstallError`].
pub async fn install(
    recipe: &Install,
    options: &InstallOptions,
    on_event: &(dyn Fn(StartEvent) + Sync),
) -> Result<Installed, InstallError> {
    // A profile's requirement was checked when it was read; one made in code that is wrong meets no interpreter.
    let wanted = Requirement::parse(&recipe.python)
        .map_err(|_| InstallError::NoPython { wanted: recipe.python.clone(), tried: Vec::new() })?;
    let given = options
        .python
        .clone()
        .or_else(|| std::env::var_os("THREEPID_PYTHON").filter(|value| !value.is_empty()).map(PathBuf::from));
    let python = find(given.as_deref(), &wanted).await?;
    let cache = options.cache.clone().or_else(cache_folder).ok_or(InstallError::NoCache)?.join("environments");
    // The server runs in a folder of its own, where a relative path to its interpreter would lead nowhere.
    let cache = std::path::absolute(&cache).map_err(|source| InstallError::Cache { path: cache.clone(), source })?;
    std::fs::create_dir_all(&cache).map_err(|source| InstallError::Cache { path: cache.clone(), source })?;

    let key = key_of(recipe, &python);
    let folder = cache.join(&key);
    let mut installed = Installed { python: interpreter_of(&folder), folder, cached: true };
    if is_complete(&installed) {
        return Ok(installed);
    }
    // The lock is held until the end of this function.
    let _lock = lock(&cache.join(format!("{key}.lock")), on_event).await?;
    if is_complete(&installed) {
        return Ok(installed);
    }
    make(recipe, &python, &installed, &cache.join(format!("{key}.log")), options, on_event).await?;
    installed.cached = false;
    Ok(installed)
}

async fn make(
    recipe: &Install,
    python: &Python,
    installed: &Installed,
    log: &Path,
    options: &InstallOptions,
    on_event: &(dyn Fn(StartEvent) + Sync),
) -> Result<(), InstallError> {
    let folder = &installed.folder;
    let unusable = |source: io::Error| InstallError::Cache { path: folder.clone(), source };
    on_event(StartEvent::Installing {
        packages: recipe.packages.clone(),
        folder: folder.clone(),
        python: format!("{} {}", python.program.display(), python.version),
    });
    let start = Instant::now();
    // What an interrupted installation left. The environment is made where it stays: its scripts name their own path.
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unusable(error)),
        _ => {}
    }
    let venv = Spawn {
        program: python.program.clone(),
        args: vec!["-m".to_owned(), "venv".to_owned(), folder.display().to_string()],
        ..Spawn::default()
    };
    step("python -m venv", &venv, log, options.limit, on_event).await?;
    let mut args: Vec<String> =
        ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off", "--"]
            .map(str::to_owned)
            .to_vec();
    args.extend(recipe.packages.iter().cloned());
    let pip = Spawn { program: installed.python.clone(), args, ..Spawn::default() };
    step(&format!("pip install {}", recipe.packages.join(" ")), &pip, log, options.limit, on_event).await?;
    std::fs::write(folder.join(MARKER), recipe.packages.join("\n")).map_err(unusable)?;
    on_event(StartEvent::Installed { took: start.elapsed() });
    Ok(())
}

/// Runs one step to its end, its newest line of output as progress.
async fn step(
    name: &str,
    spawn: &Spawn,
    log: &Path,
    limit: Duration,
    on_event: &(dyn Fn(StartEvent) + Sync),
) -> Result<(), InstallError> {
    let mut process = Process::start(spawn, log)
        .map_err(|source| InstallError::Spawn { program: spawn.program.display().to_string(), source })?;
    let mut output = process.output();
    let run = async {
        loop {
            tokio::select! {
                status = process.ended() => return status,
                Ok(()) = output.changed() => {
                    if let Some(line) = process.last_line() {
                        on_event(StartEvent::Output { line });
                    }
                }
            }
        }
    };
    let Ok(status) = timeout(limit, run).await else {
        return Err(InstallError::TooSlow { step: name.to_owned(), limit, log: log.to_owned() });
    };
    let status =
        status.map_err(|source| InstallError::Spawn { program: spawn.program.display().to_string(), source })?;
    if status.success() {
        return Ok(());
    }
    let log = process.log_end();
    Err(InstallError::Step { step: name.to_owned(), status: in_words(status), offline: looks_offline(&log.tail), log })
}

fn looks_offline(output: &str) -> bool {
    ["NewConnectionError", "name resolution", "Network is unreachable", "nodename nor servname", "getaddrinfo failed"]
        .iter()
        .any(|sign| output.contains(sign))
}

fn key_of(recipe: &Install, python: &Python) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{LAYOUT}\n{}\n", python.version));
    hash.update(recipe.packages.join("\n"));
    let hex: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let first = recipe.packages.first().map(String::as_str).unwrap_or("empty");
    let name: String = first.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    format!("{name}-{hex}")
}

fn interpreter_of(folder: &Path) -> PathBuf {
    if cfg!(windows) { folder.join("Scripts").join("python.exe") } else { folder.join("bin").join("python") }
}

/// Whether an environment was finished, and its interpreter (a link to the system's) is still there.
fn is_complete(installed: &Installed) -> bool {
    installed.folder.join(MARKER).is_file() && installed.python.exists()
}

/// Takes the lock, waiting for another process if it must.
async fn lock(path: &Path, on_event: &(dyn Fn(StartEvent) + Sync)) -> Result<File, InstallError> {
    let unusable = |source: io::Error| InstallError::Cache { path: path.to_owned(), source };
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => on_event(StartEvent::Waiting { lock: path.to_owned() }),
        Err(TryLockError::Error(source)) => return Err(unusable(source)),
    }
    // Waiting for a file lock blocks a thread, and cannot be given up: on one of the runtime's own threads it would
    // keep an interrupted run from ending.
    let (done, locked) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let result = file.lock().map(|()| file);
        let _ = done.send(result);
    });
    match locked.await {
        Ok(result) => result.map_err(unusable),
        Err(_) => Err(unusable(io::Error::other("the thread that waited for the lock ended"))),
    }
}
