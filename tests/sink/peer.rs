//! What all tests of the sink share: a sink to talk to, and a client that says exactly what it is told to.

use std::time::Duration;

use threepid::mail::{Limits, Sink, SinkOptions};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// Longer than anything here takes; a test that reaches it fails.
pub(crate) const LONG: Duration = Duration::from_secs(20);

pub(crate) async fn start(limits: Limits) -> Sink {
    let listen = "127.0.0.1:0".parse().unwrap();
    Sink::start(SinkOptions { listen, hostname: "sink.test".into(), limits }).await.unwrap()
}

pub(crate) fn soon() -> Instant {
    Instant::now() + LONG
}

/// An SMTP client without manners.
pub(crate) struct Peer<S> {
    pub(crate) stream: BufReader<S>,
}

impl Peer<TcpStream> {
    /// Connects and reads the greeting.
    pub(crate) async fn connect(sink: &Sink) -> Self {
        let mut peer = Self::silent(sink).await;
        assert_eq!(peer.reply().await.code, 220);
        peer
    }

    /// Connects and reads nothing.
    pub(crate) async fn silent(sink: &Sink) -> Self {
        Self { stream: BufReader::new(TcpStream::connect(sink.addr()).await.unwrap()) }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        timeout(LONG, self.stream.write_all(bytes)).await.expect("the sink does not read").unwrap();
        timeout(LONG, self.stream.flush()).await.expect("the sink does not read").unwrap();
    }

    /// Reads one reply of any number of lines.
    pub(crate) async fn reply(&mut self) -> Reply {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            let read = timeout(LONG, self.stream.read_line(&mut line)).await.expect("no reply");
            assert!(read.unwrap() > 0, "closed after {lines:?}");
            assert!(line.ends_with("\r\n"), "{line:?}");
            let last = line.as_bytes()[3] == b' ';
            let code = line[..3].parse().unwrap();
            lines.push(line[4..].trim_end().to_owned());
            if last {
                return Reply { code, lines };
            }
        }
    }

    /// Sends one line and reads its reply.
    pub(crate) async fn ask(&mut self, line: &str) -> Reply {
        self.write(format!("{line}\r\n").as_bytes()).await;
        self.reply().await
    }

    /// Sends lines and expects the code of each reply.
    pub(crate) async fn expect(&mut self, exchanges: &[(&str, u16)]) {
        for (line, code) in exchanges {
            let reply = self.ask(line).await;
            assert_eq!(reply.code, *code, "{line}: {reply:?}");
        }
    }

    /// Greets and starts a mail to `to`, up to `354`.
    pub(crate) async fn start_mail(&mut self, to: &str) {
        let rcpt = format!("RCPT TO:<{to}>");
        self.expect(&[("EHLO peer.test", 250), ("MAIL FROM:<a@peer.test>", 250), (&rcpt, 250), ("DATA", 354)]).await;
    }

    /// Sends one mail to `to` and expects it to be taken.
    pub(crate) async fn mail(&mut self, to: &str, text: &str) {
        self.start_mail(to).await;
        self.expect(&[(&format!("Subject: test\r\n\r\n{text}\r\n."), 250)]).await;
    }

    /// Reads until the sink closes; gives what it said.
    pub(crate) async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        // A reset counts as closed: the sink may have closed on bytes it did not want.
        let _ = timeout(LONG, self.stream.read_to_end(&mut rest)).await.expect("the sink does not close");
        String::from_utf8(rest).unwrap()
    }
}

/// One reply.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    /// Without the code.
    pub(crate) lines: Vec<String>,
}
