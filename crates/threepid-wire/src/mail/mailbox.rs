//! A mailbox: where one waits for mail.
//!
//! Takes an address, gives the mails that come for it in their order. A waiting task is woken, it never polls.
//! Giving up a wait (dropping its future) loses no mail.

use std::sync::Arc;

use tokio::time::{Instant, timeout_at};

use super::address::canonical;
use super::router::{MailRouter, Received, Slot};

/// An open mailbox. It gets each mail for its address from the moment it is opened, and those that came earlier while
/// nobody waited. Dropping it closes it.
#[derive(Debug)]
pub struct Mailbox {
    address: String,
    key: String,
    slot: Arc<Slot>,
    router: Arc<MailRouter>,
}

impl Mailbox {
    pub(super) fn open(router: &Arc<MailRouter>, address: &str) -> Self {
        let key = canonical(address);
        let slot = router.open(&key);
        Self { address: address.to_owned(), key, slot, router: Arc::clone(router) }
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

    /// The reply with which the sink refused, at one of its limits, the last mail that was for this address or could have
    /// been.
    pub fn refused(&self) -> Option<String> {
        self.slot.refused()
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
        self.router.close(&self.key, &self.slot);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::broadcast::error::TryRecvError;

    use super::super::router::{Delivery, Full, Room};
    use super::*;
    use threepid_record::model::{Envelope, SessionFacts};

    fn router() -> Arc<MailRouter> {
        MailRouter::new(Room { mailbox_mails: 3, mailbox_bytes: 100, strays: 3, stray_bytes: 100 })
    }

    fn deliver(router: &MailRouter, to: &[&str], raw: &str) -> Result<(), Full> {
        router.deliver(Delivery {
            envelope: Envelope { to: to.iter().map(|a| (*a).to_owned()).collect(), ..Envelope::default() },
            session: SessionFacts::default(),
            raw: raw.into(),
            keys: to.iter().map(|a| canonical(a)).collect(),
        })
    }

    fn texts(mails: &[Arc<Received>]) -> Vec<String> {
        mails.iter().map(|mail| String::from_utf8_lossy(&mail.raw).into_owned()).collect()
    }

    fn strays(router: &MailRouter) -> Vec<String> {
        texts(&router.strays())
    }

    fn now() -> Instant {
        Instant::now()
    }

    #[tokio::test(start_paused = true)]
    async fn a_mailbox_gets_its_mail_in_order_and_no_other() {
        let router = router();
        let mut mailbox = Mailbox::open(&router, "Alice@x.test");
        deliver(&router, &["alice@x.test"], "1").unwrap();
        deliver(&router, &["bob@x.test"], "2").unwrap();
        deliver(&router, &["bob@x.test", "ALICE@x.test"], "3").unwrap();
        assert_eq!(texts(&mailbox.receive(2, now()).await), ["1", "3"]);
        assert_eq!(texts(&mailbox.receive(1, now()).await), [""; 0]);
        assert_eq!(mailbox.address(), "Alice@x.test");
        assert_eq!(strays(&router), ["2", "3"]);
    }

    #[tokio::test(start_paused = true)]
    async fn mail_that_came_first_is_claimed_from_the_strays() {
        let router = router();
        deliver(&router, &["a@x.test"], "1").unwrap();
        deliver(&router, &["b@x.test"], "2").unwrap();
        let mut mailbox = Mailbox::open(&router, "a@x.test");
        assert_eq!(strays(&router), ["2"]);
        deliver(&router, &["a@x.test"], "3").unwrap();
        assert_eq!(texts(&mailbox.receive(9, now()).await), ["1", "3"]);
    }

    #[tokio::test(start_paused = true)]
    async fn two_mailboxes_of_one_address_both_get_each_mail() {
        let router = router();
        let (mut one, mut two) = (Mailbox::open(&router, "a@x.test"), Mailbox::open(&router, "A@X.test"));
        deliver(&router, &["a@x.test"], "1").unwrap();
        assert_eq!(texts(&one.receive(1, now()).await), ["1"]);
        drop(one);
        deliver(&router, &["a@x.test"], "2").unwrap();
        assert_eq!(texts(&two.receive(2, now()).await), ["1", "2"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_mailbox_is_closed() {
        let router = router();
        drop(Mailbox::open(&router, "a@x.test"));
        deliver(&router, &["a@x.test"], "1").unwrap();
        assert_eq!(strays(&router), ["1"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_with_the_mail_and_not_before_its_deadline() {
        let router = router();
        let mut mailbox = Mailbox::open(&router, "a@x.test");
        let start = now();
        let (deadline, later) = (start + Duration::from_secs(60), start + Duration::from_secs(7));
        let send = async {
            tokio::time::sleep_until(later).await;
            deliver(&router, &["a@x.test"], "1").unwrap();
        };
        let (mails, ()) = tokio::join!(mailbox.receive(1, deadline), send);
        assert_eq!((texts(&mails), now()), (vec!["1".into()], later));

        deliver(&router, &["a@x.test"], "2").unwrap();
        assert_eq!(texts(&mailbox.receive(2, deadline).await), ["2"]);
        assert_eq!(now(), deadline, "two were waited for, so the wait goes to its deadline");
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_broken_at_once() {
        let router = router();
        let mut mailbox = Mailbox::open(&router, "a@x.test");
        let (later, end) = (now() + Duration::from_secs(7), now() + Duration::from_secs(60));
        let send = async {
            tokio::time::sleep_until(later).await;
            deliver(&router, &["a@x.test"], "1").unwrap();
        };
        let (mails, ()) = tokio::join!(mailbox.anything_until(end), send);
        assert_eq!((texts(&mails), now()), (vec!["1".into()], later));
        assert_eq!(texts(&mailbox.anything_until(end).await), [""; 0]);
        assert_eq!(now(), end);
    }

    #[tokio::test(start_paused = true)]
    async fn giving_up_a_wait_loses_no_mail() {
        let router = router();
        let mut mailbox = Mailbox::open(&router, "a@x.test");
        let far = now() + Duration::from_secs(60);
        deliver(&router, &["a@x.test"], "1").unwrap();
        let waited = tokio::time::timeout(Duration::from_secs(1), mailbox.receive(2, far)).await;
        assert!(waited.is_err());
        deliver(&router, &["a@x.test"], "2").unwrap();
        assert_eq!(texts(&mailbox.receive(2, far).await), ["1", "2"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_mailbox_takes_the_mail_from_nobody_else_either() {
        let router = router();
        let mut full = Mailbox::open(&router, "full@x.test");
        let mut other = Mailbox::open(&router, "other@x.test");
        for _ in 0..3 {
            deliver(&router, &["full@x.test"], "x").unwrap();
        }
        assert_eq!(deliver(&router, &["other@x.test", "full@x.test"], "y"), Err(Full));
        assert_eq!(texts(&other.receive(1, now()).await), [""; 0], "a mail refused was given out");
        assert_eq!(full.receive(1, now()).await.len(), 1);
        deliver(&router, &["other@x.test", "full@x.test"], "y").expect("one was taken out, so there is room");
    }

    #[tokio::test(start_paused = true)]
    async fn a_mailbox_is_full_by_bytes_too() {
        let router = router();
        let mut mailbox = Mailbox::open(&router, "a@x.test");
        deliver(&router, &["a@x.test"], &"x".repeat(60)).unwrap();
        assert_eq!(deliver(&router, &["a@x.test"], &"x".repeat(60)), Err(Full));
        mailbox.receive(1, now()).await;
        deliver(&router, &["a@x.test"], &"x".repeat(60)).unwrap();
    }

    #[test]
    fn the_oldest_strays_are_dropped() {
        let router = router();
        for text in ["1", "2", "3", "4"] {
            deliver(&router, &["a@x.test"], text).unwrap();
        }
        assert_eq!(strays(&router), ["2", "3", "4"]);
        deliver(&router, &["a@x.test"], &"y".repeat(99)).unwrap();
        assert_eq!(strays(&router).len(), 2, "99 bytes leave room for one more");
        deliver(&router, &["a@x.test"], &"z".repeat(101)).unwrap();
        assert_eq!(strays(&router), [""; 0], "what is larger than all the room is not kept");
    }

    #[test]
    fn subscribers_see_each_mail_once_per_recipient() {
        let router = router();
        let mut subscriber = router.subscribe();
        let _mailbox = Mailbox::open(&router, "a@x.test");
        deliver(&router, &["a@x.test", "b@x.test", "A@x.test"], "1").unwrap();
        let seen: Vec<_> = std::iter::from_fn(|| subscriber.try_recv().ok()).map(|m| m.recipient.clone()).collect();
        assert_eq!(seen, ["a@x.test", "b@x.test"]);
        assert_eq!(subscriber.try_recv().err(), Some(TryRecvError::Empty));
    }
}
