//! The sink itself: the way in and the way out.
//!
//! Takes an address to listen on, gives a handle to open mailboxes with. It never outlives its handles.

mod accept;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::sync::broadcast;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::behaviour::{Extension, Scripts};
use super::limits::{InFlight, Limits};
use super::mailbox::Mailbox;
use super::mime;
use super::router::{MailRouter, Received, Room};
use super::security::Security;
use super::session::{Host, serve};
use super::tls;
use super::unsent::{Unsent, UnsentLog};
use threepid_record::model::{Arrival, MailFault};

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
    router: Arc<MailRouter>,
    scripts: Arc<Scripts>,
    security: Security,
    unsent: Arc<UnsentLog>,
    tracker: TaskTracker,
    cancel: CancellationToken,
    _stop: DropGuard,
}

impl Sink {
    /// Starts listening, with all extensions offered, no recipient scripted, and nothing demanded of clients.
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on, or no certificate can be made for the name.
    pub async fn start(options: SinkOptions) -> Result<Self, SinkError> {
        Sink::start_secured(options, Security::default()).await
    }

    /// The same for clients that have to make themselves known.
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on, or no certificate can be made for the name.
    pub async fn start_secured(options: SinkOptions, security: Security) -> Result<Self, SinkError> {
        let SinkOptions { listen, hostname, limits } = options;
        let tls =
            tls::acceptor(&hostname).map_err(|source| SinkError::Certificate { hostname: hostname.clone(), source })?;
        let bind_error = |source| SinkError::Bind { addr: listen, source };
        let listener = accept::bind(listen).map_err(bind_error)?;
        let addr = listener.local_addr().map_err(bind_error)?;

        let router = MailRouter::new(Room {
            mailbox_mails: limits.mailbox_mails,
            mailbox_bytes: limits.mailbox_bytes,
            strays: limits.strays,
            stray_bytes: limits.stray_bytes,
        });
        let scripts = Arc::new(Scripts::default());
        let unsent = Arc::new(UnsentLog::default());
        let cancel = CancellationToken::new();
        let tracker = TaskTracker::new();
        let host = Arc::new(Host {
            name: hostname,
            in_flight: InFlight::new(limits.in_flight_bytes),
            limits,
            router: Arc::clone(&router),
            scripts: Arc::clone(&scripts),
            tls,
            security: security.clone(),
            cancel: cancel.clone(),
            unsent: Arc::clone(&unsent),
            sessions: AtomicU64::new(0),
        });
        tracker.spawn(accept::run(listener, host, tracker.clone(), serve));
        tracker.close();
        let stop = cancel.clone().drop_guard();
        Ok(Self { inner: Arc::new(Inner { addr, router, scripts, security, unsent, tracker, cancel, _stop: stop }) })
    }

    /// Where the sink listens, with the port that was really taken.
    pub fn addr(&self) -> SocketAddr {
        self.inner.addr
    }

    /// What has to be set where the mail comes from, besides the address: `without TLS and without a login`.
    pub fn manner(&self) -> String {
        self.inner.security.in_words(self.inner.scripts.offers(Extension::StartTls))
    }

    /// Opens a mailbox. Mail that came for the address while nobody waited is in it. Several mailboxes of one address
    /// each get every mail.
    pub fn mailbox(&self, address: &str) -> Mailbox {
        Mailbox::open(&self.inner.router, address)
    }

    /// Mail that nobody waits for, the oldest first, as far as the limits let it be kept.
    pub fn strays(&self) -> Vec<Arrival> {
        let strays = self.inner.router.strays();
        strays.iter().map(|mail| Arrival { to: mail.recipient.clone(), subject: mime::subject(&mail.raw) }).collect()
    }

    /// The last client that came and has sent no mail.
    pub fn unsent(&self) -> Option<Unsent> {
        self.inner.unsent.last()
    }

    /// Adds a scripted fault for a recipient, for so many times; `None` for always. Several apply in the order they were
    /// added.
    pub fn behave(&self, recipient: &str, fault: MailFault, times: Option<u32>) {
        self.inner.scripts.add(recipient, fault, times);
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
        self.inner.router.subscribe()
    }

    /// Stops listening and ends all sessions, each with a last reply. Other handles see a sink that gets no more mail.
    pub async fn shutdown(self) {
        self.inner.cancel.cancel();
        self.inner.tracker.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

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
