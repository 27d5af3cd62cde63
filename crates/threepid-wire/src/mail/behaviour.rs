//! How the sink should misbehave for one recipient, or which extensions it should not offer.
//!
//! Takes scripts per recipient, gives what applies now and counts it down. It never acts itself; the session does.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::address::canonical;
use super::reply::Reply;
use threepid_record::model::MailFault;

/// An SMTP extension that the sink offers unless it is told to hide it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extension {
    /// `PIPELINING`, RFC 2920. Hidden or not, pipelined commands are answered.
    Pipelining = 1,
    /// `SIZE`, RFC 1870. While hidden, a `SIZE=` is refused; the limit itself stays.
    Size = 2,
    /// `8BITMIME`, RFC 6152. While hidden, `BODY=` is refused; 8-bit messages still are taken.
    EightBitMime = 4,
    /// `SMTPUTF8`, RFC 6531. While hidden, the parameter and addresses beyond ASCII are refused.
    SmtpUtf8 = 8,
    /// `ENHANCEDSTATUSCODES`, RFC 2034. Hidden or not, replies have them.
    EnhancedStatusCodes = 16,
    /// `STARTTLS`, RFC 3207. While hidden, the command is refused.
    StartTls = 32,
    /// `AUTH PLAIN LOGIN`, RFC 4954. While hidden, the command is refused.
    Auth = 64,
}

/// What happens to a message at the end of `DATA`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum DataFault {
    Refuse(Reply),
    HangUp,
}

/// A fault of one recipient, and how often it is still to come; `None` for always.
#[derive(Debug)]
struct Script {
    fault: MailFault,
    left: Option<u32>,
}

/// All scripts of one sink. The faults of a recipient apply in the order in which they were given.
#[derive(Debug, Default)]
pub(super) struct Scripts {
    recipients: Mutex<HashMap<String, Vec<Script>>>,
    hidden: AtomicU8,
}

impl Scripts {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<Script>>> {
        self.recipients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, recipient: &str, fault: MailFault, times: Option<u32>) {
        self.lock().entry(canonical(recipient)).or_default().push(Script { fault, left: times });
    }

    pub(super) fn clear(&self, recipient: &str) {
        self.lock().remove(&canonical(recipient));
    }

    pub(super) fn hide(&self, extensions: &[Extension]) {
        let bits = extensions.iter().fold(0, |bits, e| bits | *e as u8);
        self.hidden.store(bits, Ordering::Relaxed);
    }

    pub(super) fn offers(&self, extension: Extension) -> bool {
        let built = cfg!(feature = "tls") || extension != Extension::StartTls;
        built && self.hidden.load(Ordering::Relaxed) & extension as u8 == 0
    }

    /// How long to wait before answering `RCPT TO` for this filed address.
    pub(super) fn stall(&self, key: &str) -> Option<Duration> {
        self.next(key, |fault| match fault {
            MailFault::Stall(duration) => Some(*duration),
            _ => None,
        })
    }

    /// What to refuse `RCPT TO` with for this filed address.
    pub(super) fn refusal(&self, key: &str) -> Option<Reply> {
        self.next(key, |fault| match fault {
            MailFault::RefuseRcpt { code, text } => Some(Reply::refusal(*code, text)),
            _ => None,
        })
    }

    /// What to do at the end of `DATA` instead of taking the message.
    pub(super) fn at_data(&self, key: &str) -> Option<DataFault> {
        self.next(key, |fault| match fault {
            MailFault::RefuseData { code, text } => Some(DataFault::Refuse(Reply::refusal(*code, text))),
            MailFault::HangUp => Some(DataFault::HangUp),
            _ => None,
        })
    }

    /// The first script of a recipient that applies, counted down.
    fn next<T>(&self, key: &str, applies: impl Fn(&MailFault) -> Option<T>) -> Option<T> {
        let mut recipients = self.lock();
        let scripts = recipients.get_mut(key)?;
        for script in scripts.iter_mut() {
            let Some(found) = applies(&script.fault) else {
                continue;
            };
            match &mut script.left {
                None => return Some(found),
                Some(0) => {}
                Some(left) => {
                    *left -= 1;
                    return Some(found);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_applies_as_often_as_it_says_and_then_the_next_one() {
        let scripts = Scripts::default();
        let refuse = |code| MailFault::RefuseRcpt { code, text: "no".into() };
        scripts.add("A@x.test", refuse(451), Some(2));
        scripts.add("a@x.test", refuse(550), None);
        let replies: Vec<_> = (0..4).map(|_| scripts.refusal("a@x.test")).collect();
        let expected = |code| Some(Reply::refusal(code, "no"));
        assert_eq!(replies, [expected(451), expected(451), expected(550), expected(550)]);
        assert_eq!(scripts.refusal("b@x.test"), None);
        assert_eq!(scripts.at_data("a@x.test"), None);
        scripts.clear("a@X.test");
        assert_eq!(scripts.refusal("a@x.test"), None);
    }

    #[test]
    fn hiding_replaces_what_was_hidden() {
        let scripts = Scripts::default();
        assert!(scripts.offers(Extension::SmtpUtf8));
        scripts.hide(&[Extension::SmtpUtf8, Extension::Size]);
        assert!(!scripts.offers(Extension::SmtpUtf8) && !scripts.offers(Extension::Size));
        assert!(scripts.offers(Extension::Auth));
        scripts.hide(&[]);
        assert!(scripts.offers(Extension::SmtpUtf8) && scripts.offers(Extension::Size));
    }
}
