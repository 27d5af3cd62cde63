//! The embedded reference homeserver: a small, correct Matrix homeserver for the flows around e-mail verification.
//!
//! *Takes* [`Options`]: where to listen, where to send mail, and which switches are on. *Gives* a [`Running`] server that
//! speaks real HTTP and real SMTP. It *never* imports anything else of this crate: a misreading of the specification made
//! here cannot be cancelled out by the same misreading in the harness.
//!
//! It has two kinds of switch. A [`Defect`] breaks one promise, and scenarios must notice. A [`Shape`] is a
//! lawful difference seen in real servers, with which every scenario must still pass. What the server offers at all is its
//! [`Config`], and a [`Variant`] is a named one.
//!
//! ```text
//! routes ─→ endpoints ─→ State { accounts, proofs, uia, limits, … }   (one lock, never held across an await)
//!                ├────→ mailer ─→ SMTP                                 (one gate per validation session)
//!                └────→ identity ─→ identity servers, over HTTPS
//! ```
//!
//! Everything lives in memory, and everything that grows has a named limit beside it.

mod accounts;
mod address;
mod answer;
mod body;
mod bounded;
mod caller;
mod clock;
mod config;
mod endpoints;
mod error;
mod identifier;
mod identity;
mod limits;
mod mailer;
mod nonces;
mod options;
mod pages;
mod password;
mod proofs;
mod pushers;
mod random;
mod rewrite;
mod routes;
mod server;
mod switches;
mod table;
#[cfg(test)]
mod tests;
mod tls;
mod token;
mod uia;
mod variants;

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::serve::ListenerExt as _;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

pub use config::{Config, Limit, RateLimits, Registration};
pub use error::StartError;
pub use options::Options;
pub use table::{Defect, Gravity, Shape, defects, find_defect, find_shape, shapes};
pub use variants::{Variant, find_variant, variants};

use server::Server;
use switches::Switches;

/// How long [`Running::shutdown`] lets requests under way finish before it cuts them off.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// A server that is listening. Dropping it stops it without waiting; [`Running::shutdown`] waits.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    url: String,
    server_name: String,
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    /// Where the server can be reached, without a trailing slash: `http://127.0.0.1:41237`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address it listens on, with the real port.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The name in its user ids.
    pub fn server_name(&self) -> &str {
        &self.server_name
    }

    /// Stops listening, lets requests under way finish for a moment, then cuts off the rest.
    pub async fn shutdown(self) {
        let Self { stop, mut task, .. } = self;
        drop(stop);
        if tokio::time::timeout(SHUTDOWN_GRACE, &mut task).await.is_err() {
            task.abort();
        }
    }
}

/// Binds the addresses and serves in background tasks until the returned value is shut down or dropped.
///
/// # Errors
///
/// Only these: an address is taken ([`StartError::Bind`]), the public address is not absolute ([`StartError::PublicUrl`]),
/// two shapes contradict each other ([`StartError::Contradiction`]), the server name does not fit into a mail address
/// ([`StartError::ServerName`]), a certificate, a key or a client cannot be made of what was given.
pub async fn start(options: Options) -> Result<Running, StartError> {
    let switches = Switches::new(&options.defects, &options.shapes)?;
    let taken = |source| StartError::Bind { addr: options.listen, source };
    let listener = TcpListener::bind(options.listen).await.map_err(taken)?;
    let addr = listener.local_addr().map_err(taken)?;
    let url = format!("http://{}", reachable(addr));
    let server = Arc::new(Server::new(&options, switches, &url)?);
    // Answers are small and final: waiting to fill a packet only adds the peer's delayed acknowledgement to every one.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let app = routes::router(server).into_make_service_with_connect_info::<SocketAddr>();
    let (stop, mut stopped) = watch::channel(());
    // The signal is the sender's end, whether it was dropped on purpose or together with `Running`.
    let stopping = async move { drop(stopped.changed().await) };
    let task = tokio::spawn(async move {
        // It only ends by the signal: an error of one connection is not one of the listener.
        drop(axum::serve(listener, app).with_graceful_shutdown(stopping).await);
    });
    Ok(Running { addr, url, server_name: options.server_name, stop, task })
}

/// A server on all addresses is reached through loopback; `http://0.0.0.0` is nowhere.
fn reachable(mut addr: SocketAddr) -> SocketAddr {
    if addr.ip().is_unspecified() {
        addr.set_ip(if addr.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    addr
}
