//! What the preflight has found so far, for whoever wants to know it even if the preflight goes no further.
//!
//! Takes each finding as it is made; gives all of them, or as far as it came. It finds nothing out itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use threepid_record::model::{Ability, Exchange, Mail};

use super::super::accounts::Method;
use super::super::error::Missing;

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The versions of the specification that the homeserver lists.
    pub versions: Vec<String>,
    /// What it calls itself.
    pub server: Option<String>,
    /// What it offers, as probed.
    pub abilities: Vec<Ability>,
    /// How an account was had.
    pub account: Option<Method>,
    /// The probe mail.
    pub mail: Option<Mail>,
    /// How long after the answer that promised it the mail came.
    pub mail_delay: Duration,
    /// Whether a mail client came to the sink that sent nothing. Then its address is set right, and something else is not.
    pub sink_was_reached: bool,
    /// What was asked so far, in order.
    pub exchanges: Vec<Exchange>,
    /// What it failed at, if it did.
    pub missing: Option<Missing>,
}

/// Where a preflight notes what it finds; clones note in the same place.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<Mutex<Found>>);

impl Watch {
    /// What was found until now.
    pub fn found(&self) -> Found {
        self.lock().clone()
    }

    /// Notes something.
    pub(crate) fn note(&self, note: impl FnOnce(&mut Found)) {
        note(&mut self.lock());
    }

    fn lock(&self) -> MutexGuard<'_, Found> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
