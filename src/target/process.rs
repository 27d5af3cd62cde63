//! One child process: started without a shell, its output kept in a file and watched, ended for certain.
//!
//! Takes a program with arguments; gives its last lines, a signal for each new output, and its end. It runs in a
//! process group of its own, so that Ctrl-C reaches it only through [`Process::stop`], and with it all it started.

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::error::LogEnd;

/// How much of the output's end is kept in memory, for messages.
const TAIL_BYTES: usize = 8 * 1024;
/// How many lines of it a message shows.
const TAIL_LINES: usize = 15;
/// How large a log may grow: a server that logs without end must not fill the disk.
const LOG_LIMIT: u64 = 64 * 1024 * 1024;
/// How long the output may outlive the process, when something it started still holds it open.
const DRAIN_LIMIT: Duration = Duration::from_millis(500);

/// What to start.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spawn {
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<String>,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) environment: Vec<(String, String)>,
}

/// A process that was started.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    log: Arc<Log>,
    pumps: Vec<JoinHandle<()>>,
}

/// The output of a process: a file, and its end in memory.
#[derive(Debug)]
struct Log {
    path: PathBuf,
    kept: Mutex<Kept>,
    grown: watch::Sender<u64>,
}

#[derive(Debug)]
struct Kept {
    file: std::fs::File,
    written: u64,
    tail: VecDeque<u8>,
}

impl Process {
    /// Starts a process; its standard output and error go to `log`, which is emptied first.
    pub(crate) fn start(spawn: &Spawn, log: &Path) -> io::Result<Process> {
        // It may have passwords in it.
        super::leftover::write_private(log, b"")?;
        let file = std::fs::OpenOptions::new().append(true).open(log)?;
        let log = Arc::new(Log {
            path: log.to_owned(),
            kept: Mutex::new(Kept { file, written: 0, tail: VecDeque::new() }),
            grown: watch::Sender::new(0),
        });
        let mut command = Command::new(&spawn.program);
        command
            .args(&spawn.args)
            .envs(spawn.environment.iter().map(|(name, value)| (name, value)))
            // These would put somebody else's modules into an environment that is meant to hold only its own.
            .env_remove("PYTHONPATH")
            .env_remove("PYTHONHOME")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(folder) = &spawn.folder {
            command.current_dir(folder);
        }
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn()?;
        let mut pumps = Vec::new();
        if let Some(output) = child.stdout.take() {
            pumps.push(tokio::spawn(pump(output, Arc::clone(&log))));
        }
        if let Some(output) = child.stderr.take() {
            pumps.push(tokio::spawn(pump(output, Arc::clone(&log))));
        }
        Ok(Process { child, log, pumps })
    }

    /// Its number, until its end was noticed.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// A receiver that changes with each new output.
    pub(crate) fn output(&self) -> watch::Receiver<u64> {
        self.log.grown.subscribe()
    }

    /// Waits for the end. Can be given up and called again.
    pub(crate) async fn ended(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await?;
        // The last words are often the reason.
        for pump in &mut self.pumps {
            if timeout(DRAIN_LIMIT, &mut *pump).await.is_err() {
                pump.abort();
            }
        }
        self.pumps.clear();
        Ok(status)
    }

    /// How it ended, if it has.
    pub(crate) fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// The last lines of the output.
    pub(crate) fn tail(&self) -> String {
        let text = self.log.tail();
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        if lines.is_empty() {
            return "  (it wrote nothing)".to_owned();
        }
        lines[lines.len().saturating_sub(TAIL_LINES)..]
            .iter()
            .map(|line| format!("  {line}\n"))
            .collect::<String>()
            .trim_end()
            .to_owned()
    }

    /// The end of the output, for an error.
    pub(crate) fn log_end(&self) -> LogEnd {
        LogEnd { tail: self.tail(), path: self.log.path.clone() }
    }

    /// The last complete line of the output.
    pub(crate) fn last_line(&self) -> Option<String> {
        let text = self.log.tail();
        let (complete, _) = text.rsplit_once('\n')?;
        complete.lines().rev().find(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned())
    }

    /// Asks the process to end, waits at most `limit`, then ends it with everything it started.
    ///
    /// Gives how it ended, and whether it went by itself.
    pub(crate) async fn stop(&mut self, limit: Duration) -> (Option<ExitStatus>, bool) {
        if let Some(status) = self.status() {
            return (Some(status), true);
        }
        self.ask_to_end();
        if let Ok(status) = timeout(limit, self.ended()).await {
            return (status.ok(), true);
        }
        self.kill_all();
        let status = timeout(limit, self.ended()).await;
        (status.ok().and_then(Result::ok), false)
    }

    #[cfg(unix)]
    fn ask_to_end(&self) {
        self.signal(rustix::process::Signal::TERM);
    }

    #[cfg(not(unix))]
    fn ask_to_end(&mut self) {
        // There is no gentle way that every program understands.
        let _ = self.child.start_kill();
    }

    fn kill_all(&mut self) {
        #[cfg(unix)]
        self.signal(rustix::process::Signal::KILL);
        // Fails only if the process is gone, which is what is wanted.
        let _ = self.child.start_kill();
    }

    /// Signals the whole group. Its number cannot have been given to others: `id` is known only until the leader's end
    /// was noticed.
    #[cfg(unix)]
    fn signal(&self, signal: rustix::process::Signal) {
        if let Some(group) =
            self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process_group(group, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The safety net for a panic or a cancelled run: `kill_on_drop` would leave behind what the process started.
        if self.child.id().is_some() {
            self.kill_all();
        }
        for pump in &self.pumps {
            pump.abort();
        }
    }
}

impl Log {
    fn push(&self, bytes: &[u8]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.written < LOG_LIMIT {
            // A full disk must not end the server: the tail in memory still tells what happened.
            let _ = kept.file.write_all(bytes);
            kept.written += bytes.len() as u64;
            if kept.written >= LOG_LIMIT {
                let _ = kept.file.write_all(b"\n(the log has reached its limit; the rest is left out)\n");
            }
        }
        kept.tail.extend(bytes);
        let surplus = kept.tail.len().saturating_sub(TAIL_BYTES);
        kept.tail.drain(..surplus);
        drop(kept);
        self.grown.send_modify(|count| *count += 1);
    }

    fn tail(&self) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: Vec<u8> = kept.tail.iter().copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

async fn pump(mut output: impl AsyncRead + Unpin, log: Arc<Log>) {
    let mut buffer = vec![0; 8 * 1024];
    loop {
        match output.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => log.push(&buffer[..read]),
        }
    }
}

/// How a process ended, in words.
pub(crate) fn in_words(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("by signal {signal}");
    }
    status.code().map_or_else(|| "without a status".to_owned(), |code| format!("exit status {code}"))
}
