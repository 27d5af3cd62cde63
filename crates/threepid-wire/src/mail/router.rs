//! The post router: who gets a mail.
//!
//! Takes a mail with its recipients, gives it to every mailbox of each of them, or keeps it among the strays.
//! All of that happens under one lock, so a mailbox that opens either finds the mail among the strays or gets it.
//! It never takes a mail that a mailbox has no room for.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, broadcast};
use tokio::time::Instant;

use threepid_record::model::{Envelope, SessionFacts};

/// How many mails a subscriber may be behind before it misses the oldest.
const SUBSCRIBER_MAILS: usize = 64;

/// A mail as it came, for one of its recipients.
#[derive(Debug, Clone)]
pub struct Received {
    /// The SMTP envelope.
    pub envelope: Envelope,
    /// Facts of the SMTP session.
    pub session: SessionFacts,
    /// The message, dot-stuffing removed. Shared by all recipients.
    pub raw: Arc<[u8]>,
    /// When its last byte was there.
    pub arrived: Instant,
    /// The recipient, as the envelope writes it.
    pub recipient: String,
}

/// What a mailbox holds until it is taken out.
#[derive(Debug, Default)]
struct Held {
    mails: VecDeque<Arc<Received>>,
    bytes: usize,
}

/// One open mailbox's slot.
#[derive(Debug, Default)]
pub(super) struct Slot {
    held: Mutex<Held>,
    /// The reply with which the last mail was refused that was for this mailbox, or could have been.
    refused: Mutex<Option<String>>,
    /// Wakes the one task that waits at this mailbox.
    pub(super) arrived: Notify,
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the last mail that was refused was.
    pub(super) fn refused(&self) -> Option<String> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note_refusal(&self, reply: &str) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(reply.to_owned());
    }

    /// How many mails are there.
    pub(super) fn len(&self) -> usize {
        self.lock().mails.len()
    }

    /// Takes out the oldest `count` mails, or all if there are fewer.
    pub(super) fn take(&self, count: usize) -> Vec<Arc<Received>> {
        let mut held = self.lock();
        let count = count.min(held.mails.len());
        let taken: Vec<_> = held.mails.drain(..count).collect();
        held.bytes -= taken.iter().map(|mail| mail.raw.len()).sum::<usize>();
        taken
    }

    fn put(&self, mail: Arc<Received>) {
        let mut held = self.lock();
        held.bytes += mail.raw.len();
        held.mails.push_back(mail);
        drop(held);
        self.arrived.notify_one();
    }
}

/// A mail that nobody waited for.
#[derive(Debug)]
struct Stray {
    key: String,
    mail: Arc<Received>,
}

#[derive(Debug, Default)]
struct Desk {
    slots: HashMap<String, Vec<Arc<Slot>>>,
    strays: VecDeque<Stray>,
    stray_bytes: usize,
}

/// A mailbox has no room.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

/// How much may be held.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) mailbox_mails: usize,
    pub(super) mailbox_bytes: usize,
    pub(super) strays: usize,
    pub(super) stray_bytes: usize,
}

/// A mail to be given out.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) envelope: Envelope,
    pub(super) session: SessionFacts,
    pub(super) raw: Vec<u8>,
    /// The envelope's recipients in the form they are filed under, in the same order.
    pub(super) keys: Vec<String>,
}

/// The post router of one sink.
#[derive(Debug)]
pub(super) struct MailRouter {
    desk: Mutex<Desk>,
    room: Room,
    subscribers: broadcast::Sender<Arc<Received>>,
}

impl MailRouter {
    pub(super) fn new(room: Room) -> Arc<Self> {
        let subscribers = broadcast::Sender::new(SUBSCRIBER_MAILS);
        Arc::new(Self { desk: Mutex::default(), room, subscribers })
    }

    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Arc<Received>> {
        self.subscribers.subscribe()
    }

    /// Opens a slot for a filed address; what came for it before and nobody took is in it.
    pub(super) fn open(&self, key: &str) -> Arc<Slot> {
        let slot = Arc::new(Slot::default());
        let mut desk = self.lock();
        let (claimed, kept): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut desk.strays).into_iter().partition(|stray| stray.key == key);
        desk.strays = kept;
        for stray in claimed {
            desk.stray_bytes -= stray.mail.raw.len();
            slot.put(stray.mail);
        }
        desk.slots.entry(key.to_owned()).or_default().push(Arc::clone(&slot));
        slot
    }

    /// Closes a slot; what it still holds is gone.
    pub(super) fn close(&self, key: &str, slot: &Arc<Slot>) {
        let mut desk = self.lock();
        if let Some(slots) = desk.slots.get_mut(key) {
            slots.retain(|other| !Arc::ptr_eq(other, slot));
            if slots.is_empty() {
                desk.slots.remove(key);
            }
        }
    }

    /// Mail that nobody waits for, the oldest first.
    pub(super) fn strays(&self) -> Vec<Arc<Received>> {
        self.lock().strays.iter().map(|stray| Arc::clone(&stray.mail)).collect()
    }

    /// Gives a mail to all its recipients, or to none.
    ///
    /// # Errors
    ///
    /// If any mailbox of any recipient has no room for it.
    pub(super) fn deliver(&self, delivery: Delivery) -> Result<(), Full> {
        let Delivery { envelope, session, raw, keys } = delivery;
        let raw: Arc<[u8]> = raw.into();
        let arrived = Instant::now();
        let mut desk = self.lock();
        let slots = keys.iter().filter_map(|key| desk.slots.get(key)).flatten();
        if slots.into_iter().any(|slot| self.is_full(&slot.lock(), raw.len())) {
            return Err(Full);
        }
        for (at, key) in keys.iter().enumerate() {
            // A recipient named twice gets one mail, as from any mail server.
            if keys[..at].contains(key) {
                continue;
            }
            let recipient = envelope.to.get(at).cloned().unwrap_or_default();
            let mail = Arc::new(Received {
                envelope: envelope.clone(),
                session: session.clone(),
                raw: Arc::clone(&raw),
                arrived,
                recipient,
            });
            match desk.slots.get(key) {
                Some(slots) => slots.iter().for_each(|slot| slot.put(Arc::clone(&mail))),
                None => self.keep_stray(&mut desk, key, &mail),
            }
            // Nobody may be listening.
            let _ = self.subscribers.send(mail);
        }
        Ok(())
    }

    /// Notes for everyone who waits that a mail for them was refused, and with which reply.
    pub(super) fn refuse(&self, keys: &[String], reply: &str) {
        let desk = self.lock();
        for slot in keys.iter().filter_map(|key| desk.slots.get(key)).flatten() {
            slot.note_refusal(reply);
        }
    }

    /// Notes for everyone who waits that somebody was turned away who had not yet said whom the mail was for.
    pub(super) fn refuse_all(&self, reply: &str) {
        let desk = self.lock();
        desk.slots.values().flatten().for_each(|slot| slot.note_refusal(reply));
    }

    fn is_full(&self, held: &Held, bytes: usize) -> bool {
        held.mails.len() >= self.room.mailbox_mails || held.bytes + bytes > self.room.mailbox_bytes
    }

    fn keep_stray(&self, desk: &mut Desk, key: &str, mail: &Arc<Received>) {
        desk.stray_bytes += mail.raw.len();
        desk.strays.push_back(Stray { key: key.to_owned(), mail: Arc::clone(mail) });
        while desk.strays.len() > self.room.strays || desk.stray_bytes > self.room.stray_bytes {
            let Some(oldest) = desk.strays.pop_front() else {
                break;
            };
            desk.stray_bytes -= oldest.mail.raw.len();
            tracing::debug!(recipient = oldest.mail.recipient, "dropped the oldest mail that nobody waited for");
        }
    }
}
