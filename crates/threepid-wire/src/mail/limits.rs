//! What one sink may hold, and for how long.
//!
//! Takes nothing, gives the numbers and a shared counter of bytes in flight. Every limit names the reply a client gets.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The limits of one sink. Each has its own SMTP reply, so that a client's log says which one it hit.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at the same time (default 2000). One more gets `421 4.7.0` and is closed.
    pub connections: usize,
    /// Bytes of one command line (default 16 KiB; RFC 4954 asks for 12,288). A longer one is read to its end without
    /// being kept, and gets `500 5.5.2`.
    pub line_bytes: usize,
    /// Bytes of one message (default 10 MiB; announced as `SIZE`). A larger one is read to its end without being kept,
    /// and gets `552 5.3.4`.
    pub message_bytes: usize,
    /// Bytes of all messages that are being received (default 256 MiB). Beyond it a message gets `452 4.3.1`.
    pub in_flight_bytes: usize,
    /// Recipients of one message (default 100, the least that RFC 5321 allows). One more gets `452 4.5.3`.
    pub recipients: usize,
    /// Commands of one session that are unknown, malformed or out of order (default 20). Then `421 4.7.0`.
    pub errors: usize,
    /// How long a client may be silent, or may leave a reply unread (default 5 minutes, as RFC 5321 asks).
    /// Then `421 4.4.2`.
    pub idle: Duration,
    /// How long one session may last (default 1 hour). Then `421 4.4.2`.
    pub session: Duration,
    /// Mails that one mailbox holds until they are taken out (default 1000). One more gets `452 4.2.2`.
    pub mailbox_mails: usize,
    /// Bytes that one mailbox holds until they are taken out (default 16 MiB). Beyond it a mail gets `452 4.2.2`.
    pub mailbox_bytes: usize,
    /// Mails kept for addresses that nobody waits for (default 1000). The oldest is dropped, which no client notices.
    pub strays: usize,
    /// Bytes kept for addresses that nobody waits for (default 64 MiB). The oldest mails are dropped.
    pub stray_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        const KIB: usize = 1024;
        const MIB: usize = 1024 * KIB;
        Self {
            connections: 2000,
            line_bytes: 16 * KIB,
            message_bytes: 10 * MIB,
            in_flight_bytes: 256 * MIB,
            recipients: 100,
            errors: 20,
            idle: Duration::from_secs(5 * 60),
            session: Duration::from_secs(60 * 60),
            mailbox_mails: 1000,
            mailbox_bytes: 16 * MIB,
            strays: 1000,
            stray_bytes: 64 * MIB,
        }
    }
}

/// The bytes of all messages that are being received by one sink.
#[derive(Debug)]
pub(super) struct InFlight {
    used: AtomicUsize,
    limit: usize,
}

impl InFlight {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { used: AtomicUsize::new(0), limit })
    }

    /// A claim of nothing yet; it gives back what it took when it is dropped.
    pub(super) fn claim(self: &Arc<Self>) -> Claim {
        Claim { pool: Arc::clone(self), bytes: 0 }
    }
}

/// One message's part of what is in flight.
#[derive(Debug)]
pub(super) struct Claim {
    pool: Arc<InFlight>,
    bytes: usize,
}

impl Claim {
    /// Takes `bytes` more, or nothing at all if that would pass the limit.
    pub(super) fn grow(&mut self, bytes: usize) -> bool {
        let limit = self.pool.limit;
        let taken = self.pool.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(bytes).filter(|sum| *sum <= limit)
        });
        if taken.is_ok() {
            self.bytes += bytes;
        }
        taken.is_ok()
    }

    /// Gives everything back.
    pub(super) fn release(&mut self) {
        self.pool.used.fetch_sub(std::mem::take(&mut self.bytes), Ordering::Relaxed);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_claim_makes_room_for_another() {
        let pool = InFlight::new(100);
        let mut first = pool.claim();
        let mut second = pool.claim();
        assert!(first.grow(60));
        assert!(!second.grow(60), "the pool is larger than its limit");
        assert!(second.grow(40));
        drop(first);
        assert!(second.grow(60), "a dropped claim did not give its bytes back");
        assert!(!second.grow(1));
    }
}
