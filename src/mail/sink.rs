//! The sink itself: the listener, who may connect, and the way out.
//!
//! Takes an address to listen on, gives a handle to open mailboxes with. Sessions run on their own tasks: one that
//! panics takes no other with it. It never spins when connections cannot be accepted, and never outlives its handles.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, Semaphore, broadcast};
use tokio::time::sleep;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::behaviour::{Behaviour, Extension, Scripts};
use super::limits::{InFlight, Limits};
use super::mailbox::Mailbox;
use super::mime;
use super::office::{Office, Received, Room};
use super::session::{Host, serve};
use super::tls;
use crate::model::Arrival;

/// Connections that may wait to be accepted. The usual 128 overflows when hundreds connect at once, and each one that
/// does not fit loses a second.
const BACKLOG: u32 = 4096;

/// How long to wait before accepting again when the process has no file descriptors left and no session ends.
const ACCEPT_PAUSE: Duration = Duration::from_millis(250);

/// How to start a sink.
#[derive(Debug, Clone)]
pub struct SinkOptions {
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The name the sink gives itself in its greeting and its certificate.
    pub hostname: String,
    /// What it may hold, and for how long.
    pub limits: Limits,
}

/// Why a sink could not be started.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The address cannot be listened on.
    #[error("cannot listen for mail on {addr}: {source}{}", advice(.source))]
    Bind {
        /// The address.
        addr: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// No certificate could be made for STARTTLS.
    #[error("cannot make a certificate for the mail sink's name {hostname:?}: {source}")]
    Certificate {
        /// The name the certificate was to carry.
        hostname: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What a person can do about a listen error.
fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "; end the program that listens there, or choose another port with --smtp-listen (port 0 takes any free one)"
        }
        io::ErrorKind::PermissionDenied => "; choose a port above 1023 with --smtp-listen",
        io::ErrorKind::AddrNotAvailable => "; choose an address of this machine with --smtp-listen",
        _ => "; choose another address with --smtp-listen",
    }
}

/// A running sink. Clones are handles of the same one; it stops when it is shut down or the last handle is dropped.
#[derive(Debug, Clone)]
pub struct Sink {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    addr: SocketAddr,
    office: Arc<Office>,
    scripts: Arc<Scripts>,
    tracker: TaskTracker,
    cancel: CancellationToken,
    _stop: DropGuard,
}

impl Sink {
    /// Starts listening, with all extensions offered and no recipient scripted.
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on, or no certificate can be made for the name.
    pub async fn start(options: SinkOptions) -> Result<Self, SinkError> {
        let SinkOptions { listen, hostname, limits } = options;
        let tls =
            tls::acceptor(&hostname).map_err(|source| SinkError::Certificate { hostname: hostname.clone(), source })?;
        let bind_error = |source| SinkError::Bind { addr: listen, source };
        let listener = bind(listen).map_err(bind_error)?;
        let addr = listener.local_addr().map_err(bind_error)?;

        let office = Office::new(Room {
            mailbox_mails: limits.mailbox_mails,
            mailbox_bytes: limits.mailbox_bytes,
            strays: limits.strays,
            stray_bytes: limits.stray_bytes,
        });
        let scripts = Arc::new(Scripts::default());
        let cancel = CancellationToken::new();
        let tracker = TaskTracker::new();
        let host = Arc::new(Host {
            name: hostname,
            in_flight: InFlight::new(limits.in_flight_bytes),
            limits,
            office: Arc::clone(&office),
            scripts: Arc::clone(&scripts),
            tls,
            cancel: cancel.clone(),
        });
        tracker.spawn(accept(listener, host, tracker.clone(), serve));
        tracker.close();
        let stop = cancel.clone().drop_guard();
        Ok(Self { inner: Arc::new(Inner { addr, office, scripts, tracker, cancel, _stop: stop }) })
    }

    /// Where the sink listens, with the port that was really taken.
    pub fn addr(&self) -> SocketAddr {
        self.inner.addr
    }

    /// Opens a mailbox. Mail that came for the address while nobody waited is in it. Several mailboxes of one address
    /// each get every mail.
    pub fn mailbox(&self, address: &str) -> Mailbox {
        Mailbox::open(&self.inner.office, address)
    }

    /// Mail that nobody waits for, the oldest first, as far as the limits let it be kept.
    pub fn strays(&self) -> Vec<Arrival> {
        let strays = self.inner.office.strays();
        strays.iter().map(|mail| Arrival { to: mail.recipient.clone(), subject: mime::subject(&mail.raw) }).collect()
    }

    /// Adds a scripted fault for a recipient. Several apply in the order they were added.
    pub fn behave(&self, recipient: &str, behaviour: Behaviour) {
        self.inner.scripts.add(recipient, behaviour);
    }

    /// Takes all scripted faults off a recipient.
    pub fn calm(&self, recipient: &str) {
        self.inner.scripts.clear(recipient);
    }

    /// Hides exactly these extensions from now on, for all clients of the sink.
    pub fn hide_extensions(&self, extensions: &[Extension]) {
        self.inner.scripts.hide(extensions);
    }

    /// Every mail from now on, once per recipient. A subscriber that is too slow misses the oldest.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Received>> {
        self.inner.office.subscribe()
    }

    /// Stops listening and ends all sessions, each with a last reply. Other handles see a sink that gets no more mail.
    pub async fn shutdown(self) {
        self.inner.cancel.cancel();
        self.inner.tracker.wait().await;
    }
}

fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A sink that is started again must not wait for connections of the last one to be forgotten. On Windows the
    // option means something else: it would let two programs share the port.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// Accepts connections until the sink shuts down; `serve` runs the session of each.
async fn accept<S, F>(listener: TcpListener, host: Arc<Host>, tracker: TaskTracker, serve: S)
where
    S: Fn(TcpStream, Arc<Host>) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(host.limits.connections.min(Semaphore::MAX_PERMITS)));
    let ended = Arc::new(Notify::new());
    loop {
        let accepted = tokio::select! {
            biased;
            () = host.cancel.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((tcp, _peer)) => match Arc::clone(&places).try_acquire_owned() {
                Ok(place) => {
                    let session = serve(tcp, Arc::clone(&host));
                    let leaving = Leaving(Arc::clone(&ended));
                    tracker.spawn(async move {
                        // Both are given back however the session ends, by a panic too.
                        let _until_the_end = (place, leaving);
                        session.await;
                    });
                }
                Err(_) => turn_away(&tcp, host.limits.connections),
            },
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                // Most likely no file descriptor is left. Trying again at once would only burn the processor; a
                // session's end frees one, and so may something else in this process, which nobody tells us of.
                tracing::warn!(%error, "cannot accept a mail connection");
                tokio::select! {
                    () = host.cancel.cancelled() => return,
                    () = ended.notified() => {}
                    () = sleep(ACCEPT_PAUSE) => {}
                }
            }
        }
    }
}

/// Tells the accept loop that a session ended.
struct Leaving(Arc<Notify>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// Whether accepting failed because of the one connection only.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// Says why, as far as that fits into the socket's empty buffer, and closes.
fn turn_away(tcp: &TcpStream, limit: usize) {
    let reply = format!("421 4.7.0 {limit} connections are the limit, try again later\r\n");
    let _ = SockRef::from(tcp).send(reply.as_bytes());
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::io::AsyncReadExt;
    use tokio::time::timeout;

    use super::*;

    fn host(limits: Limits) -> Arc<Host> {
        let room = Room { mailbox_mails: 1, mailbox_bytes: 1, strays: 1, stray_bytes: 1 };
        Arc::new(Host {
            name: "sink.test".into(),
            in_flight: InFlight::new(limits.in_flight_bytes),
            limits,
            office: Office::new(room),
            scripts: Arc::default(),
            tls: tls::acceptor("sink.test").unwrap(),
            cancel: CancellationToken::new(),
        })
    }

    #[tokio::test]
    async fn a_panic_ends_one_session_and_gives_its_place_back() {
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let addr = listener.local_addr().unwrap();
        let host = host(Limits { connections: 1, ..Limits::default() });
        let tracker = TaskTracker::new();
        let first = AtomicBool::new(true);
        let serve = move |tcp, host| {
            let first = first.swap(false, Ordering::Relaxed);
            async move {
                assert!(!first, "this panic is part of the test");
                serve(tcp, host).await;
            }
        };
        tracker.spawn(accept(listener, Arc::clone(&host), tracker.clone(), serve));
        let greeting = async || {
            let mut client = TcpStream::connect(addr).await.unwrap();
            let mut start = [0; 4];
            let read = timeout(Duration::from_secs(10), client.read_exact(&mut start)).await.unwrap();
            read.ok().map(|_| start)
        };
        assert_eq!(greeting().await, None, "the session that panics says nothing");
        // The place is given back while the panicking task unwinds, which may be after its socket closed.
        let served = timeout(Duration::from_secs(10), async { while greeting().await != Some(*b"220 ") {} }).await;
        assert!(served.is_ok(), "no session was served after the panic");
        host.cancel.cancel();
    }

    #[tokio::test]
    async fn a_port_in_use_is_said_with_what_to_do() {
        let options = |listen| SinkOptions { listen, hostname: "sink.test".into(), limits: Limits::default() };
        let sink = Sink::start(options("127.0.0.1:0".parse().unwrap())).await.unwrap();
        let error = Sink::start(options(sink.addr())).await.err().map(|error| error.to_string()).unwrap();
        assert!(error.contains(&sink.addr().to_string()), "{error}");
        assert!(error.contains("in use") && error.contains("--smtp-listen"), "{error}");
    }

    #[tokio::test]
    async fn a_name_that_no_certificate_can_carry_is_said() {
        let listen = "127.0.0.1:0".parse().unwrap();
        let options = SinkOptions { listen, hostname: "sïnk".into(), limits: Limits::default() };
        assert!(
            matches!(Sink::start(options).await, Err(SinkError::Certificate { hostname, .. }) if hostname == "sïnk")
        );
    }

    #[tokio::test]
    async fn dropping_the_last_handle_stops_the_sink() {
        let listen = "127.0.0.1:0".parse().unwrap();
        let options = SinkOptions { listen, hostname: "sink.test".into(), limits: Limits::default() };
        let sink = Sink::start(options).await.unwrap();
        let (tracker, other) = (sink.inner.tracker.clone(), sink.clone());
        drop(sink);
        assert!(!tracker.is_empty(), "a handle is left, so the sink runs");
        drop(other);
        timeout(Duration::from_secs(10), tracker.wait()).await.expect("the sink outlived its last handle");
    }
}
