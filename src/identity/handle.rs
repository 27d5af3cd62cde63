//! Starting an identity server, asking it what it was asked, telling it to misbehave, ending it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::authority::{Authority, AuthorityError};
use super::behaviour::{Behaviour, Matcher};
use super::homeserver::Homeservers;
use super::server::Server;
use super::service::Service;
use super::upstream::Upstream;
use super::{listen, routes};
use threepid_record::model::Asked;
use threepid_wire::http::{Shared, TlsError};

/// How an identity server is started.
#[derive(Debug, Clone)]
pub struct IdentityOptions {
    /// Where its mail goes.
    pub smtp: SocketAddr,
    /// The authority that it has its certificate from, and that it trusts when it asks homeservers.
    pub authority: Arc<Authority>,
    /// Where it listens; by default on a free port of 127.0.0.1.
    pub listen: SocketAddr,
    /// Where homeservers are (`http://127.0.0.1:8008`) by their names. The others are asked at `https://<name>`, if
    /// that is on the loopback.
    pub homeservers: BTreeMap<String, String>,
}

impl IdentityOptions {
    /// On a free port, with homeservers where their names say.
    pub fn new(smtp: SocketAddr, authority: Arc<Authority>) -> IdentityOptions {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        IdentityOptions { smtp, authority, listen, homeservers: BTreeMap::new() }
    }
}

/// Why an identity server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Its address cannot be bound.
    #[error("the identity server cannot listen on {addr}: {source}")]
    Bind {
        /// The address.
        addr: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// It has no certificate.
    #[error("the identity server: {0}")]
    Authority(#[from] AuthorityError),
    /// Its own HTTP client trusts nothing.
    #[error("the identity server: {0}")]
    Tls(#[from] TlsError),
    /// Its own HTTP client cannot be made.
    #[error("the identity server has no HTTP client: {0}")]
    Client(String),
}

/// An identity server that runs. Dropping it ends it at once; [`IdentityServer::shutdown`] waits for that.
#[derive(Debug)]
pub struct IdentityServer {
    server: Arc<Server>,
    authority: Arc<Authority>,
    tracker: TaskTracker,
    stop: CancellationToken,
    _guard: DropGuard,
}

impl IdentityServer {
    /// Starts one.
    ///
    /// # Errors
    ///
    /// [`IdentityError`]: mostly that the address is taken.
    pub async fn start(options: IdentityOptions) -> Result<IdentityServer, IdentityError> {
        let IdentityOptions { smtp, authority, listen: wanted, homeservers } = options;
        let bind = |source| IdentityError::Bind { addr: wanted, source };
        let listener = TcpListener::bind(wanted).await.map_err(bind)?;
        let addr = listener.local_addr().map_err(bind)?;
        let tls = authority.for_loopback(addr.ip())?.acceptor()?;
        let shared = Shared::with_pem(authority.ca_pem().as_bytes(), "the identity server's authority")?;
        let homeservers = Homeservers::new(&shared, homeservers).map_err(IdentityError::Client)?;
        let server = Arc::new(Server::new(addr.to_string(), smtp, homeservers));
        let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
        let service =
            Service { server: Arc::clone(&server), router: routes::router(Arc::clone(&server)), stop: stop.clone() };
        tracker.spawn(listen::accept(listener, tls, service, tracker.clone()));
        tracker.close();
        Ok(IdentityServer { server, authority, tracker, _guard: stop.clone().drop_guard(), stop })
    }

    /// Its name, as clients give it for `id_server`: `127.0.0.1:4711`.
    pub fn name(&self) -> &str {
        &self.server.name
    }

    /// Where it is: `https://127.0.0.1:4711`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The certificate of the authority that vouches for it, as PEM.
    pub fn ca_pem(&self) -> &str {
        self.authority.ca_pem()
    }

    /// The authority that vouches for it.
    pub fn authority(&self) -> &Arc<Authority> {
        &self.authority
    }

    /// Says where a homeserver is that its name does not lead to.
    pub fn learn_homeserver(&self, server_name: &str, origin: &str) {
        self.server.homeservers.learn(server_name, origin);
    }

    /// Lets another identity server answer (`http://127.0.0.1:8090`): this one keeps what is asked, misbehaves when it
    /// is told to, and passes on the rest. Only the first call counts.
    ///
    /// # Errors
    ///
    /// [`IdentityError::Client`], which nothing that a user sets leads to.
    pub fn forward_to(&self, origin: &str) -> Result<(), IdentityError> {
        let upstream = Upstream::new(origin).map_err(IdentityError::Client)?;
        // A second one would be another server with other sessions.
        drop(self.server.upstream.set(upstream));
        Ok(())
    }

    /// What it was asked at a path about an address, a user or a session, oldest first, as far as it remembers.
    pub fn asked(&self, matcher: &Matcher) -> Vec<Asked> {
        self.server.state().asked.of(&matcher.path, &matcher.about)
    }

    /// Makes it misbehave when it is asked that.
    pub fn behave(&self, matcher: Matcher, behaviour: Behaviour) {
        self.server.state().behaviours.set(matcher, behaviour);
    }

    /// Lets it do what is right again for all that concerns an address, a user or a session.
    pub fn calm(&self, about: &str) {
        self.server.state().behaviours.calm(about);
    }

    /// Ends it: connections that are answering may finish within a moment.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        self.tracker.wait().await;
    }
}
