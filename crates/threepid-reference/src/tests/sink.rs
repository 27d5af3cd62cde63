//! A small SMTP server for tests: it records what it accepts before it says so, so that after an answer of the homeserver
//! there is nothing left to wait for.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use super::client::Letter;

/// An accepted mail.
#[derive(Debug, Clone)]
pub(super) struct Mail {
    pub(super) recipients: Vec<String>,
    pub(super) raw: String,
}

#[derive(Debug, Default)]
struct Shared {
    mails: Mutex<Vec<Mail>>,
    arrived: Notify,
    refusing: AtomicBool,
}

#[derive(Debug)]
pub(super) struct Sink {
    pub(super) addr: SocketAddr,
    shared: Arc<Shared>,
}

impl Sink {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let shared = Arc::<Shared>::default();
        let accepting = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&accepting)));
            }
        });
        Self { addr, shared }
    }

    /// Everything accepted since the last call.
    pub(super) fn take(&self) -> Vec<Mail> {
        std::mem::take(&mut *self.shared.mails.lock().unwrap())
    }

    /// The next letter, where no answer says that it was sent.
    pub(super) async fn next(&self) -> Letter {
        loop {
            let first = self.take().into_iter().next();
            if let Some(mail) = first {
                return Letter::read(mail);
            }
            self.shared.arrived.notified().await;
        }
    }

    /// From now on every recipient is refused, or accepted again.
    pub(super) fn refuse(&self, refuse: bool) {
        self.shared.refusing.store(refuse, Ordering::SeqCst);
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 sink.test ESMTP\r\n").await.unwrap();
    let mut recipients = Vec::new();
    while let Some(line) = read_line(&mut stream).await {
        let command = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match command.as_str() {
            "EHLO" => "250-sink.test\r\n250 8BITMIME",
            "RCPT" if shared.refusing.load(Ordering::SeqCst) => "451 try again later",
            "RCPT" => {
                let address = line.split(['<', '>']).nth(1).unwrap_or_default();
                recipients.push(address.to_owned());
                "250 ok"
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await.unwrap();
                let mut raw = String::new();
                while let Some(line) = read_line(&mut stream).await {
                    if line == "." {
                        break;
                    }
                    raw += line.strip_prefix('.').unwrap_or(&line);
                    raw += "\r\n";
                }
                let recipients = std::mem::take(&mut recipients);
                shared.mails.lock().unwrap().push(Mail { recipients, raw });
                shared.arrived.notify_one();
                "250 accepted"
            }
            "RSET" => {
                recipients.clear();
                "250 ok"
            }
            "QUIT" => return,
            _ => "250 ok",
        };
        if stream.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = Vec::new();
    let length = stream.read_until(b'\n', &mut line).await.ok()?;
    let line = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
    (length > 0).then_some(line)
}
