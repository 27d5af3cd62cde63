//! Why a server could not be installed or started.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use super::{LogEnd, ProfileError, list};

/// Why a managed server's software could not be installed.
#[derive(Debug, Error)]
pub enum InstallError {
    /// No interpreter could be run at all.
    #[error(
        "Python {wanted} is needed to install this target, and none was found (tried {}); install it, or name one with `--python` or `THREEPID_PYTHON`",
        list(tried)
    )]
    NoPython {
        /// The requirement.
        wanted: String,
        /// The programs that were tried.
        tried: Vec<String>,
    },
    /// The interpreters there are do not meet the requirement.
    #[error(
        "Python {wanted} is needed to install this target, but only {} was found; install another, or name one with `--python` or `THREEPID_PYTHON`",
        list(found)
    )]
    WrongPython {
        /// The requirement.
        wanted: String,
        /// Programs and their versions: `python3 is 3.8.10`.
        found: Vec<String>,
    },
    /// The uv that was named cannot be run.
    #[error("`{}` (`--installer`) cannot be run: name a uv, or say `pip` or `any`", program.display())]
    NoUv {
        /// The program.
        program: PathBuf,
    },
    /// There is no folder to keep installed servers in.
    #[error("there is no folder to install targets into: set `THREEPID_CACHE` to one")]
    NoCache,
    /// A file or folder of the cache cannot be used.
    #[error("the cache `{}` cannot be used: {source}; set `THREEPID_CACHE` to another folder", path.display())]
    Cache {
        /// The path.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A step of the installation failed.
    #[error("{step} failed ({status}); {log}{}", offline_hint(*offline))]
    Step {
        /// `uv venv` or `uv pip install matrix-synapse==1.163.2`.
        step: String,
        /// How the process ended.
        status: String,
        /// Its output.
        log: LogEnd,
        /// Whether it looks as if there were no network.
        offline: bool,
    },
    /// A step of the installation took too long.
    #[error("{step} did not end within {} s (`--install-timeout`); its output is in {}", limit.as_secs(), log.display())]
    TooSlow {
        /// Which step.
        step: String,
        /// The limit.
        limit: Duration,
        /// The whole output.
        log: PathBuf,
    },
    /// A program could not be started.
    #[error("`{program}` could not be started: {source}")]
    Spawn {
        /// The program.
        program: String,
        /// Why not.
        source: io::Error,
    },
}

/// Why a managed server could not be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// The profile does not say how.
    #[error(
        "the target `{0}` cannot be started from its profile: it has no `[server]` table; start it yourself and give its address with `--homeserver`"
    )]
    NotManaged(String),
    /// The profile is wrong.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The software could not be installed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The scratch folder cannot be used.
    #[error("the scratch folder `{}` cannot be used: {source}", path.display())]
    Scratch {
        /// The path.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// No port could be had.
    #[error("no free port could be had on 127.0.0.1: {0}")]
    NoPort(io::Error),
    /// The readiness check could not be set up.
    #[error("the HTTP client that asks whether the server is ready could not be set up: {0}")]
    Http(String),
    /// The binary is not there, or does not run.
    #[error(
        "`{}` cannot be run, and `{target}` is started from a binary that you bring: say where it is with `--binary PATH`, or put `{name}` into `PATH`",
        program.display()
    )]
    NoBinary {
        /// The profile's name.
        target: String,
        /// What was tried.
        program: PathBuf,
        /// Its usual name.
        name: String,
    },
    /// The binary is something else.
    #[error(
        "`{}` is not {target}: asked for its version it says {version:?}, which does not fit `{says}`; name another with `--binary PATH`, or the target it belongs to with `--target`",
        program.display()
    )]
    OtherBinary {
        /// The profile's name.
        target: String,
        /// What was tried.
        program: PathBuf,
        /// What it said.
        version: String,
        /// What the profile expects.
        says: String,
    },
    /// A binary was named for a profile that has its own way.
    #[error("the target `{0}` is not started from a binary: leave out `--binary`")]
    NoBinaryWanted(String),
    /// The profile names an image, and nothing runs one here.
    #[error(
        "`{target}` is started in a container, and neither of {} answers: start one of them, or give a server that runs already with `--homeserver`",
        list(tried)
    )]
    NoContainers {
        /// The profile's name.
        target: String,
        /// What was tried.
        tried: Vec<String>,
    },
    /// The program could not be started.
    #[error("`{program}` could not be started: {source}; is it installed and in `PATH`?")]
    Spawn {
        /// The program.
        program: String,
        /// Why not.
        source: io::Error,
    },
    /// The server ended before it answered.
    #[error("{name} ended before it was ready ({status}); {log}")]
    Died {
        /// Profile and variant.
        name: String,
        /// How it ended.
        status: String,
        /// Its log.
        log: Box<LogEnd>,
    },
    /// The server did not get ready.
    #[error("{name} did not answer {url} within {} s (`--start-timeout`): {last}; {log}", limit.as_secs_f64())]
    NotReady {
        /// Profile and variant.
        name: String,
        /// What was asked.
        url: String,
        /// The limit.
        limit: Duration,
        /// What the last try came to.
        last: String,
        /// Its log.
        log: Box<LogEnd>,
    },
}

fn offline_hint(offline: bool) -> &'static str {
    if offline {
        "; there seems to be no network: install once with one, or point the installer at a local index (`PIP_INDEX_URL`, `PIP_FIND_LINKS`)"
    } else {
        "; packages that are not built for this interpreter need a C compiler, and some do not fit it at all: name another Python with `--python`, or another release"
    }
}
