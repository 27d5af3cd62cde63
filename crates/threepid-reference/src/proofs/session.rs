//! One validation session, and the words around it.
//!
//! *Takes* a claim and visits; *gives* a verdict on each visit and the proof that a right one leaves; *never* knows of other
//! sessions.

use std::{sync::Arc, time::Instant};

use tokio::sync::Mutex as Gate;

use crate::{address::Address, clock::now_ms, random, switches::Switches};

/// Wrong tokens that a session takes before all its links stop working.
const MAX_WRONG_TOKENS: u32 = 10;

/// What a validated address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    /// Adding the address to an account.
    Add,
    /// Creating an account with the address.
    Register,
    /// Setting a new password for the account that has the address.
    Reset,
}

/// A claim to an address: what a requestToken request says.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(crate) purpose: Purpose,
    pub(crate) address: Address,
    pub(crate) client_secret: String,
    /// Where the link leads on to once it has validated.
    pub(crate) next_link: Option<String>,
}

/// An open session: its id, and the gate that lets one request for it through at a time.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) sid: String,
    pub(crate) gate: Arc<Gate<()>>,
}

/// What a `send_attempt` calls for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sending {
    /// This attempt, or a later one, was mailed before: nothing to send.
    Done,
    /// A mail with this token; it works from now on, since the mail may arrive before the SMTP server's answer does.
    Mail(String),
    /// The session is gone: it expired or had to make room.
    Gone,
}

/// What a visitor of a link brings.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) sid: String,
    /// `None` where the links of this server carry no client secret.
    pub(crate) client_secret: Option<String>,
    pub(crate) token: String,
}

/// A visit that validated, or found validated what it came to validate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Followed {
    pub(crate) next_link: Option<String>,
    pub(crate) is_first: bool,
}

/// Why a link does not validate; the text is for the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LinkFailure {
    #[error("This link belongs to no pending request. Please ask your client for a new e-mail.")]
    UnknownSession,
    #[error("This link is not the one that was sent to you. Please copy it completely from the e-mail.")]
    WrongSecret,
    #[error("This link is not the one that was sent to you. Please copy it completely from the e-mail.")]
    WrongToken,
    #[error("This link has expired. Please ask your client for a new e-mail.")]
    Expired,
    #[error("Too many wrong links were tried. Please ask your client for a new e-mail.")]
    Exhausted,
}

/// Why a session proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoProof {
    Unknown,
    NotValidated,
}

/// A validated address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proof {
    pub(crate) address: Address,
    /// In milliseconds since the epoch.
    pub(crate) validated_at: u64,
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) claim: Claim,
    gate: Arc<Gate<()>>,
    pub(super) opened: Instant,
    /// The highest attempt whose mail was accepted.
    pub(super) mailed_attempt: Option<i64>,
    pub(super) tokens: Vec<Token>,
    pub(super) wrong_tokens: u32,
    validated_at: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Token {
    pub(super) value: String,
    pub(super) expires: Instant,
}

impl Session {
    pub(super) fn new(claim: Claim) -> Self {
        Self {
            claim,
            gate: Arc::default(),
            opened: Instant::now(),
            mailed_attempt: None,
            tokens: Vec::new(),
            wrong_tokens: 0,
            validated_at: None,
        }
    }

    pub(super) fn opened_as(&self, sid: String) -> Opened {
        let gate = Arc::clone(&self.gate);
        Opened { sid, gate }
    }

    /// The same session for a further request, which may wish to go on elsewhere.
    pub(super) fn reopen(&mut self, sid: &str, next_link: Option<String>) -> Opened {
        self.claim.next_link = next_link;
        self.opened_as(sid.to_owned())
    }

    /// Whether this is the session of that client.
    pub(super) fn is_of(&self, client_secret: &str) -> bool {
        random::same(self.claim.client_secret.as_bytes(), client_secret.as_bytes())
    }

    pub(super) fn follow(&mut self, switches: &Switches, visit: &Visit) -> Result<Followed, LinkFailure> {
        if self.wrong_tokens >= MAX_WRONG_TOKENS {
            return Err(LinkFailure::Exhausted);
        }
        let secret = visit.client_secret.as_deref();
        if !secret.is_none_or(|given| self.is_of(given)) && !switches.has_defect("any-secret-validates") {
            return Err(self.refuse(switches, LinkFailure::WrongSecret));
        }
        let right = |token: &&Token| random::same(token.value.as_bytes(), visit.token.as_bytes());
        let token = self.tokens.iter().find(right);
        let token = match token {
            None if switches.has_defect("any-token-validates") => self.tokens.last(),
            token => token,
        };
        let Some(token) = token else {
            return Err(self.refuse(switches, LinkFailure::WrongToken));
        };
        if token.expires <= Instant::now() && !switches.has_defect("expired-links-validate") {
            return Err(LinkFailure::Expired);
        }
        let is_first = self.validated_at.is_none();
        if !is_first && switches.has_defect("second-click-unvalidates") {
            self.validated_at = None;
            return Err(LinkFailure::Expired);
        }
        self.validated_at.get_or_insert_with(now_ms);
        let next_link = self.claim.next_link.clone();
        Ok(Followed { next_link, is_first })
    }

    /// Counts a wrong visit; after too many no link of the session works any more.
    fn refuse(&mut self, switches: &Switches, reason: LinkFailure) -> LinkFailure {
        if !switches.has_defect("tokens-count-up") {
            self.wrong_tokens += 1;
        }
        if self.wrong_tokens >= MAX_WRONG_TOKENS {
            self.tokens.clear();
        }
        reason
    }

    pub(super) fn proof(&self) -> Result<Proof, NoProof> {
        let validated_at = self.validated_at.ok_or(NoProof::NotValidated)?;
        Ok(Proof { address: self.claim.address.clone(), validated_at })
    }
}
