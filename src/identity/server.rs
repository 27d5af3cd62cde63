//! What all endpoints share.
//!
//! The state is behind a plain mutex that is never held while something is awaited: looking and changing in one
//! endpoint is one step for all others.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::asked::Log;
use super::behaviours::Behaviours;
use super::bounded::Bounded;
use super::homeserver::Homeservers;
use super::limits;
use super::sessions::{Sessions, letters};
use super::signing::{self, Key};
use super::upstream::Upstream;

/// One identity server.
#[derive(Debug)]
pub(super) struct Server {
    /// `127.0.0.1:4711`.
    pub(super) name: String,
    pub(super) smtp: SocketAddr,
    pub(super) key: Key,
    pub(super) homeservers: Homeservers,
    /// What lookups are hashed with.
    pub(super) pepper: String,
    /// The server that answers instead, if there is one.
    pub(super) upstream: OnceLock<Upstream>,
    state: Mutex<State>,
}

/// Everything that changes.
#[derive(Debug)]
pub(super) struct State {
    /// The holder of each access token.
    pub(super) tokens: Bounded<String, String>,
    pub(super) sessions: Sessions,
    /// The user of each published address, by the address's hash: both kinds of lookup come down to it.
    pub(super) associations: Bounded<String, String>,
    pub(super) asked: Log,
    pub(super) behaviours: Behaviours,
}

impl Server {
    pub(super) fn new(name: String, smtp: SocketAddr, homeservers: Homeservers) -> Server {
        let state = State {
            tokens: Bounded::new(limits::TOKENS),
            sessions: Sessions::new(),
            associations: Bounded::new(limits::ASSOCIATIONS),
            asked: Log::default(),
            behaviours: Behaviours::default(),
        };
        Server {
            name,
            smtp,
            key: Key::generate(),
            homeservers,
            pepper: letters(),
            upstream: OnceLock::new(),
            state: Mutex::new(state),
        }
    }

    /// `https://127.0.0.1:4711`.
    pub(super) fn url(&self) -> String {
        format!("https://{}", self.name)
    }

    /// The state, for as long as one step needs it. A panic elsewhere leaves it usable: every change is complete.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What an e-mail address is looked up by.
    pub(super) fn hash(&self, address: &str) -> String {
        signing::hash(&format!("{address} email {}", self.pepper))
    }
}

/// Milliseconds since the epoch.
pub(super) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
