//! Whoever reads what the program says goes away, or stops reading.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// How long the end may take, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(30);

fn started(args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_threepid"));
    command.args(args).env_remove("CI").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Waits until it has ended, or kills it and fails.
fn ends(mut child: Child) -> Option<i32> {
    let pid = Pid::from_child(&child);
    let (sender, ended) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait().unwrap().code()));
    ended.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        let _ = kill_process(pid, Signal::KILL);
        panic!("it does not end");
    })
}

/// Reads what it says in the background, so that it can always go on; gives the first line.
fn first_line(stream: impl Read + Send + 'static) -> String {
    let (sender, first) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    first.recv_timeout(PATIENCE).unwrap()
}

#[test]
fn a_reader_of_events_that_goes_away_ends_the_run() {
    let mut run = started(&["run", "add-email/success", "--repeat=100000", "--format=json"]);
    let mut events = BufReader::new(run.stdout.take().unwrap());
    let mut line = String::new();
    events.read_line(&mut line).unwrap();
    assert!(line.contains("started"), "{line}");
    drop(events);
    // Nobody reads what it would have said, so nothing of it is an error of the server.
    assert!(matches!(ends(run), Some(0 | 130)));
}

#[test]
fn a_sink_whose_reader_does_not_read_ends_at_the_first_signal() {
    let mut sink = started(&["sink", "--smtp-listen=127.0.0.1:0"]);
    let said = first_line(sink.stderr.take().unwrap());
    let address =
        said.strip_prefix("mail is taken at ").and_then(|rest| rest.split([';', ',']).next()).unwrap().to_owned();
    // More than a pipe holds; all of it is taken, whether or not it is read.
    let mut mailer = TcpStream::connect(&address).unwrap();
    let mail =
        format!("MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\nSubject: {}\r\n\r\nx\r\n.\r\n", "s".repeat(900));
    let replies = thread::spawn({
        let mailer = mailer.try_clone().unwrap();
        move || {
            BufReader::new(mailer)
                .lines()
                .map_while(Result::ok)
                .filter(|line| line.starts_with("250 2.0.0 taken"))
                .count()
        }
    });
    mailer.write_all(b"HELO x\r\n").unwrap();
    (0..300).for_each(|_| mailer.write_all(mail.as_bytes()).unwrap());
    mailer.write_all(b"QUIT\r\n").unwrap();
    assert_eq!(replies.join().unwrap(), 300);
    kill_process(Pid::from_child(&sink), Signal::INT).unwrap();
    assert_eq!(ends(sink), Some(0));
}
