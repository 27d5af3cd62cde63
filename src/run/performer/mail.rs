//! The steps that wait for mail, or for none.

use tokio::time::Instant;

use super::super::missing_mail;
use super::{Performer, unbound};
use threepid_engine::scenario::{MailWait, Quiet, Step};
use threepid_record::model::{Delivery, Entry, Event, Mail, NoMailWindow, Stop};
use threepid_wire::mail::{Received, read_mail};

/// How many mails that no step asked for are kept of one address.
const MOST_UNASKED: usize = 20;
/// How many mails for other addresses are named where one is missing.
const MOST_STRAYS: usize = 10;

impl Performer<'_> {
    pub(super) async fn mail(&mut self, index: usize, step: &Step, wait: &MailWait) -> Result<(), Stop> {
        let address = self.values.fill_text(&wait.to).map_err(unbound)?;
        let within = wait.within.unwrap_or(self.context.limits.mail);
        let at_ms = self.since_begun();
        let begun = Instant::now();
        let received = self.mailboxes.of(&address).receive(wait.count, begun + within).await;
        let missing = received.len() < wait.count;
        let mut excused = None;
        if missing {
            let refused = self.mailboxes.of(&address).refused();
            excused = missing_mail::excuse(refused, &address, &self.client()?, self.context).await;
        }
        let delivery = Delivery {
            mailbox: address,
            wanted: wait.count,
            mails: received.iter().map(|one| self.read(one)).collect(),
            waited_ms: begun.elapsed().as_secs_f64() * 1000.0,
            deadline_ms: within.as_secs_f64() * 1000.0,
            strays: if missing {
                self.context.sink.strays().into_iter().rev().take(MOST_STRAYS).collect()
            } else {
                Vec::new()
            },
        };
        // What has an excuse is not held against the step, so that nobody is judged by it.
        let judged = Some(index).filter(|_| excused.is_none());
        let entry = Entry { step: judged, turn: 0, label: step.label.clone(), at_ms, event: Event::Delivery(delivery) };
        self.transcript.entries.push(entry);
        let Some((exchange, stop)) = excused else { return Ok(()) };
        if let Some(exchange) = exchange {
            self.push(None, 0, "is it still there?", Event::Exchange(exchange));
        }
        Err(stop)
    }

    pub(super) async fn quiet(&mut self, index: usize, step: &Step, quiet: &Quiet) -> Result<(), Stop> {
        let address = self.values.fill_text(&quiet.to).map_err(unbound)?;
        let window = quiet.window.unwrap_or(self.context.limits.quiet);
        let at_ms = self.since_begun();
        let received = self.mailboxes.of(&address).anything_until(Instant::now() + window).await;
        let silence = NoMailWindow {
            mailbox: address,
            window_ms: window.as_secs_f64() * 1000.0,
            mails: received.iter().take(MOST_UNASKED).map(|one| self.read(one)).collect(),
        };
        let entry =
            Entry { step: Some(index), turn: 0, label: step.label.clone(), at_ms, event: Event::NoMailWindow(silence) };
        self.transcript.entries.push(entry);
        Ok(())
    }

    /// Keeps what is in the mailboxes at the end.
    pub(super) async fn unasked_mail(&mut self) {
        for (mailbox, mails) in self.mailboxes.left_over().await {
            let label = match mails.len().saturating_sub(MOST_UNASKED) {
                0 => "mail that no step asked for".to_owned(),
                more => format!("mail that no step asked for, and {more} more that are not kept"),
            };
            let mails = mails.iter().take(MOST_UNASKED).map(|one| self.read(one)).collect();
            let delivery = Delivery { mailbox, wanted: 0, mails, waited_ms: 0.0, deadline_ms: 0.0, strays: Vec::new() };
            self.push(None, 0, &label, Event::Delivery(delivery));
        }
    }

    fn read(&self, received: &Received) -> Mail {
        read_mail(received, &self.linked)
    }
}
