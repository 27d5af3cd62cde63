//! The steps that wait for mail, or for none.
//!
//! What they wait for is mail that a request caused: it came after it, to its address, and carries a link or a code.
//! Notices, welcomes and second copies are recorded and set aside; no step is judged by them.

use std::sync::Arc;

use tokio::time::Instant;

use super::super::missing_mail;
use super::Performer;
use crate::run::stop::{impossible, unbound};
use threepid_engine::scenario::{MailWait, Quiet, Step};
use threepid_record::model::{Carrier, Delivery, Entry, Event, Link, LinkSource, Mail, NoMailWindow, Stop};
use threepid_wire::mail::{Proof, Received, canonical, message_id, proof, read_mail};

/// How many mails that no step asked for are kept of one address.
const MOST_UNASKED: usize = 20;
/// How many mails for other addresses are named where one is missing.
const MOST_STRAYS: usize = 10;

/// What a step waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    Mail,
    Silence,
}

/// What a mail is to the step that waits.
enum Sorted {
    /// One that it waits for.
    Wanted,
    /// Something else: what.
    Aside(&'static str),
    /// It might be one, but what it carries cannot be told: why.
    Unclear(String),
}

/// What a wait brought.
#[derive(Default)]
struct Arrivals {
    wanted: Vec<Mail>,
    /// Why nothing can be said of a mail that came.
    unclear: Option<String>,
}

impl Performer<'_> {
    pub(super) async fn mail(&mut self, index: usize, step: &Step, wait: &MailWait) -> Result<(), Stop> {
        let address = self.values.fill_text(&wait.to).map_err(unbound)?;
        let within = wait.within.unwrap_or(self.context.limits.mail);
        let at_ms = self.since_begun();
        let begun = Instant::now();
        let arrivals = self.arrivals(&address, For::Mail, wait.count, begun + within).await;
        let missing = arrivals.wanted.len() < wait.count;
        let mut excused = None;
        if missing {
            let refused = self.mailboxes.of(&address).refused();
            excused = match arrivals.unclear {
                Some(unclear) => Some((None, impossible(unclear))),
                None => missing_mail::excuse(refused, &address, &self.client()?, self.context).await,
            };
        } else {
            self.causes.satisfied(&address);
        }
        let delivery = Delivery {
            mailbox: address,
            wanted: wait.count,
            mails: arrivals.wanted,
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
        let end = Instant::now() + window;
        let mut arrivals = self.arrivals(&address, For::Silence, 1, end).await;
        if !arrivals.wanted.is_empty() {
            // NoMailWindow is broken; what else is there already is shown with it.
            arrivals.wanted.extend(self.arrivals(&address, For::Silence, MOST_UNASKED, Instant::now()).await.wanted);
        }
        let broken = !arrivals.wanted.is_empty();
        // A mail that the sink did not take would have broken the silence.
        let refused = self.mailboxes.of(&address).refused();
        let unclear =
            arrivals.unclear.or_else(|| refused.map(|reply| missing_mail::refused_at_a_limit(&address, &reply)));
        let mails = arrivals.wanted;
        let silence = NoMailWindow { mailbox: address, window_ms: window.as_secs_f64() * 1000.0, mails };
        let judged = Some(index).filter(|_| broken || unclear.is_none());
        let entry =
            Entry { step: judged, turn: 0, label: step.label.clone(), at_ms, event: Event::NoMailWindow(silence) };
        self.transcript.entries.push(entry);
        match unclear {
            Some(unclear) if !broken => Err(impossible(unclear)),
            _ => Ok(()),
        }
    }

    /// Waits until so many mails are there that a request caused, or until the deadline.
    async fn arrivals(&mut self, address: &str, what: For, count: usize, deadline: Instant) -> Arrivals {
        let mut arrivals = Arrivals::default();
        while arrivals.wanted.len() < count {
            let Some(received) = self.mailboxes.of(address).receive(1, deadline).await.pop() else {
                break;
            };
            let mut mail = self.read(&received);
            match self.sort(address, what, &received, &mut mail) {
                Sorted::Wanted => arrivals.wanted.push(mail),
                Sorted::Aside(label) => self.set_aside(address, label, vec![mail]),
                Sorted::Unclear(why) => {
                    self.set_aside(address, "mail that cannot be told from others", vec![mail]);
                    arrivals.unclear.get_or_insert(why);
                }
            }
        }
        arrivals
    }

    fn sort(&mut self, address: &str, what: For, received: &Arc<Received>, mail: &mut Mail) -> Sorted {
        let id = (canonical(address), message_id(mail));
        if self.read_before.contains(&id) {
            return Sorted::Aside("a second copy of a mail");
        }
        self.read_before.push(id);
        if self.causes.since(address).is_some_and(|asked| received.arrived < asked) {
            return Sorted::Aside("mail from before it was asked for");
        }
        let subject = mail.header("subject").unwrap_or("without a subject").to_owned();
        match proof(mail) {
            Proof::Link => Sorted::Wanted,
            Proof::Nothing => Sorted::Aside("mail that carries neither a link nor a code"),
            // Two links are two too many, whichever is meant; two numbers in a notice are none.
            Proof::Ambiguous(_) if what == For::Silence => match mail.link().and_then(|link| link.carries) {
                Some(_) => Sorted::Wanted,
                None => Sorted::Aside("mail that carries neither a link nor a code"),
            },
            Proof::Ambiguous(equal) => Sorted::Unclear(format!(
                "the mail to {address} ({subject}) carries several that look equally like the one to use: {}; nothing \
                 says which",
                equal.join(" and ")
            )),
            Proof::Cut => Sorted::Unclear(format!(
                "the mail to {address} ({subject}) has more than is read, and no link in what was: more than {} bytes in \
                 one part (--mail-text-limit), 200 parts, 20 within each other, 5000 links, or 16 KiB in one link",
                self.context.limits.mail_text
            )),
            Proof::Code { value, clear } => match self.causes.submission(address) {
                Some(submission) => {
                    let url = submission.link(&value);
                    self.by_code.push((url.clone(), submission.url().clone()));
                    let (source, carries) = (LinkSource::Code, Some(Carrier::Query));
                    mail.links.insert(0, Link { url, source, carries, score: i32::MAX, ..Link::default() });
                    Sorted::Wanted
                }
                // Without a session that takes it, a number in a notice proves nothing.
                None if clear && what == For::Mail => Sorted::Unclear(format!(
                    "the mail to {address} ({subject}) has no link but what looks like a code, and the answer to \
                     requestToken has no submit_url to send it to"
                )),
                None => Sorted::Aside("mail that carries neither a link nor a code"),
            },
        }
    }

    /// Records mail that no step is judged by.
    fn set_aside(&mut self, mailbox: &str, label: &str, mails: Vec<Mail>) {
        let mailbox = mailbox.to_owned();
        let delivery = Delivery { mailbox, wanted: 0, mails, waited_ms: 0.0, deadline_ms: 0.0, strays: Vec::new() };
        self.push(None, 0, label, Event::Delivery(delivery));
    }

    /// Keeps what is in the mailboxes at the end.
    pub(super) async fn unasked_mail(&mut self) {
        for (mailbox, mails) in self.mailboxes.left_over().await {
            let label = match mails.len().saturating_sub(MOST_UNASKED) {
                0 => "mail that no step asked for".to_owned(),
                more => format!("mail that no step asked for, and {more} more that are not kept"),
            };
            let mails = mails.iter().take(MOST_UNASKED).map(|one| self.read(one)).collect();
            self.set_aside(&mailbox, &label, mails);
        }
    }

    fn read(&self, received: &Received) -> Mail {
        read_mail(received, &self.linked, self.context.limits.mail_text)
    }
}
