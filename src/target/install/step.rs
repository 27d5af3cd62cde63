//! One step of an installation: a program that runs to its end.
//!
//! Takes a program; gives nothing but its success, or an error with the end of its output. It never knows what the step
//! is for.

use std::path::Path;
use std::time::Duration;

use tokio::time::timeout;

use crate::target::error::InstallError;
use crate::target::process::{Process, Spawn, in_words};
use crate::target::progress::StartEvent;

/// What all steps of an installation share.
pub(super) struct Steps<'a> {
    /// The file that takes the newest step's output.
    pub(super) log: &'a Path,
    pub(super) limit: Duration,
    pub(super) on_event: &'a (dyn Fn(StartEvent) + Sync),
}

impl Steps<'_> {
    /// Runs one step to its end, its newest line of output as progress.
    pub(super) async fn run(&self, name: &str, spawn: &Spawn) -> Result<(), InstallError> {
        let mut process = Process::start(spawn, self.log)
            .map_err(|source| InstallError::Spawn { program: spawn.program.display().to_string(), source })?;
        let mut output = process.output();
        let run = async {
            loop {
                tokio::select! {
                    status = process.ended() => return status,
                    Ok(()) = output.changed() => {
                        if let Some(line) = process.last_line() {
                            (self.on_event)(StartEvent::Output { line });
                        }
                    }
                }
            }
        };
        let Ok(status) = timeout(self.limit, run).await else {
            let (step, log) = (name.to_owned(), self.log.to_owned());
            return Err(InstallError::TooSlow { step, limit: self.limit, log });
        };
        let status =
            status.map_err(|source| InstallError::Spawn { program: spawn.program.display().to_string(), source })?;
        if status.success() {
            return Ok(());
        }
        let log = process.log_end();
        let offline = looks_offline(&log.tail);
        Err(InstallError::Step { step: name.to_owned(), status: in_words(status), offline, log })
    }
}

fn looks_offline(output: &str) -> bool {
    [
        "NewConnectionError",
        "name resolution",
        "Network is unreachable",
        "nodename nor servname",
        "getaddrinfo failed",
        "dns error",
        "Connection refused",
    ]
    .iter()
    .any(|sign| output.contains(sign))
}
