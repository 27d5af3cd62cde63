//! When a run is over before its end, because of something that concerns the whole target.
//!
//! Takes the record of each trial that ended; gives the one reason for which no more are started: the homeserver is gone, or
//! lets through so little that the rest would say the same. It never judges a trial.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Instant, SystemTime};

use super::session::Session;
use crate::target::answers;
use threepid_record::model::{Outcome, TrialRecord, Trouble};
use threepid_wire::http::{Client, Outgoing};

/// What every homeserver answers to.
const VERSIONS: &str = "/_matrix/client/versions";

/// Watches for what ends a run.
#[derive(Debug)]
pub struct Halt {
    begun: Instant,
    /// How many trials may be held up by rate limits (`--rate-limited-trials`).
    most_limited: usize,
    limited: AtomicUsize,
    ended: AtomicUsize,
    /// Held while the target is asked whether it is still there: no trial begins on one that may be gone.
    asking: tokio::sync::Mutex<()>,
    why: OnceLock<String>,
}

impl Default for Halt {
    fn default() -> Halt {
        Halt::new(Halt::MOST_LIMITED)
    }
}

impl Halt {
    /// How many trials may be held up by rate limits, unless somebody says otherwise.
    pub const MOST_LIMITED: usize = 10;

    /// Begins to watch.
    pub fn new(most_limited: usize) -> Halt {
        Halt {
            begun: Instant::now(),
            most_limited,
            limited: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            asking: tokio::sync::Mutex::new(()),
            why: OnceLock::new(),
        }
    }

    /// Why the run is over, if it is.
    pub fn why(&self) -> Option<&str> {
        self.why.get().map(String::as_str)
    }

    /// Looks at a trial that ended.
    pub(super) async fn ended(&self, record: &TrialRecord, session: &Session) {
        if record.outcome == Outcome::Skip {
            return;
        }
        let ended = self.ended.fetch_add(1, Ordering::Relaxed) + 1;
        match record.transcript.trouble() {
            Some(Trouble::Gone) => self.still_there(record, session).await,
            Some(Trouble::Limited) => {
                let limited = self.limited.fetch_add(1, Ordering::Relaxed) + 1;
                // One operation that is limited leaves the rest to be tested.
                if limited >= self.most_limited && limited * 2 >= ended {
                    let _ = self.why.set(format!(
                        "the homeserver limits how often it is asked, and {limited} of the first {ended} trials were held \
                         up by that (--rate-limited-trials {}); the last: {}",
                        self.most_limited, record.reason
                    ));
                }
            }
            None => {}
        }
    }

    /// Asks a target that could not be reached whether it is there after all: one that is started again by whoever looks
    /// after it has as long as a connection may take.
    async fn still_there(&self, record: &TrialRecord, session: &Session) {
        let at = humantime::format_rfc3339_seconds(SystemTime::now());
        let after = self.begun.elapsed();
        let _asking = self.asking.lock().await;
        if self.why.get().is_some() {
            return;
        }
        let http = &session.context.http;
        // A client that cannot be made is no sign of anything.
        let Ok(client) = Client::new(http, &session.context.shared) else { return };
        let url = session.context.origins.request_url(VERSIONS);
        if let Err(last) = answers(Outgoing::new("GET", url), http.connect_timeout, &client).await {
            let last = session.others.redactor().text(&last).into_owned();
            let _ = self.why.set(format!(
                "the homeserver is gone: it stopped answering at {at}, {:.1} s into the run, during {}: {last}; look at what \
                 it wrote last, and run again",
                after.as_secs_f64(),
                record.name()
            ));
        }
    }
}
