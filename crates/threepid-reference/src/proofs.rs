//! Validation sessions: the way from "somebody claims this address" to "its owner confirmed it".
//!
//! *Takes* claims, visits of links and questions; *gives* a `sid`, a verdict on the link, a proof that can be spent once;
//! *never* sends mail or touches accounts. A session belongs to one purpose, one address and one client secret: a proof made
//! for adding an address cannot reset a password.
//!
//! Specification: client-server API, `POST /account/3pid/email/requestToken` (`client_secret`, `send_attempt`, `sid`);
//! identity service API, "Establishing associations" for what the client-server API leaves open.

mod session;

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use super::{address::Address, bounded::Bounded, random, switches::Switches};

pub(super) use session::{Claim, Followed, LinkFailure, NoProof, Opened, Proof, Purpose, Sending, Visit};

use session::{Session, Token};

/// Sessions on one server; a further one makes it forget the oldest.
const MAX_SESSIONS: usize = 100_000;
/// Sessions for one address and purpose; a further one makes it forget the oldest of them.
const MAX_SESSIONS_PER_ADDRESS: usize = 32;
/// Links of one session that work at the same time; a further mail makes it forget the oldest.
const MAX_LIVE_TOKENS: usize = 8;

/// All validation sessions of the server.
#[derive(Debug)]
pub(super) struct Proofs {
    session_lifetime: Duration,
    token_lifetime: Duration,
    by_sid: Bounded<String, Session>,
    /// The sids of an address, oldest first.
    by_address: HashMap<(Purpose, Address), Vec<String>>,
    /// The sessions whose proof was used: what a defect tells apart from those that never were.
    ended: Bounded<String, ()>,
    /// How many tokens there were: what a defect's tokens are made of, and how defects spare the first mail.
    tokens_made: u32,
}

impl Proofs {
    pub(super) fn new(session_lifetime: Duration, token_lifetime: Duration) -> Self {
        let by_sid = Bounded::new(MAX_SESSIONS);
        let ended = Bounded::new(MAX_SESSIONS);
        Self { session_lifetime, token_lifetime, by_sid, by_address: HashMap::new(), ended, tokens_made: 0 }
    }

    /// The session of this claim; a new one if there is none. Anybody may ask, so nothing is validated by it.
    pub(super) fn open(&mut self, switches: &Switches, claim: Claim, sid: impl FnOnce() -> String) -> Opened {
        let place = (claim.purpose, claim.address.clone());
        let known = self.by_address.get(&place).cloned().unwrap_or_default();
        for sid in &known {
            if let Some(session) = self.live(sid)
                && session.is_of(&claim.client_secret)
                && !switches.has_defect("repeat-changes-the-sid")
                && !switches.has_shape("new-sid-every-request")
            {
                return session.reopen(sid, claim.next_link);
            }
        }
        if known.len() >= MAX_SESSIONS_PER_ADDRESS {
            self.close(&known[0]);
        }
        let session = Session::new(claim);
        let opened = session.opened_as(sid());
        if let Some((sid, evicted)) = self.by_sid.insert(opened.sid.clone(), session) {
            self.unlist(&sid, &evicted);
        }
        self.by_address.entry(place).or_default().push(opened.sid.clone());
        opened
    }

    /// What to do for an attempt. Call it, and [`Self::mailed`] or [`Self::withdraw`], inside the session's gate.
    pub(super) fn prepare(&mut self, switches: &Switches, sid: &str, attempt: i64) -> Sending {
        let expires = Instant::now() + self.token_lifetime;
        self.tokens_made = self.tokens_made.wrapping_add(1);
        let value = if switches.has_defect("tokens-count-up") {
            format!("{:04}", self.tokens_made)
        } else if switches.has_shape("ten-letter-tokens") {
            random::letters(10)
        } else {
            random::token()
        };
        let mailed_to_another = self.mailed_elsewhere(switches, sid);
        let Some(session) = self.live(sid) else {
            return Sending::Gone;
        };
        let mailed_attempt = session.mailed_attempt.or(mailed_to_another);
        let done = mailed_attempt.is_some_and(|mailed| {
            attempt < mailed
                || attempt == mailed && !switches.has_defect("same-attempt-mails-again")
                || switches.has_defect("higher-attempt-mails-nothing")
        });
        if done {
            return Sending::Done;
        }
        // Requests with sessions of their own do not wait for each other, so the attempt counts from here on.
        if switches.has_defect("failed-attempt-not-repeated") || switches.has_shape("new-sid-every-request") {
            session.mailed_attempt = Some(attempt);
        }
        if session.tokens.len() >= MAX_LIVE_TOKENS {
            session.tokens.remove(0);
        }
        // A fresh token makes up for wrong ones that were tried before: guessing starts again from nothing.
        session.wrong_tokens = 0;
        session.tokens.push(Token { value: value.clone(), expires });
        Sending::Mail(value)
    }

    /// The attempt that was mailed in other sessions of this client: to the same address where every request has a session
    /// of its own, to any address where a defect counts these together.
    fn mailed_elsewhere(&mut self, switches: &Switches, sid: &str) -> Option<i64> {
        let any_address = switches.has_defect("attempts-count-across-addresses");
        if !any_address && !switches.has_shape("new-sid-every-request") {
            return None;
        }
        let claim = self.live(sid)?.claim.clone();
        let place = (claim.purpose, claim.address);
        let places = self.by_address.iter().filter(|(other, _)| any_address || **other == place);
        let sessions = places.flat_map(|(_, sids)| sids).filter_map(|sid| self.by_sid.get(sid));
        let of_client = sessions.filter(|session| session.is_of(&claim.client_secret));
        of_client.filter_map(|session| session.mailed_attempt).max()
    }

    /// The token of a session's latest mail: what a defect gives away.
    pub(super) fn newest_token(&mut self, sid: &str) -> Option<String> {
        self.live(sid)?.tokens.last().map(|token| token.value.clone())
    }

    /// Whether no more than one mail was ever to be sent.
    pub(super) fn is_first_mail(&self) -> bool {
        self.tokens_made <= 1
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
    pub(super) fn follow(&mut self, switches: &Switches, visit: &Visit) -> Result<Followed, LinkFailure> {
        self.live(&visit.sid).ok_or(LinkFailure::UnknownSession)?.follow(switches, visit)
    }

    /// What the session is for, whoever asks: the page of a link depends on it.
    pub(super) fn purpose(&mut self, sid: &str) -> Option<Purpose> {
        self.live(sid).map(|session| session.claim.purpose)
    }

    /// The proof that a session holds for its client.
    pub(super) fn proof(&mut self, purpose: Purpose, sid: &str, client_secret: &str) -> Result<Proof, NoProof> {
        self.claimed(purpose, sid, client_secret).ok_or(NoProof::Unknown)?.proof()
    }

    /// The proof that a session holds, for whoever knows the sid: what a defect gives away.
    pub(super) fn anybodys_proof(&mut self, sid: &str) -> Result<Proof, NoProof> {
        self.live(sid).ok_or(NoProof::Unknown)?.proof()
    }

    /// The proof that a session holds for its client, whatever it was made for: what a defect gets wrong.
    pub(super) fn any_proof(&mut self, sid: &str, client_secret: &str) -> Result<Proof, NoProof> {
        self.live(sid).filter(|session| session.is_of(client_secret)).ok_or(NoProof::Unknown)?.proof()
    }

    /// The address that a session claims, whether validated or not.
    pub(super) fn claimed_address(&mut self, purpose: Purpose, sid: &str, client_secret: &str) -> Option<Address> {
        self.claimed(purpose, sid, client_secret).map(|session| session.claim.address.clone())
    }

    /// Whether a session has ended.
    pub(super) fn has_ended(&self, sid: &str) -> bool {
        self.ended.get(sid).is_some()
    }

    /// Ends a session: its proof was used, and proofs are used once.
    pub(super) fn close(&mut self, sid: &str) {
        self.ended.insert(sid.to_owned(), ());
        if let Some(session) = self.by_sid.remove(sid) {
            self.unlist(sid, &session);
        }
    }

    /// Ends all sessions for an address.
    pub(super) fn close_all(&mut self, purpose: Purpose, address: &Address) {
        for sid in self.by_address.get(&(purpose, address.clone())).cloned().unwrap_or_default() {
            self.close(&sid);
        }
    }

    fn claimed(&mut self, purpose: Purpose, sid: &str, client_secret: &str) -> Option<&mut Session> {
        self.live(sid).filter(|session| session.claim.purpose == purpose && session.is_of(client_secret))
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
