//! Validation sessions ("Establishing associations").
//!
//! Takes what is asked of a session and what time it is; gives what the specification says must happen. It sends no
//! mail and knows no HTTP.

use std::time::{Duration, Instant};

use super::bounded::Bounded;
use super::limits;

/// Letters in a token or an id: 190 bits.
const LETTERS: usize = 32;

/// All validation sessions.
#[derive(Debug)]
pub(super) struct Sessions {
    by_sid: Bounded<String, Session>,
    /// The session of an address and a client secret.
    by_asker: Bounded<(String, String), String>,
}

#[derive(Debug, Clone)]
struct Session {
    address: String,
    client_secret: String,
    token: String,
    send_attempt: i64,
    next_link: Option<String>,
    validated_at_ms: Option<u64>,
    changed: Instant,
}

/// What a request for a token leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Requested {
    pub(super) sid: String,
    /// The token to mail, and the attempt before this one; `None` if no mail is due.
    pub(super) due: Option<(String, i64)>,
}

/// A session that was validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Validated {
    pub(super) address: String,
    pub(super) validated_at_ms: u64,
}

/// Why a session cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum SessionFault {
    #[error("no session has that id and that client secret")]
    Unknown,
    #[error("the session is too old")]
    Expired,
    #[error("the session has not been validated")]
    NotValidated,
    #[error("the token is not the one that was mailed")]
    WrongToken,
}

impl Sessions {
    pub(super) fn new() -> Sessions {
        Sessions { by_sid: Bounded::new(limits::SESSIONS), by_asker: Bounded::new(limits::SESSIONS) }
    }

    /// A token is asked for. A mail is due only for an attempt greater than the last one.
    pub(super) fn request(
        &mut self,
        address: &str,
        client_secret: &str,
        send_attempt: i64,
        next_link: Option<&str>,
        now: Instant,
    ) -> Requested {
        let asker = (address.to_owned(), client_secret.to_owned());
        if let Some(sid) = self.by_asker.get(&asker).cloned()
            && let Some(session) = self.by_sid.get_mut(&sid)
            && !session.is_expired(now)
        {
            let before = session.send_attempt;
            session.next_link = next_link.map(str::to_owned);
            if send_attempt <= before {
                return Requested { sid, due: None };
            }
            session.send_attempt = send_attempt;
            return Requested { sid, due: Some((session.token.clone(), before)) };
        }
        let (sid, token) = (letters(), letters());
        let session = Session {
            address: address.to_owned(),
            client_secret: client_secret.to_owned(),
            token: token.clone(),
            send_attempt,
            next_link: next_link.map(str::to_owned),
            validated_at_ms: None,
            changed: now,
        };
        self.by_sid.insert(sid.clone(), session);
        self.by_asker.insert(asker, sid.clone());
        Requested { sid, due: Some((token, i64::MIN)) }
    }

    /// The mail of an attempt could not be sent: the attempt does not count.
    pub(super) fn not_sent(&mut self, sid: &str, attempt: i64, before: i64) {
        if let Some(session) = self.by_sid.get_mut(sid)
            && session.send_attempt == attempt
        {
            session.send_attempt = before;
        }
    }

    /// A token is handed in; gives where to send the person on to.
    pub(super) fn submit(
        &mut self,
        sid: &str,
        client_secret: &str,
        token: &str,
        now: Instant,
        now_ms: u64,
    ) -> Result<Option<String>, SessionFault> {
        let session = self.usable(sid, client_secret, now)?;
        if session.token != token {
            return Err(SessionFault::WrongToken);
        }
        if session.validated_at_ms.is_none() {
            session.validated_at_ms = Some(now_ms);
            session.changed = now;
        }
        Ok(session.next_link.clone())
    }

    /// What a validated session proves.
    pub(super) fn proof(&mut self, sid: &str, client_secret: &str, now: Instant) -> Result<Validated, SessionFault> {
        let session = self.usable(sid, client_secret, now)?;
        let validated_at_ms = session.validated_at_ms.ok_or(SessionFault::NotValidated)?;
        Ok(Validated { address: session.address.clone(), validated_at_ms })
    }

    fn usable(&mut self, sid: &str, client_secret: &str, now: Instant) -> Result<&mut Session, SessionFault> {
        let session = self.by_sid.get_mut(sid).filter(|session| session.client_secret == client_secret);
        let session = session.ok_or(SessionFault::Unknown)?;
        if session.is_expired(now) { Err(SessionFault::Expired) } else { Ok(session) }
    }
}

impl Session {
    fn is_expired(&self, now: Instant) -> bool {
        now.checked_duration_since(self.changed).unwrap_or(Duration::ZERO) > limits::SESSION_LIFE
    }
}

/// A text that nobody can guess.
pub(super) fn letters() -> String {
    crate::random::letters::<LETTERS>()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = limits::SESSION_LIFE;

    #[test]
    fn a_mail_is_due_for_a_greater_attempt_only() {
        let (mut sessions, now) = (Sessions::new(), Instant::now());
        let first = sessions.request("a@x.test", "secret", 2, None, now);
        assert!(first.due.is_some());
        for attempt in [2, 1] {
            let again = sessions.request("a@x.test", "secret", attempt, None, now);
            assert_eq!(again, Requested { sid: first.sid.clone(), due: None });
        }
        let third = sessions.request("a@x.test", "secret", 3, None, now);
        assert_eq!((third.sid == first.sid, third.due.map(|(_, before)| before)), (true, Some(2)));
        assert_ne!(sessions.request("a@x.test", "other", 1, None, now).sid, first.sid);
        assert_ne!(sessions.request("b@x.test", "secret", 1, None, now).sid, first.sid);
    }

    #[test]
    fn an_attempt_whose_mail_was_not_sent_does_not_count() {
        let (mut sessions, now) = (Sessions::new(), Instant::now());
        let first = sessions.request("a@x.test", "secret", 1, None, now);
        sessions.not_sent(&first.sid, 1, first.due.unwrap().1);
        assert!(sessions.request("a@x.test", "secret", 1, None, now).due.is_some());
    }

    #[test]
    fn only_the_token_with_its_secret_validates() {
        let (mut sessions, now) = (Sessions::new(), Instant::now());
        let Requested { sid, due } = sessions.request("a@x.test", "secret", 1, Some("https://n.test/"), now);
        let (token, _) = due.unwrap();
        assert_eq!(sessions.submit(&sid, "other", &token, now, 5), Err(SessionFault::Unknown));
        assert_eq!(sessions.submit("other", "secret", &token, now, 5), Err(SessionFault::Unknown));
        assert_eq!(sessions.submit(&sid, "secret", "other", now, 5), Err(SessionFault::WrongToken));
        assert_eq!(sessions.proof(&sid, "secret", now), Err(SessionFault::NotValidated));
        assert_eq!(sessions.submit(&sid, "secret", &token, now, 5), Ok(Some("https://n.test/".to_owned())));
        assert!(sessions.submit(&sid, "secret", &token, now, 9).is_ok());
        let proof = Validated { address: "a@x.test".to_owned(), validated_at_ms: 5 };
        assert_eq!(sessions.proof(&sid, "secret", now), Ok(proof));
        assert_eq!(sessions.proof(&sid, "other", now), Err(SessionFault::Unknown));
    }

    #[test]
    fn a_session_lives_a_day_from_its_last_change() {
        let (mut sessions, start) = (Sessions::new(), Instant::now());
        let Requested { sid, due } = sessions.request("a@x.test", "secret", 1, None, start);
        let (token, _) = due.unwrap();
        assert!(sessions.submit(&sid, "secret", &token, start + DAY, 5).is_ok());
        assert!(sessions.proof(&sid, "secret", start + DAY * 2).is_ok());
        let late = start + DAY * 2 + Duration::from_millis(1);
        assert_eq!(sessions.proof(&sid, "secret", late), Err(SessionFault::Expired));
        assert_ne!(sessions.request("a@x.test", "secret", 1, None, late).sid, sid);
    }
}
