//! The bytes of one connection, plain or TLS, with its deadlines.
//!
//! Takes a socket, gives lines and pieces of a message, and sends what was queued. Replies go out only when the client
//! must be heard again, so that a pipelined session costs one packet each way. What a client sends is acknowledged at
//! once where the platform can: a mailer that waits for the acknowledgement would otherwise lose 40 ms per mail.
//! It never keeps more of a line than its limit, and never waits without a deadline.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::reply::Reply;
use super::tls::{Acceptor, Secured, below};

/// How much is read at once.
const READ_BYTES: usize = 8 * 1024;

/// How long a last reply may take to leave.
const FAREWELL: Duration = Duration::from_secs(1);

/// Why a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The client went away, or the connection broke.
    Closed,
    /// The client said QUIT, or something else was answered with a last reply.
    Said,
    /// The client was silent for too long.
    Idle,
    /// The session lasted too long.
    Overlong,
    /// The client made too many mistakes.
    Errors,
    /// The sink is shutting down.
    Shutdown,
}

/// One line of a client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// With its line end.
    Text(Vec<u8>),
    /// It was longer than the limit and is gone.
    TooLong,
}

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<Secured>),
    /// A handshake did not succeed.
    Gone,
}

impl Stream {
    async fn read(&mut self, input: &mut Vec<u8>) -> io::Result<usize> {
        let read = match self {
            Self::Plain(tcp) => tcp.read_buf(input).await?,
            Self::Tls(tls) => tls.read_buf(input).await?,
            Self::Gone => 0,
        };
        self.acknowledge();
        Ok(read)
    }

    async fn write(&mut self, output: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => tcp.write_all(output).await,
            Self::Tls(tls) => {
                tls.write_all(output).await?;
                tls.flush().await
            }
            Self::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => tcp.shutdown().await,
            Self::Tls(tls) => tls.shutdown().await,
            Self::Gone => Ok(()),
        }
    }

    /// Asks the kernel to acknowledge what came without waiting for our next packet. It forgets, so ask each time.
    fn acknowledge(&self) {
        let tcp = match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => below(tls),
            Self::Gone => return,
        };
        acknowledge(tcp);
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn acknowledge(tcp: &TcpStream) {
    // If it fails the mail is slower, nothing else.
    let _ = socket2::SockRef::from(tcp).set_tcp_quickack(true);
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn acknowledge(_tcp: &TcpStream) {}

/// One connection.
#[derive(Debug)]
pub(super) struct Wire {
    stream: Stream,
    input: Vec<u8>,
    start: usize,
    output: Vec<u8>,
    idle: Duration,
    session_end: Instant,
    cancel: CancellationToken,
}

impl Wire {
    pub(super) fn new(tcp: TcpStream, idle: Duration, session: Duration, cancel: CancellationToken) -> Self {
        // If it fails the mail is slower, nothing else.
        let _ = tcp.set_nodelay(true);
        acknowledge(&tcp);
        let session_end = Instant::now() + session;
        Self { stream: Stream::Plain(tcp), input: Vec::new(), start: 0, output: Vec::new(), idle, session_end, cancel }
    }

    /// Queues a reply.
    pub(super) fn reply(&mut self, reply: &Reply) {
        reply.write(&mut self.output);
    }

    /// What is queued, for replies of several lines.
    pub(super) fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    /// What came and was not yet used.
    pub(super) fn pending(&self) -> &[u8] {
        &self.input[self.start..]
    }

    /// Marks pending bytes as used.
    pub(super) fn consume(&mut self, bytes: usize) {
        self.start = (self.start + bytes).min(self.input.len());
    }

    fn deadline(&self) -> (Instant, End) {
        let idle_end = Instant::now() + self.idle;
        if idle_end < self.session_end { (idle_end, End::Idle) } else { (self.session_end, End::Overlong) }
    }

    /// Waits, with the connection's deadline and the sink's shutdown in mind.
    async fn bounded<T>(
        cancel: &CancellationToken,
        (deadline, end): (Instant, End),
        work: impl Future<Output = io::Result<T>>,
    ) -> Result<T, End> {
        // Bytes that are there come before the timer, so that no timer is set for them; a client that never pauses
        // must not outlast its session all the same.
        if Instant::now() >= deadline {
            return Err(end);
        }
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(End::Shutdown),
            done = work => done.map_err(|_| End::Closed),
            () = sleep_until(deadline) => Err(end),
        }
    }

    /// Sends what is queued.
    ///
    /// # Errors
    ///
    /// If the client went away, does not read, or the sink shuts down.
    pub(super) async fn flush(&mut self) -> Result<(), End> {
        if self.output.is_empty() {
            return Ok(());
        }
        if self.cancel.is_cancelled() {
            // What is queued still goes out, with the last reply.
            return Err(End::Shutdown);
        }
        let deadline = self.deadline();
        let output = std::mem::take(&mut self.output);
        Self::bounded(&self.cancel, deadline, self.stream.write(&output)).await
    }

    /// Sends what is queued, then reads something more.
    ///
    /// # Errors
    ///
    /// If the client went away, is silent for too long, or the sink shuts down.
    pub(super) async fn fill(&mut self) -> Result<(), End> {
        self.flush().await?;
        self.input.drain(..self.start);
        self.start = 0;
        self.input.reserve(READ_BYTES);
        let deadline = self.deadline();
        match Self::bounded(&self.cancel, deadline, self.stream.read(&mut self.input)).await? {
            0 => Err(End::Closed),
            _ => Ok(()),
        }
    }

    /// The next line, ended by LF. Of a line longer than `limit` bytes nothing is kept.
    ///
    /// # Errors
    ///
    /// As for [`Wire::fill`].
    pub(super) async fn line(&mut self, limit: usize) -> Result<Line, End> {
        let mut too_long = false;
        let mut searched = 0;
        loop {
            let pending = self.pending();
            if let Some(at) = pending[searched..].iter().position(|b| *b == b'\n') {
                let length = searched + at + 1;
                let line = (!too_long && length <= limit).then(|| pending[..length].to_vec());
                self.consume(length);
                return Ok(line.map_or(Line::TooLong, Line::Text));
            }
            searched = pending.len();
            if searched > limit {
                too_long = true;
            }
            if too_long {
                self.consume(searched);
                searched = 0;
            }
            self.fill().await?;
        }
    }

    /// Waits before the next reply, after sending those that are due.
    ///
    /// # Errors
    ///
    /// If the client cannot be reached, the session's time is over, or the sink shuts down.
    pub(super) async fn stall(&mut self, duration: Duration) -> Result<(), End> {
        self.flush().await?;
        let until = Instant::now() + duration;
        let wait = async {
            sleep_until(until).await;
            Ok(())
        };
        Self::bounded(&self.cancel, (self.session_end, End::Overlong), wait).await
    }

    /// Sends what is queued and goes on in TLS. What the client sent in the clear after its command is dropped:
    /// it may be someone else's.
    ///
    /// # Errors
    ///
    /// If the handshake fails or takes too long.
    pub(super) async fn upgrade(&mut self, acceptor: &Acceptor) -> Result<(), End> {
        self.flush().await?;
        self.input.clear();
        self.start = 0;
        let deadline = self.deadline();
        let Stream::Plain(tcp) = std::mem::replace(&mut self.stream, Stream::Gone) else {
            return Err(End::Closed);
        };
        let tls = Self::bounded(&self.cancel, deadline, acceptor.accept(tcp)).await?;
        self.stream = Stream::Tls(Box::new(tls));
        Ok(())
    }

    /// Sends what is queued, if the client takes it soon, and closes the connection. A client that is still sending
    /// is heard for a moment more, unless the sink shuts down: closing on unread bytes would reset the connection and
    /// lose the last reply.
    pub(super) async fn close(mut self) {
        let output = std::mem::take(&mut self.output);
        let farewell = async {
            self.stream.write(&output).await?;
            self.stream.close().await?;
            let listen = async {
                while self.stream.read(&mut self.input).await? > 0 {
                    self.input.clear();
                }
                Ok::<(), io::Error>(())
            };
            tokio::select! {
                () = self.cancel.cancelled() => Ok(()),
                heard = listen => heard,
            }
        };
        // Nothing is left to be done about a client that does not take its last reply.
        let _ = timeout(FAREWELL, farewell).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// A wire and the client at its other end.
    async fn pair(session: Duration, cancel: &CancellationToken) -> (Wire, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        (Wire::new(server, Duration::from_secs(10), session, cancel.clone()), client)
    }

    #[tokio::test]
    async fn what_is_queued_goes_out_with_the_last_reply() {
        let cancel = CancellationToken::new();
        let (mut wire, mut client) = pair(Duration::from_secs(10), &cancel).await;
        wire.reply(&Reply::new(250, "2.0.0 taken"));
        cancel.cancel();
        assert_eq!(wire.fill().await, Err(End::Shutdown));
        wire.reply(&Reply::new(421, "4.3.2 shutting down"));
        wire.close().await;
        let mut heard = String::new();
        client.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "250 2.0.0 taken\r\n421 4.3.2 shutting down\r\n");
    }

    #[tokio::test]
    async fn a_client_that_never_pauses_does_not_outlast_its_session() {
        let cancel = CancellationToken::new();
        let (mut wire, client) = pair(Duration::ZERO, &cancel).await;
        let (_keep, mut client) = client.into_split();
        client.write_all(b"NOOP\r\n").await.unwrap();
        assert_eq!(wire.line(100).await, Err(End::Overlong), "bytes that are there came before the deadline");
    }

    #[tokio::test]
    async fn a_client_that_is_still_sending_can_end_before_it_hears_the_last_reply() {
        let cancel = CancellationToken::new();
        let (mut wire, mut client) = pair(Duration::from_secs(10), &cancel).await;
        client.write_all(&[b'x'; 100_000]).await.unwrap();
        wire.fill().await.unwrap();
        wire.reply(&Reply::new(421, "4.7.0 enough"));
        let close = tokio::spawn(wire.close());
        let mut heard = String::new();
        client.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "421 4.7.0 enough\r\n");
        // A client that is in the middle of a message looks for a reply only when it has sent all of it.
        client.write_all(&[b'x'; 100_000]).await.expect("the connection was reset");
        drop(client);
        close.await.unwrap();
    }

    #[tokio::test]
    async fn nothing_is_sent_before_the_client_must_be_heard() {
        let cancel = CancellationToken::new();
        let (mut wire, mut client) = pair(Duration::from_secs(10), &cancel).await;
        client.write_all(b"a\r\nb\nc").await.unwrap();
        assert_eq!(wire.line(100).await, Ok(Line::Text(b"a\r\n".to_vec())));
        wire.reply(&Reply::new(250, "first"));
        assert_eq!(wire.line(100).await, Ok(Line::Text(b"b\n".to_vec())));
        wire.reply(&Reply::new(250, "second"));
        let wait = async {
            let mut heard = [0; 100];
            let read = client.read(&mut heard).await.unwrap();
            client.write_all(b"\n").await.unwrap();
            heard[..read].to_vec()
        };
        let (line, heard) = tokio::join!(wire.line(100), wait);
        assert_eq!(line, Ok(Line::Text(b"c\n".to_vec())));
        assert_eq!(heard, b"250 first\r\n250 second\r\n", "the replies came apart");
    }
}
