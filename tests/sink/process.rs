//! What a sink costs its process: memory under floods, processor time when no file descriptor is left.
//!
//! The sink runs in a process of its own, which is this test program again, told to run one test that is a sink.
//! Only Linux tells how much a process used in a way that can be read without more tools.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use threepid::mail::Limits;

use crate::peer::{LONG, start};

/// How much memory a flood may cost beside the one message that may be kept: buffers, and the allocator's slack.
const SLACK_BYTES: u64 = 24 << 20;
/// Set in the process that is to be a sink, so that it is none when someone runs all ignored tests.
const CHILD: &str = "THREEPID_TEST_SINK_PROCESS";
const FLOOD_BYTES: usize = 96 << 20;

/// Not a test: a sink that says where it listens and ends when its input does.
#[tokio::test]
#[ignore = "the other tests of this file start it"]
async fn sink_process() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let sink = start(Limits::default()).await;
    println!("listening {}", sink.addr());
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await.unwrap().unwrap();
}

struct SinkProcess {
    child: Child,
    addr: SocketAddr,
    /// Kept open so that what the process says at its end has somewhere to go.
    _said: BufReader<ChildStdout>,
}

impl SinkProcess {
    /// Starts a sink that may open `files` files at most.
    fn start(files: usize) -> Self {
        let program = std::env::current_exe().unwrap();
        let mut child = Command::new("sh")
            .args(["-c", "ulimit -n \"$1\" && exec \"$2\" --exact process::sink_process --ignored --nocapture", "sh"])
            .arg(files.to_string())
            .arg(program)
            .env(CHILD, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let addr = said
            .by_ref()
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.split_once("listening ").map(|(_, addr)| addr.parse().unwrap()))
            .expect("the sink did not start");
        Self { child, addr, _said: said }
    }

    fn connect(&self) -> TcpStream {
        let tcp = TcpStream::connect(self.addr).unwrap();
        tcp.set_read_timeout(Some(LONG)).unwrap();
        tcp.set_write_timeout(Some(LONG)).unwrap();
        tcp
    }

    fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap()
    }

    /// The most memory the process ever had.
    fn peak_bytes(&self) -> u64 {
        let status = self.proc("status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// The processor time the process used, in clock ticks of 10 ms.
    fn ticks(&self) -> u64 {
        let stat = self.proc("stat");
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }
}

impl Drop for SinkProcess {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Reads one line.
fn line(tcp: &TcpStream) -> String {
    let mut line = String::new();
    BufReader::with_capacity(1, tcp).read_line(&mut line).unwrap();
    line
}

/// Says `start` and then `FLOOD_BYTES` of nothing; gives what the flood cost and what the sink said to `end`.
fn flood(start: &[&str], end: &str) -> (u64, String) {
    let sink = SinkProcess::start(1024);
    let mut tcp = sink.connect();
    assert!(line(&tcp).starts_with("220"));
    for command in start {
        tcp.write_all(format!("{command}\r\n").as_bytes()).unwrap();
        assert!(line(&tcp).starts_with(['2', '3']), "{command}");
    }
    let before = sink.peak_bytes();
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..FLOOD_BYTES / piece.len() {
        tcp.write_all(&piece).unwrap();
    }
    tcp.write_all(end.as_bytes()).unwrap();
    let reply = line(&tcp);
    (sink.peak_bytes() - before, reply)
}

#[test]
fn a_line_without_an_end_costs_no_memory() {
    let (cost, reply) = flood(&[], "\r\n");
    assert!(reply.starts_with("500 "), "{reply}");
    assert!(cost < SLACK_BYTES, "{cost} bytes");
}

#[test]
fn a_message_without_an_end_costs_no_more_than_its_limit() {
    let (cost, reply) = flood(&["HELO a", "MAIL FROM:<>", "RCPT TO:<b@x.test>", "DATA"], "\r\n.\r\n");
    assert!(reply.starts_with("552 "), "{reply}");
    let limit = Limits::default().message_bytes as u64;
    // The message's buffer doubles while it grows, and the old one is there until the new one is filled.
    assert!(cost < 3 * limit + SLACK_BYTES, "{cost} bytes");
}

#[test]
fn a_sink_without_file_descriptors_waits_quietly_and_recovers() {
    let sink = SinkProcess::start(40);
    let mut clients: Vec<TcpStream> = (0..60).map(|_| sink.connect()).collect();
    // Those the sink has no descriptor for wait unaccepted; the first ones were greeted.
    assert!(line(&clients[0]).starts_with("220"));
    let waiting = clients.pop().unwrap();
    waiting.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    let before = (Instant::now(), sink.ticks());
    assert!(waiting.peek(&mut [0]).is_err(), "the last client was served, so the limit was not reached");
    let (elapsed, ticks) = (before.0.elapsed(), sink.ticks() - before.1);
    assert!(elapsed >= Duration::from_secs(1));
    assert!(ticks <= 20, "{ticks} ticks of 10 ms in {elapsed:?}: it spins");

    drop(clients);
    waiting.set_read_timeout(Some(LONG)).unwrap();
    assert!(line(&waiting).starts_with("220"), "the sink did not recover");
}
