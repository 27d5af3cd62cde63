//! Installing a managed server's software into an environment of its own, once per recipe and interpreter.
//!
//! Takes a [`Recipe`]; gives the environment's interpreter. Environments are kept in the cache folder under a hash of
//! what they were made of. Whoever makes one holds a lock and writes a marker last, so two processes may install at
//! once, and one that was interrupted leaves nothing that looks finished. The marker holds a fingerprint of all files:
//! an environment that was altered since is made again, never used.

mod fingerprint;
mod step;
mod tool;

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ring::digest::{SHA256, digest};

use super::error::InstallError;
use super::profile::Recipe;
use super::progress::StartEvent;
use super::python::{Python, find};
use super::requirement::Requirement;
use fingerprint::fingerprint;
use step::Steps;
use tool::{Tool, is_uv};

pub use tool::Installer;

/// Changes when environments are made in another way, so that old ones are not used.
const LAYOUT: &str = "2";
const MARKER: &str = "threepid-installed";
/// The uv that is installed where there is none.
const UV: &str = "uv==0.13.9";

/// Where and with what to install.
#[derive(Debug, Clone)]
pub struct InstallOptions {
    /// The interpreter (`--python`). `None`: `THREEPID_PYTHON`, else the first in `PATH` that will do.
    pub python: Option<PathBuf>,
    /// The cache folder. `None`: see [`cache_folder`].
    pub cache: Option<PathBuf>,
    /// What installs (`--installer`).
    pub installer: Installer,
    /// How long one step may take (`--install-timeout`). Default: 15 minutes.
    pub limit: Duration,
}

impl Default for InstallOptions {
    fn default() -> InstallOptions {
        InstallOptions { python: None, cache: None, installer: Installer::Any, limit: Duration::from_secs(15 * 60) }
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
    recipe: &Recipe,
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

    let place = Place { cache: &cache, python: &python, limit: options.limit, on_event };
    // What is there needs no tool.
    if let Some(there) = place.there(recipe) {
        return Ok(there);
    }
    let tool = choose(&options.installer, &place).await?;
    let mut recipe = recipe.clone();
    if tool == Tool::Pip
        && let Some(day) = recipe.packages_of.take()
    {
        on_event(StartEvent::Undated { day });
    }
    place.have(&recipe, &tool).await
}

/// The tool that the choice comes to.
async fn choose(choice: &Installer, place: &Place<'_>) -> Result<Tool, InstallError> {
    match choice {
        Installer::Pip => return Ok(Tool::Pip),
        Installer::Uv(program) if is_uv(program).await => {
            return Ok(Tool::Uv(program.clone()));
        }
        Installer::Uv(program) => return Err(InstallError::NoUv { program: program.clone() }),
        Installer::Any => {}
    }
    let in_path = PathBuf::from("uv");
    if is_uv(&in_path).await {
        return Ok(Tool::Uv(in_path));
    }
    let recipe = Recipe { python: String::new(), packages: vec![UV.to_owned()], packages_of: None };
    match Box::pin(place.have(&recipe, &Tool::Pip)).await {
        Ok(installed) => {
            let program = installed.python.with_file_name(if cfg!(windows) { "uv.exe" } else { "uv" });
            Ok(Tool::Uv(program))
        }
        Err(fault) => {
            (place.on_event)(StartEvent::NoUv { because: fault.to_string() });
            Ok(Tool::Pip)
        }
    }
}

/// Where environments are made, and with which interpreter.
struct Place<'a> {
    cache: &'a Path,
    python: &'a Python,
    limit: Duration,
    on_event: &'a (dyn Fn(StartEvent) + Sync),
}

impl Place<'_> {
    /// The environment of a recipe, if it is there and as it was made.
    fn there(&self, recipe: &Recipe) -> Option<Installed> {
        let folder = self.cache.join(key_of(recipe, self.python));
        let installed = Installed { python: interpreter_of(&folder), folder, cached: true };
        let marker = std::fs::read_to_string(installed.folder.join(MARKER)).ok()?;
        if !installed.python.exists() {
            return None;
        }
        if fingerprint(&installed.folder, MARKER).ok().as_deref() != marker.lines().next() {
            (self.on_event)(StartEvent::Altered { folder: installed.folder });
            return None;
        }
        Some(installed)
    }

    /// The environment of a recipe, made if need be.
    async fn have(&self, recipe: &Recipe, tool: &Tool) -> Result<Installed, InstallError> {
        if let Some(there) = self.there(recipe) {
            return Ok(there);
        }
        let key = key_of(recipe, self.python);
        // The lock is held until the end of this function.
        let _lock = lock(&self.cache.join(format!("{key}.lock")), self.on_event).await?;
        if let Some(there) = self.there(recipe) {
            return Ok(there);
        }
        let folder = self.cache.join(&key);
        let installed = Installed { python: interpreter_of(&folder), folder, cached: false };
        self.make(recipe, tool, &installed, &self.cache.join(format!("{key}.log"))).await?;
        Ok(installed)
    }

    async fn make(&self, recipe: &Recipe, tool: &Tool, installed: &Installed, log: &Path) -> Result<(), InstallError> {
        let folder = &installed.folder;
        let unusable = |source: io::Error| InstallError::Cache { path: folder.clone(), source };
        (self.on_event)(StartEvent::Installing {
            packages: recipe.packages.clone(),
            day: recipe.packages_of.clone(),
            folder: folder.clone(),
            python: format!("{} {}", self.python.program.display(), self.python.version),
        });
        let start = Instant::now();
        // What an interrupted installation left. The environment is made where it stays: its scripts name their path.
        match std::fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unusable(error)),
            _ => {}
        }
        let steps = Steps { log, limit: self.limit, on_event: self.on_event };
        let (name, spawn) = tool.empty_environment(&self.python.program, folder);
        steps.run(&name, &spawn).await?;
        let (name, spawn) = tool.packages(&installed.python, recipe);
        steps.run(&name, &spawn).await?;
        let made = fingerprint(folder, MARKER).map_err(unusable)?;
        std::fs::write(folder.join(MARKER), format!("{made}\n{}\n", recipe.packages.join("\n"))).map_err(unusable)?;
        (self.on_event)(StartEvent::Installed { took: start.elapsed() });
        Ok(())
    }
}

fn key_of(recipe: &Recipe, python: &Python) -> String {
    let (version, packages) = (&python.version, recipe.packages.join("\n"));
    let packages_of = recipe.packages_of.as_deref().unwrap_or_default();
    let hash = digest(&SHA256, format!("{LAYOUT}\n{version}\n{packages}\n{packages_of}").as_bytes());
    let hex: String = hash.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let first = recipe.packages.first().map(String::as_str).unwrap_or("empty");
    let name: String = first.chars().filter(|c| c.is_ascii_alphanumeric() || "-.".contains(*c)).collect();
    format!("{name}-{hex}")
}

fn interpreter_of(folder: &Path) -> PathBuf {
    if cfg!(windows) { folder.join("Scripts").join("python.exe") } else { folder.join("bin").join("python") }
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
