//! Clients that came to the sink and sent no mail: why none came is often seen there.
//!
//! Takes what a session did before its first mail; gives it in words. It remembers the last few alone.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// How many are remembered.
const MOST: usize = 16;

/// A client that greeted and has sent no mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    session: u64,
    /// What it called itself.
    pub helo: String,
    /// How far it came with TLS.
    pub tls: Tls,
    /// Whether it was refused for want of the login that the sink demands, or for another than that.
    pub login_refused: bool,
}

/// How far a client came with TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// It was not offered.
    NotOffered,
    /// It was offered, and not taken.
    Offered,
    /// It was begun.
    Begun,
    /// It came first, where it is not taken so.
    AtOnce,
}

impl fmt::Display for Unsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let helo: String = self.helo.chars().filter(|c| !c.is_control()).take(80).collect();
        let left = match self.tls {
            _ if self.login_refused => {
                "and was refused because it did not log in as `--smtp-user` says: set that user and password in its SMTP \
                 settings, or ask for no login"
            }
            Tls::NotOffered => {
                "was offered no STARTTLS and sent no mail: if it must use TLS, as with `require_transport_security`, let it \
                 send without; `--smtp-starttls` offers it, for those that take a certificate that nobody has signed"
            }
            Tls::Offered => "was offered STARTTLS and sent no mail",
            Tls::AtOnce => {
                "spoke TLS from the first byte, as with `force_tls`, and sent no mail: let it send without, or take it so \
                 with `--smtp-tls`"
            }
            Tls::Begun => {
                "began TLS and sent no mail: nobody has signed the sink's certificate, so let it send without TLS (without \
                 `--smtp-starttls` none is offered)"
            }
        };
        let comma = if self.login_refused { "" } else { "," };
        let name = if helo.is_empty() { String::new() } else { format!(" that calls itself `{helo}`") };
        write!(f, "a mail client{name} came to the sink{comma} {left}")
    }
}

/// The last few of a sink.
#[derive(Debug, Default)]
pub(super) struct UnsentLog {
    last: Mutex<VecDeque<Unsent>>,
}

impl UnsentLog {
    fn with<T>(&self, work: impl FnOnce(&mut VecDeque<Unsent>) -> T) -> T {
        work(&mut self.last.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A client greeted, or went on to TLS.
    pub(super) fn came(&self, session: u64, helo: &str, tls: Tls) {
        self.with(|last| {
            if let Some(known) = last.iter_mut().find(|known| known.session == session) {
                known.tls = tls;
                if !helo.is_empty() {
                    known.helo = helo.to_owned();
                }
                return;
            }
            if last.len() == MOST {
                last.pop_front();
            }
            last.push_back(Unsent { session, helo: helo.to_owned(), tls, login_refused: false });
        });
    }

    /// A client did not log in, or as somebody else, where a login is demanded.
    pub(super) fn login_refused(&self, session: u64) {
        self.with(|last| {
            last.iter_mut().filter(|known| known.session == session).for_each(|known| known.login_refused = true);
        });
    }

    /// A client sends mail.
    pub(super) fn sends(&self, session: u64) {
        self.with(|last| last.retain(|known| known.session != session));
    }

    /// The last one.
    pub(super) fn last(&self) -> Option<Unsent> {
        self.with(|last| last.back().cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sent_mail_is_forgotten_and_who_did_not_is_told_of() {
        let log = UnsentLog::default();
        log.came(1, "hs.example", Tls::NotOffered);
        log.came(2, "other.example", Tls::Offered);
        log.came(2, "", Tls::Begun);
        let said = log.last().unwrap().to_string();
        assert!(said.contains("`other.example` came to the sink, began TLS"), "{said}");
        log.sends(2);
        assert!(log.last().unwrap().to_string().contains("require_transport_security"));
        log.login_refused(1);
        let said = log.last().unwrap().to_string();
        assert!(
            said.contains("`hs.example` came to the sink and was refused") && said.contains("--smtp-user"),
            "{said}"
        );
        log.sends(1);
        assert_eq!(log.last(), None);
        (0..100).for_each(|session| log.came(session, "x", Tls::Offered));
        assert_eq!(log.with(|last| last.len()), MOST);
    }
}
