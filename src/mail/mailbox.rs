//! A mailbox: where one waits for mail.
//!
//! Takes an address, gives the mails that come for it in their order. A waiting task is woken, it never polls.
//! Giving up a wait (dropping its future) loses no mail.

use std::sync::Arc;

use tokio::time::{Instant, timeout_at};

use super::address::canonical;
use super::office::{Office, Received, Slot};

/// An open mailbox. It gets each mail for its address from the moment it is opened, and those that came earlier while
/// nobody waited. Dropping it closes it.
#[derive(Debug)]
pub struct Mailbox {
    address: String,
    key: String,
    slot: Arc<Slot>,
    office: Arc<Office>,
}

impl Mailbox {
    pub(super) fn open(office: &Arc<Office>, address: &str) -> Self {
        let key = canonical(address);
        let slot = office.open(&key);
        Self { address: address.to_owned(), key, slot, office: Arc::clone(office) }
    }

    /// The address as it was asked for.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Waits until `count` mails are there and takes them out; or takes out what came by the deadline.
    /// A mail that is there already counts. Never gives more than `count`; later ones stay.
    pub async fn receive(&mut self, count: usize, deadline: Instant) -> Vec<Arc<Received>> {
        while self.slot.len() < count {
            if timeout_at(deadline, self.slot.arrived.notified()).await.is_err() {
                break;
            }
        }
        self.slot.take(count)
    }

    /// Waits for silence: gives nothing if nothing comes until `end`, else all that is there as soon as there is any.
    pub async fn anything_until(&mut self, end: Instant) -> Vec<Arc<Received>> {
        while self.slot.len() == 0 {
            if timeout_at(end, self.slot.arrived.notified()).await.is_err() {
                break;
            }
        }
        self.slot.take(usize::MAX)
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.office.close(&self.key, &self.slot);
    }
}
