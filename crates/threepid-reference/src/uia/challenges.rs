//! The sessions of User-Interactive Authentication.
//!
//! *Takes* an operation and what to remember of its first request; *gives* a session id and what was done under it; *never*
//! serves a session to another operation, nor one that is too old.

use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::{
    grant::{Grant, Identity},
    operation::Operation,
    stage::Stage,
};
use crate::{bounded::Bounded, random};

/// Challenges under way on one server; a further one makes it forget the oldest.
const MAX_CHALLENGES: usize = 100_000;
/// How long what was proved under a challenge counts.
const CHALLENGE_LIFETIME: Duration = Duration::from_secs(60 * 60);

#[derive(Debug)]
struct Challenge {
    operation: Operation,
    completed: Vec<Stage>,
    remembered: Map<String, Value>,
    identity: Option<Identity>,
    opened: Instant,
}

/// All challenges under way.
#[derive(Debug)]
pub(crate) struct Challenges(Bounded<String, Challenge>);

impl Challenges {
    pub(crate) fn new() -> Self {
        Self(Bounded::new(MAX_CHALLENGES))
    }

    /// Ends a session whose operation was performed: what it proved counts once.
    pub(crate) fn spend(&mut self, grant: &Grant) {
        self.end(&grant.session);
    }

    pub(super) fn end(&mut self, session: &str) {
        self.0.remove(session);
    }

    /// The same challenge under another id; the old one is known no more.
    pub(super) fn rename(&mut self, session: String) -> String {
        let Some(challenge) = self.0.remove(&session) else { return session };
        let other = random::id();
        self.0.insert(other.clone(), challenge);
        other
    }

    pub(super) fn open(&mut self, operation: Operation, remembered: Map<String, Value>) -> String {
        let session = random::id();
        let opened = Instant::now();
        self.0.insert(
            session.clone(),
            Challenge { operation, completed: Vec::new(), remembered, identity: None, opened },
        );
        session
    }

    /// Whether this session was opened for such an operation, and not too long ago.
    pub(super) fn is_for(&self, session: &str, accepts: impl Fn(&Operation) -> bool) -> bool {
        self.0
            .get(session)
            .is_some_and(|challenge| accepts(&challenge.operation) && challenge.opened.elapsed() < CHALLENGE_LIFETIME)
    }

    /// Notes the address that was proved under a session.
    pub(super) fn identify(&mut self, session: &str, identity: Identity) {
        if let Some(challenge) = self.0.get_mut(session) {
            challenge.identity = Some(identity);
        }
    }

    pub(super) fn identity(&self, session: &str) -> Option<Identity> {
        self.0.get(session)?.identity.clone()
    }

    /// Makes a session forget a parameter, so that `null` stands in its place: what a defect gets wrong.
    pub(crate) fn forget(&mut self, session: &str, name: &str) {
        if let Some(challenge) = self.0.get_mut(session) {
            challenge.remembered.insert(name.to_owned(), Value::Null);
        }
    }

    pub(super) fn complete(&mut self, session: &str, stage: Stage) {
        if let Some(challenge) = self.0.get_mut(session)
            && !challenge.completed.contains(&stage)
        {
            challenge.completed.push(stage);
        }
    }

    pub(super) fn completed(&self, session: &str) -> &[Stage] {
        self.0.get(session).map_or(&[], |challenge| &challenge.completed)
    }

    pub(super) fn remembered(&self, session: &str) -> Map<String, Value> {
        self.0.get(session).map(|challenge| challenge.remembered.clone()).unwrap_or_default()
    }
}
