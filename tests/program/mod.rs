//! For several tests: runs the program in an empty folder, with an environment of its own and a deadline.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// No run of these tests is silent for longer.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// What decides about colours, snapshots and secrets must not leak in from whoever runs the tests.
const SCRUBBED: &[&str] = &[
    "CI",
    "TF_BUILD",
    "NO_COLOR",
    "CLICOLOR_FORCE",
    "FORCE_COLOR",
    "COLUMNS",
    "GITHUB_ACTIONS",
    "GITHUB_OUTPUT",
    "GITHUB_STEP_SUMMARY",
    "RUST_LOG",
    "THREEPID_REGISTRATION_TOKEN",
    "THREEPID_REGISTRATION_SHARED_SECRET",
    "THREEPID_PYTHON",
    "THREEPID_SMTP_USER",
];

/// An address of the loopback that is nobody else's, to be listened at later. A port of `127.0.0.1` that was free a moment
/// ago may be another test's by then, or that of a connection that somebody makes.
pub(crate) fn free_address() -> SocketAddr {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let host = match cfg!(target_os = "linux") {
        true => {
            let [.., high, low] = std::process::id().to_be_bytes();
            let count = COUNT.fetch_add(1, Ordering::Relaxed) % 120;
            // Nothing outside of this function uses 127.128.0.0/9.
            [127, 128 + u8::try_from(count).unwrap(), high, low.max(1)]
        }
        false => [127, 0, 0, 1],
    };
    TcpListener::bind((IpAddr::from(host), 0)).unwrap().local_addr().unwrap()
}

/// An empty folder in which the program runs.
pub(crate) struct Place {
    folder: TempDir,
    environment: Vec<(String, String)>,
    patience: Duration,
    /// What a shell does to itself before it becomes the program.
    limits: Option<String>,
}

/// How the program ended and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The program while it runs.
pub(crate) struct Started {
    child: Child,
    /// Line by line; an empty one where the stream has ended.
    lines: mpsc::Receiver<(Stream, String)>,
    patience: Duration,
    said: Said,
}

#[derive(Debug, Clone, Copy)]
enum Stream {
    Out,
    Err,
}

/// What the program has said so far.
#[derive(Debug, Default)]
struct Said {
    out: String,
    err: String,
    ended: usize,
}

impl Place {
    pub(crate) fn new() -> Place {
        Place { folder: tempfile::tempdir().unwrap(), environment: Vec::new(), patience: LONG, limits: None }
    }

    /// The same with a variable set.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Place {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same for what may be silent for longer.
    pub(crate) fn patient(mut self, patience: Duration) -> Place {
        self.patience = patience;
        self
    }

    /// The same with limits that the shell sets: `ulimit -d 100000`.
    #[cfg(unix)]
    pub(crate) fn under(mut self, limits: &str) -> Place {
        self.limits = Some(limits.to_owned());
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, with the folders it is in.
    pub(crate) fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// All files in the folder and below it.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let (mut files, mut folders) = (Vec::new(), vec![self.path().to_owned()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files.sort();
        files
    }

    /// The program as it is about to be run here.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let program = env!("CARGO_BIN_EXE_threepid");
        let mut command = match &self.limits {
            None => Command::new(program),
            Some(limits) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", &format!("{limits} && exec \"$0\" \"$@\""), program]);
                shell
            }
        };
        for name in SCRUBBED {
            command.env_remove(name);
        }
        command.args(args).current_dir(self.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    pub(crate) fn start(&self, args: &[&str]) -> Started {
        let mut command = self.command(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        for (stream, bytes) in [(Stream::Out, Box::new(out) as Box<dyn Read + Send>), (Stream::Err, Box::new(err))] {
            let sender = sender.clone();
            thread::spawn(move || {
                let mut bytes = BufReader::new(bytes);
                loop {
                    let mut line = String::new();
                    let read = bytes.read_line(&mut line).expect("the program writes UTF-8");
                    // Nobody listens any more once the test has failed.
                    if sender.send((stream, line)).is_err() || read == 0 {
                        break;
                    }
                }
            });
        }
        Started { child, lines, patience: self.patience, said: Said::default() }
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        self.start(args).end()
    }
}

impl Started {
    /// Asks it to stop, as Ctrl-C does.
    #[cfg(unix)]
    pub(crate) fn interrupt(&self) {
        self.signal(rustix::process::Signal::INT);
    }

    /// Sends it a signal, unless it has ended and is waited for.
    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal).unwrap();
    }

    /// What it has said on its standard output so far.
    pub(crate) fn out(&self) -> &str {
        &self.said.out
    }

    /// Waits until it has said this.
    #[track_caller]
    pub(crate) fn wait_for(self, words: &str) -> Started {
        match self.wait_for_or_end(words) {
            Ok(started) => started,
            Err(ended) => panic!("the program ended without {words:?}: {ended:?}"),
        }
    }

    /// Waits until it has said this, or has ended.
    pub(crate) fn wait_for_or_end(mut self, words: &str) -> Result<Started, Ended> {
        while !self.said.out.contains(words) && !self.said.err.contains(words) {
            if self.said.ended == 2 {
                return Err(self.end());
            }
            self.next();
        }
        Ok(self)
    }

    /// Waits until it has ended.
    pub(crate) fn end(mut self) -> Ended {
        while self.said.ended < 2 {
            self.next();
        }
        let code = self.child.wait().unwrap().code();
        Ended { code, out: std::mem::take(&mut self.said.out), err: std::mem::take(&mut self.said.err) }
    }

    fn next(&mut self) {
        match self.lines.recv_timeout(self.patience) {
            Ok((_, line)) if line.is_empty() => self.said.ended += 1,
            Ok((Stream::Out, line)) => self.said.out.push_str(&line),
            Ok((Stream::Err, line)) => self.said.err.push_str(&line),
            Err(fault) => panic!("the program says nothing more and does not end ({fault}); so far: {:?}", self.said),
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // Whatever the test found, nothing of it is left running.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Ended {
    /// Asserts the exit code, and shows all that was said if it is another.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Ended {
        assert_eq!(self.code, Some(code), "\nstdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Asserts that each of these stands in the error.
    #[track_caller]
    pub(crate) fn says(self, parts: &[&str]) -> Ended {
        for part in parts {
            assert!(self.err.contains(part), "{part:?} is missing in\n{}", self.err);
        }
        self
    }
}

/// The program in a terminal.
#[cfg(target_os = "linux")]
pub(crate) struct Terminal {
    child: Child,
    keyboard: fs::File,
    screen: mpsc::Receiver<Vec<u8>>,
    /// What was shown and not yet waited for.
    shown: String,
}

#[cfg(target_os = "linux")]
impl Terminal {
    pub(crate) fn start(mut command: Command) -> Terminal {
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap().into_string().unwrap();
        let other = || fs::File::options().read(true).write(true).open(&name).unwrap();
        let child = command.stdin(other()).stdout(other()).stderr(other()).spawn().unwrap();
        let keyboard = fs::File::from(keyboard);
        let mut output = keyboard.try_clone().unwrap();
        let (sender, screen) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Where the program has ended there is an error instead of an end.
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                if sender.send(bytes[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        // The command holds the program's side of the terminal open.
        drop(command);
        Terminal { child, keyboard, screen, shown: String::new() }
    }

    /// Waits until this is shown after what was waited for before.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, words: &str) {
        loop {
            if let Some(at) = self.shown.find(words) {
                self.shown.drain(..at + words.len());
                return;
            }
            match self.screen.recv_timeout(LONG) {
                Ok(bytes) => self.shown.push_str(&String::from_utf8_lossy(&bytes)),
                Err(fault) => panic!("{words:?} does not show ({fault}): {}", self.shown),
            }
        }
    }

    /// The code with which it ends.
    pub(crate) fn end(mut self) -> Option<i32> {
        while self.screen.recv_timeout(LONG).is_ok() {}
        self.child.wait().unwrap().code()
    }
}

#[cfg(target_os = "linux")]
impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(target_os = "linux")]
impl std::io::Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.keyboard.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.keyboard.flush()
    }
}
