//! Starting a server from its profile into a scratch folder, and stopping it.
//!
//! Takes a [`Profile`], a variant and where mail goes; gives a running server. Everything the server writes is in the
//! scratch folder, which goes away when it stops, and stays when it could not start. Progress goes to a callback.

mod binary;
mod container;
pub(in crate::target) mod options;
pub(in crate::target) mod prepare;
mod ready;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::error::{ProfileError, StartError};
use super::install::install;
use super::leftover::{self, Held};
use super::process::{Process, Spawn, in_words};
use super::profile::{Profile, Resolved, Server};
use super::progress::StartEvent;
use super::template::{Values, render_text};
use options::Tools;
use prepare::{free_ports, scratch_folder, values_for, write_files};
use ready::{NotReady, wait_until_ready};

pub use options::StartOptions;

/// How often a start is tried when another program took a port in between.
const PORT_TRIES: usize = 3;

/// How a server ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// Its exit status in words; `None` if it could not be seen to end.
    pub status: Option<String>,
    /// Whether it ended by itself when asked to.
    pub by_itself: bool,
    /// How long that took.
    pub took: Duration,
}

/// A server that this program started. Dropping it ends the server at once; [`Managed::stop`] asks it first.
#[derive(Debug)]
pub struct Managed {
    /// The profile's name.
    pub profile: String,
    /// The variant with its settings, as they are without placeholders filled in.
    pub resolved: Resolved,
    /// Where it answers: `http://127.0.0.1:8008`.
    pub url: String,
    /// The origin that its links carry.
    pub public_url: String,
    /// Where its output goes.
    pub log_path: PathBuf,
    /// The folder with everything it writes.
    pub scratch: PathBuf,
    /// What each placeholder stood for.
    pub values: Values,
    process: Process,
    temporary: Option<TempDir>,
    _held: Option<Held>,
    stop_timeout: Duration,
}

impl Managed {
    /// Installs the software if need be, starts the server, and waits until it answers.
    ///
    /// # Errors
    /// When the profile does not say how, or installing, starting or getting ready fails; see [`StartError`]. What the
    /// server wrote is then kept, and the error names its log.
    pub async fn start(
        profile: &Profile,
        variant: &str,
        options: &StartOptions,
        on_event: &(dyn Fn(StartEvent) + Sync),
    ) -> Result<Managed, StartError> {
        let Some(server) = &profile.server else {
            return Err(StartError::NotManaged(profile.name.clone()));
        };
        let resolved = profile.resolve(variant)?;
        let python = match profile.recipe()? {
            Some(recipe) => Some(install(&recipe, &options.install, on_event).await?.python),
            None => None,
        };
        let binary = match (&server.binary, &server.image, &options.binary) {
            (Some(known), None, given) => Some(binary::find(&profile.name, known, given.as_deref()).await?),
            (_, _, Some(_)) => return Err(StartError::NoBinaryWanted(profile.name.clone())),
            // Within an image it is in PATH.
            (known, Some(_), None) => known.as_ref().map(|known| PathBuf::from(&known.name)),
            (None, None, None) => None,
        };
        let runtime = match &server.image {
            Some(_) => Some(container::runtime(&profile.name).await?),
            None => None,
        };
        let tools = Tools { python, binary, runtime };
        let mut tries = 1;
        loop {
            let mut kept = None;
            let result = attempt(profile, server, resolved.clone(), &tools, options, on_event, &mut kept).await;
            match result {
                Err(StartError::Died { log, .. }) if tries < PORT_TRIES && port_was_taken(&log.tail) => {
                    tries += 1;
                    on_event(StartEvent::PortTaken);
                }
                other => {
                    // The log is what the person needs next; a start that is tried again needs none.
                    if let Some(temporary) = kept {
                        leftover::keep(temporary.path());
                        let _ = temporary.keep();
                    }
                    return other;
                }
            }
        }
    }

    /// How the server ended, in words, if it has.
    pub fn ended(&mut self) -> Option<String> {
        self.process.status().map(in_words)
    }

    /// The last lines that the server wrote.
    pub fn log_tail(&self) -> String {
        self.process.tail()
    }

    /// Keeps the scratch folder when the server stops; gives its path.
    pub fn keep_scratch(&mut self) -> &Path {
        if let Some(temporary) = self.temporary.take() {
            leftover::keep(temporary.path());
            let _ = temporary.keep();
        }
        &self.scratch
    }

    /// Asks the server to end, waits, and makes sure. The temporary scratch folder goes with it.
    pub async fn stop(mut self) -> Stopped {
        let start = Instant::now();
        let (status, by_itself) = self.process.stop(self.stop_timeout).await;
        Stopped { status: status.map(in_words), by_itself, took: start.elapsed() }
    }
}

async fn attempt(
    profile: &Profile,
    server: &Server,
    resolved: Resolved,
    tools: &Tools,
    options: &StartOptions,
    on_event: &(dyn Fn(StartEvent) + Sync),
    // Takes the temporary folder of a start that failed.
    kept: &mut Option<TempDir>,
) -> Result<Managed, StartError> {
    let started = Instant::now();
    let name = format!("{} ({})", profile.name, resolved.variant);
    leftover::sweep();
    let (scratch, temporary) = scratch_folder(options, &profile.label(), &resolved.variant)?;
    let unusable = |source| StartError::Scratch { path: scratch.clone(), source };
    // One that the user named stays.
    let held = temporary.as_ref().map(|folder| leftover::hold(folder.path())).transpose().map_err(unusable)?;
    let ports = free_ports(&server.ports)?;
    let (mut values, url) = values_for(profile, server, options, &scratch, tools, &ports);
    let place = |key: &str| format!("{}, {key}", profile.file);
    let public_url = match &resolved.public_url {
        Some(template) => render_text(template, &values, &place("public_url"))?,
        None => url.clone(),
    };
    values.insert("public_url".to_owned(), Value::from(public_url.clone()));
    write_files(profile, server, &resolved, &values, &scratch)?;

    let text = |text: &str, key: &str| render_text(text, &values, &place(key));
    let mut command =
        server.command.iter().map(|part| text(part, "server.command")).collect::<Result<Vec<String>, _>>()?;
    let program = PathBuf::from(command.remove(0));
    let mut environment = resolved
        .environment
        .iter()
        .map(|(name, value)| Ok((name.clone(), text(value, &format!("environment.{name}"))?)))
        .collect::<Result<Vec<_>, ProfileError>>()?;
    if tools.python.is_some() {
        // The environment is shared: what runs in it writes nothing there, and takes nothing from elsewhere.
        let own = ["PYTHONDONTWRITEBYTECODE", "PYTHONNOUSERSITE"];
        environment.extend(own.map(|name| (name.to_owned(), "1".to_owned())));
    }
    let log_path = scratch.join("server.log");
    let mut spawn = Spawn { program, args: command, folder: Some(scratch.clone()), environment };
    if let (Some(runtime), Some(image)) = (tools.runtime, &server.image) {
        spawn = container::within(runtime, image, &scratch, spawn);
    }
    let mut process = Process::start(&spawn, &log_path)
        .map_err(|source| StartError::Spawn { program: spawn.program.display().to_string(), source })?;
    if let Some(id) = process.id().filter(|_| held.is_some()) {
        leftover::runs_in(&scratch, id).map_err(unusable)?;
    }
    on_event(StartEvent::Starting { variant: resolved.variant.clone(), url: url.clone(), log: log_path.clone() });

    let ready_url = format!("{url}{}", server.ready);
    if let Err(problem) = wait_until_ready(&mut process, &ready_url, options.start_timeout).await? {
        let log = Box::new(process.log_end());
        process.stop(options.stop_timeout).await;
        *kept = temporary;
        return Err(match problem {
            NotReady::Ended(status) => StartError::Died { name, status, log },
            NotReady::Late(last) => {
                StartError::NotReady { name, url: ready_url, limit: options.start_timeout, last, log }
            }
        });
    }
    on_event(StartEvent::Ready { variant: resolved.variant.clone(), took: started.elapsed() });
    Ok(Managed {
        profile: profile.name.clone(),
        resolved,
        url,
        public_url,
        log_path,
        scratch,
        values,
        process,
        temporary,
        _held: held,
        stop_timeout: options.stop_timeout,
    })
}

fn port_was_taken(log: &str) -> bool {
    let log = log.to_lowercase();
    log.contains("address already in use") || log.contains("address in use") || log.contains("eaddrinuse")
}
