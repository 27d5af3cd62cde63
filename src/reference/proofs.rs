//! Validation sessions: the way from "somebody claims this address" to "its owner confirmed it".
//!
//! *Takes* claims, visits of links and questions; *gives* a `sid`, a verdict on the link, a proof that can be spent once;
//! *never* sends mail or touches accounts. A session belongs to one purpose, one address and one client secret: a proof made
//! for adding an address cannot reset a password.
//!
//! Specification: client-server API, `POST /account/3pid/email/requestToken` (`client_secret`, `send_attempt`, `sid`);
//! identity service API, "Establishing associations" for what the client-server API leaves open.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Mutex as Gate;

use super::{address::Address, bounded::Bounded, random, server::now_ms};

/// Sessions on one server; a further one makes it forget the oldest.
const MAX_SESSIONS: usize = 100_000;
/// Sessions for one address and purpose; a further one makes it forget the oldest of them.
const MAX_SESSIONS_PER_ADDRESS: usize = 32;
/// Links of one session that work at the same time; a further mail makes it forget the oldest.
const MAX_LIVE_TOKENS: usize = 8;
/// Wrong tokens that a session takes before all its links stop working.
const MAX_WRONG_TOKENS: u32 = 10;

/// What a validated address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Purpose {
    /// Adding the address to an account.
    Add,
}

/// A claim to an address: what a requestToken request says.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) purpose: Purpose,
    pub(super) address: Address,
    pub(super) client_secret: String,
}

/// An open session: its id, and the gate that lets one request for it through at a time.
#[derive(Debug, Clone)]
pub(super) struct Opened {
    pub(super) sid: String,
    pub(super) gate: Arc<Gate<()>>,
}

/// What a `send_attempt` calls for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sending {
    /// This attempt, or a later one, was mailed before: nothing to send.
    Done,
    /// A mail with this token; it works from now on, since the mail may arrive before the SMTP server's answer does.
    Mail(String),
    /// The session is gone: it expired or had to make room.
    Gone,
}

/// What a visitor of a link brings.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    pub(super) sid: String,
    /// `None` where the links of this server carry no client secret.
    pub(super) client_secret: Option<String>,
    pub(super) token: String,
}

/// Why a link does not validate; the text is for the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum LinkFailure {
    #[error("This link belongs to no pending request. Please ask your client for a new e-mail.")]
    UnknownSession,
    #[error("This link is not the one that was sent to you. Please copy it completely from the e-mail.")]
    Wrong,
    #[error("This link has expired. Please ask your client for a new e-mail.")]
    Expired,
    #[error("Too many wrong links were tried. Please ask your client for a new e-mail.")]
    Exhausted,
}

/// Why a session proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoProof {
    Unknown,
    NotValidated,
}

/// A validated address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proof {
    pub(super) address: Address,
    /// In milliseconds since the epoch.
    pub(super) validated_at: u64,
}

#[derive(Debug)]
struct Session {
    claim: Claim,
    gate: Arc<Gate<()>>,
    opened: Instant,
    /// The highest attempt whose mail was accepted.
    mailed_attempt: Option<i64>,
    tokens: Vec<Token>,
    wrong_tokens: u32,
    validated_at: Option<u64>,
}

#[derive(Debug)]
struct Token {
    value: String,
    expires: Instant,
}

/// All validation sessions of the server.
#[derive(Debug)]
pub(super) struct Proofs {
    session_lifetime: Duration,
    token_lifetime: Duration,
    by_sid: Bounded<String, Session>,
    /// The sids of an address, oldest first.
    by_address: HashMap<(Purpose, Address), Vec<String>>,
}

impl Proofs {
    pub(super) fn new(session_lifetime: Duration, token_lifetime: Duration) -> Self {
        let by_sid = Bounded::new(MAX_SESSIONS);
        Self { session_lifetime, token_lifetime, by_sid, by_address: HashMap::new() }
    }

    /// The session of this claim; a new one if there is none. Anybody may ask, so nothing is validated by it.
    pub(super) fn open(&mut self, claim: Claim, sid: impl FnOnce() -> String) -> Opened {
        let place = (claim.purpose, claim.address.clone());
        let known = self.by_address.get(&place).cloned().unwrap_or_default();
        for sid in &known {
            if let Some(session) = self.live(sid)
                && random::same(session.claim.client_secret.as_bytes(), claim.client_secret.as_bytes())
            {
                return Opened { sid: sid.clone(), gate: Arc::clone(&session.gate) };
            }
        }
        if known.len() >= MAX_SESSIONS_PER_ADDRESS {
            self.close(&known[0]);
        }
        let opened = Opened { sid: sid(), gate: Arc::default() };
        let session = Session {
            claim,
            gate: Arc::clone(&opened.gate),
            opened: Instant::now(),
            mailed_attempt: None,
            tokens: Vec::new(),
            wrong_tokens: 0,
            validated_at: None,
        };
        if let Some((sid, evicted)) = self.by_sid.insert(opened.sid.clone(), session) {
            self.unlist(&sid, &evicted);
        }
        self.by_address.entry(place).or_default().push(opened.sid.clone());
        opened
    }

    /// What to do for an attempt. Call it, and [`Self::mailed`] or [`Self::withdraw`], inside the session's gate.
    pub(super) fn prepare(&mut self, sid: &str, attempt: i64) -> Sending {
        let expires = Instant::now() + self.token_lifetime;
        let Some(session) = self.live(sid) else {
            return Sending::Gone;
        };
        if session.mailed_attempt.is_some_and(|mailed| attempt <= mailed) {
            return Sending::Done;
        }
        if session.tokens.len() >= MAX_LIVE_TOKENS {
            session.tokens.remove(0);
        }
        // A fresh token makes up for wrong ones that were tried before: guessing starts again from nothing.
        session.wrong_tokens = 0;
        let token = random::token();
        session.tokens.push(Token { value: token.clone(), expires });
        Sending::Mail(token)
    }

    /// The mail of this attempt was accepted.
    pub(super) fn mailed(&mut self, sid: &str, attempt: i64) {
        if let Some(session) = self.live(sid) {
            session.mailed_attempt = Some(attempt);
        }
    }

    /// The mail with this token was not accepted: as if it had never been tried, so that the same attempt can be repeated.
    pub(super) fn withdraw(&mut self, sid: &str, token: &str) {
        if let Some(session) = self.live(sid) {
            session.tokens.retain(|other| other.value != token);
        }
    }

    /// Only the newest link keeps working.
    pub(super) fn keep_newest_token(&mut self, sid: &str) {
        if let Some(session) = self.live(sid) {
            let old = session.tokens.len().saturating_sub(1);
            session.tokens.drain(..old);
        }
    }

    /// Judges a visited link, and validates the session if it is the right one. Visiting again changes nothing.
    pub(super) fn follow(&mut self, visit: &Visit) -> Result<(), LinkFailure> {
        let session = self.live(&visit.sid).ok_or(LinkFailure::UnknownSession)?;
        if session.wrong_tokens >= MAX_WRONG_TOKENS {
            return Err(LinkFailure::Exhausted);
        }
        let secret = session.claim.client_secret.as_bytes();
        let right_secret = visit.client_secret.as_ref().is_none_or(|given| random::same(secret, given.as_bytes()));
        let token = session.tokens.iter().find(|token| random::same(token.value.as_bytes(), visit.token.as_bytes()));
        match token {
            Some(token) if right_secret && token.expires > Instant::now() => {
                session.validated_at.get_or_insert_with(now_ms);
                Ok(())
            }
            Some(_) if right_secret => Err(LinkFailure::Expired),
            _ => {
                session.wrong_tokens += 1;
                if session.wrong_tokens >= MAX_WRONG_TOKENS {
                    session.tokens.clear();
                }
                Err(LinkFailure::Wrong)
            }
        }
    }

    /// The proof that a session holds for its client.
    pub(super) fn proof(&mut self, purpose: Purpose, sid: &str, client_secret: &str) -> Result<Proof, NoProof> {
        let session = self.claimed(purpose, sid, client_secret).ok_or(NoProof::Unknown)?;
        let validated_at = session.validated_at.ok_or(NoProof::NotValidated)?;
        Ok(Proof { address: session.claim.address.clone(), validated_at })
    }

    /// The address that a session claims, whether validated or not.
    pub(super) fn claimed_address(&mut self, purpose: Purpose, sid: &str, client_secret: &str) -> Option<Address> {
        self.claimed(purpose, sid, client_secret).map(|session| session.claim.address.clone())
    }

    /// Ends a session: its proof was used, and proofs are used once.
    pub(super) fn close(&mut self, sid: &str) {
        if let Some(session) = self.by_sid.remove(sid) {
            self.unlist(sid, &session);
        }
    }

    fn claimed(&mut self, purpose: Purpose, sid: &str, client_secret: &str) -> Option<&mut Session> {
        self.live(sid).filter(|session| {
            session.claim.purpose == purpose
                && random::same(session.claim.client_secret.as_bytes(), client_secret.as_bytes())
        })
    }

    /// The session, unless it is older than sessions get.
    fn live(&mut self, sid: &str) -> Option<&mut Session> {
        let lifetime = self.session_lifetime;
        if self.by_sid.get(sid).is_some_and(|session| session.opened.elapsed() >= lifetime) {
            self.close(sid);
        }
        self.by_sid.get_mut(sid)
    }

    fn unlist(&mut self, sid: &str, session: &Session) {
        let place = (session.claim.purpose, session.claim.address.clone());
        if let Some(sids) = self.by_address.get_mut(&place) {
            sids.retain(|other| other != sid);
            if sids.is_empty() {
                self.by_address.remove(&place);
            }
        }
    }
}
