//! The driver's process, and the folder in which all of its browsers live.
//!
//! Takes the programs; gives where the driver listens. The folder is entered by nobody else and goes away with the
//! driver; the browsers are in the driver's process group, and end with it whatever happens.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::choice::Programs;
use crate::target::leftover::{self, Held};
use crate::target::process::{Process, Spawn};

/// How long the driver may take until it listens.
const START: Duration = Duration::from_secs(20);
/// How long it may take to end by itself.
const STOP: Duration = Duration::from_secs(5);

/// A running driver.
#[derive(Debug)]
pub(super) struct Driver {
    /// Where it listens.
    pub(super) url: String,
    /// The browser that it is to start.
    pub(super) browser: PathBuf,
    /// The folder for profiles.
    pub(super) folder: PathBuf,
    /// Ended before its folder is removed: fields are dropped in order.
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    process: Process,
    _held: Held,
    folder: TempDir,
}

impl Driver {
    /// Starts it on a free port.
    pub(super) async fn start(programs: &Programs) -> Result<Driver, String> {
        let failed = |what: &str, why: String| format!("{} {what}: {why}", programs.driver.display());
        leftover::sweep();
        let folder = tempfile::Builder::new()
            .prefix(&format!("{}browser-", leftover::PREFIX))
            .tempdir()
            .map_err(|fault| failed("got no folder", fault.to_string()))?;
        let held = leftover::hold(folder.path()).map_err(|fault| failed("got no folder", fault.to_string()))?;
        let at = folder.path().to_string_lossy().into_owned();
        // Whatever is written goes where it is removed again.
        let environment =
            ["HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "BREAKPAD_DUMP_LOCATION"]
                .map(|name| (name.to_owned(), at.clone()))
                .to_vec();
        let spawn = Spawn {
            program: programs.driver.clone(),
            args: vec!["--port=0".to_owned()],
            folder: Some(folder.path().to_owned()),
            environment,
        };
        let process = Process::start(&spawn, &folder.path().join("driver.log"))
            .map_err(|fault| failed("does not start", fault.to_string()))?;
        if let Some(id) = process.id() {
            leftover::runs_in(folder.path(), id).map_err(|fault| failed("got no folder", fault.to_string()))?;
        }
        let mut running = Running { process, _held: held, folder };
        let listens = timeout(START, running.listens()).await;
        let said = |running: &Running| running.process.tail().trim().to_owned();
        match listens {
            Ok(Some(at)) => Ok(Driver {
                url: format!("http://{at}"),
                browser: programs.browser.clone(),
                folder: running.folder.path().to_owned(),
                running: Mutex::new(Some(running)),
            }),
            Ok(None) => Err(failed("ended before it listened", said(&running))),
            Err(_) => Err(failed(&format!("does not listen after {START:?}"), said(&running))),
        }
    }

    /// Ends it, with all that it started.
    pub(super) async fn stop(&self) {
        if let Some(mut running) = self.running.lock().await.take() {
            running.process.stop(STOP).await;
        }
    }
}

impl Running {
    /// Where it listens, once it says so; nothing if it ends before.
    async fn listens(&mut self) -> Option<SocketAddr> {
        let mut output = self.process.output();
        loop {
            output.borrow_and_update();
            if let Some(port) = port(&self.process.tail()) {
                return Some(SocketAddr::from(([127, 0, 0, 1], port)));
            }
            tokio::select! {
                grown = output.changed() => grown.ok()?,
                _ = self.process.ended() => return port(&self.process.tail()).map(|port| ([127, 0, 0, 1], port).into()),
            }
        }
    }
}

fn port(output: &str) -> Option<u16> {
    let (_, rest) = output.split_once("successfully on port ")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_driver_says_where_it_listens() {
        assert_eq!(port("Starting ChromeDriver\nChromeDriver was started successfully on port 41321.\n"), Some(41321));
        assert_eq!(port("Starting ChromeDriver on port 0"), None);
    }
}
