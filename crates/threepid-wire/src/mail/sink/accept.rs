//! Accepting connections: how many, and what happens when there can be no more.
//!
//! Takes a listener, gives each connection to a session on its own task. A session that panics ends alone; a connection
//! beyond the limit is told so. It never spins when nothing can be accepted.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio::time::sleep;
use tokio_util::task::TaskTracker;

use crate::mail::session::Host;

/// Connections that may wait to be accepted. The usual 128 overflows when hundreds connect at once, and each one that
/// does not fit loses a second.
const BACKLOG: u32 = 4096;

/// How long to wait before accepting again when the process has no file descriptors left and no session ends.
const ACCEPT_PAUSE: Duration = Duration::from_millis(250);

/// Listens at an address.
///
/// # Errors
///
/// If the address cannot be listened on.
pub(super) fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A sink that is started again must not wait for connections of the last one to be forgotten. On Windows the
    // option means something else: it would let two programs share the port.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// Accepts connections until the sink shuts down; `serve` runs the session of each.
pub(super) async fn run<S, F>(listener: TcpListener, host: Arc<Host>, tracker: TaskTracker, serve: S)
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
                Err(_) => host.router.refuse_all(&turn_away(&tcp, host.limits.connections)),
            },
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                // Most likely no file descriptor is left. Trying again at once would only burn the processor; a
                // session's end frees one, and so may something else in this process, which nobody tells us of.
                tracing::warn!(%error, "cannot accept a mail connection");
                host.router.refuse_all(&format!("no connection can be taken: {error} (`ulimit -n`)"));
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

/// Says why, as far as that fits into the socket's empty buffer, and closes; gives what was said.
fn turn_away(tcp: &TcpStream, limit: usize) -> String {
    let reply = format!("421 4.7.0 {limit} connections are the limit, try again later");
    let _ = SockRef::from(tcp).send(format!("{reply}\r\n").as_bytes());
    reply
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::io::AsyncReadExt;
    use tokio::time::timeout;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::mail::limits::{InFlight, Limits};
    use crate::mail::router::{MailRouter, Room};
    use crate::mail::session::serve;
    use crate::mail::tls;

    fn host(limits: Limits) -> Arc<Host> {
        let room = Room { mailbox_mails: 1, mailbox_bytes: 1, strays: 1, stray_bytes: 1 };
        Arc::new(Host {
            name: "sink.test".into(),
            in_flight: InFlight::new(limits.in_flight_bytes),
            limits,
            router: MailRouter::new(room),
            scripts: Arc::default(),
            tls: tls::acceptor("sink.test").unwrap(),
            security: Default::default(),
            cancel: CancellationToken::new(),
            unsent: Arc::default(),
            sessions: Default::default(),
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
        tracker.spawn(run(listener, Arc::clone(&host), tracker.clone(), serve));
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
}
