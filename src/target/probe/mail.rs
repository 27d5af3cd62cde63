//! Where the probe mail arrives, as the probe needs it.
//!
//! Takes an address; gives the first mail for it. Who listens, and how, is not known here.

use std::pin::Pin;

use tokio::time::Instant;

use threepid_record::model::{Arrival, Mail};

/// Where the probe mail arrives.
pub trait ProbeMail: Sync {
    /// Begins to watch an address.
    fn open(&self, address: &str) -> Box<dyn ProbeMailbox + '_>;
    /// Where mail is taken, as the homeserver would have to be told: host and port, TLS and login.
    fn listens_on(&self) -> String;
    /// Mail that came for addresses nobody watches.
    fn strays(&self) -> Vec<Arrival>;
    /// The last mail client that came there and sent nothing, in words.
    fn unsent(&self) -> Option<String> {
        None
    }
}

/// One watched address.
pub trait ProbeMailbox: Send {
    /// The first mail for the address; `None` if the deadline passes before one comes.
    fn first(&mut self, deadline: Instant) -> Pin<Box<dyn Future<Output = Option<Mail>> + Send + '_>>;
    /// The reply with which a mail for the address was refused, if one was more than can be taken.
    fn refused(&self) -> Option<String> {
        None
    }
}
