//! The mailboxes of one trial.
//!
//! A mailbox is opened as soon as its address can be known, which is before the request that causes the mail: a wait
//! never races the mail it waits for.

use std::sync::Arc;

use threepid_wire::mail::{Mailbox, Received, Sink};

/// All mailboxes that a trial has opened.
pub(super) struct Mailboxes {
    sink: Sink,
    open: Vec<Mailbox>,
}

impl Mailboxes {
    pub(super) fn new(sink: Sink) -> Mailboxes {
        Mailboxes { sink, open: Vec::new() }
    }

    /// The mailbox of an address, opened if it is not yet.
    pub(super) fn of(&mut self, address: &str) -> &mut Mailbox {
        let index = match self.open.iter().position(|mailbox| mailbox.address() == address) {
            Some(index) => index,
            None => {
                self.open.push(self.sink.mailbox(address));
                self.open.len() - 1
            }
        };
        &mut self.open[index]
    }

    /// Whether the address has a mailbox already.
    pub(super) fn has(&self, address: &str) -> bool {
        self.open.iter().any(|mailbox| mailbox.address() == address)
    }

    /// What is in the mailboxes and was never asked for: address and mails.
    pub(super) async fn left_over(&mut self) -> Vec<(String, Vec<Arc<Received>>)> {
        let now = tokio::time::Instant::now();
        let mut left = Vec::new();
        for mailbox in &mut self.open {
            let mails = mailbox.receive(usize::MAX, now).await;
            if !mails.is_empty() {
                left.push((mailbox.address().to_owned(), mails));
            }
        }
        left
    }
}
