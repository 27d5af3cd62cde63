//! Many trials at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::one;
use super::session::Session;
use super::settings::Settings;
use threepid_engine::plan::Planned;
use threepid_record::model::{Outcome, TrialRecord};

/// How many trials may have begun or ended after the first whose record has not been taken, so that what waits for its
/// turn stays bounded.
const MOST_AHEAD: usize = 256;

/// The place of a record among those that may wait for their turn: whoever has written the record drops it.
#[derive(Debug)]
pub struct Ahead(#[expect(dead_code, reason = "it is held, and given back when it is dropped")] OwnedSemaphorePermit);

/// What happens during a run.
#[derive(Debug)]
pub enum Event<'a> {
    /// A trial has ended; in the order in which they end.
    Ended(&'a TrialRecord),
    /// A record is complete; in the order of the plan.
    Record(Box<TrialRecord>, Ahead),
}

/// Runs each of the trials `repeat` times. Each record is given to `on_event` twice: as soon as its trial ends, and in the
/// order of the plan.
///
/// When `cancel` is cancelled, trials that run stop where they are, and the others are recorded as not run, all repetitions
/// that are left of one in one record. When `give_up` is, nothing is waited for any more: the records of the trials that
/// have ended are given, and no others.
pub async fn run(
    planned: Vec<Planned>,
    repeat: u32,
    session: &Arc<Session>,
    settings: &Arc<Settings>,
    (cancel, give_up): (&CancellationToken, &CancellationToken),
    mut on_event: impl FnMut(Event<'_>),
) {
    let (sender, mut ended) = mpsc::unbounded_channel();
    let task = Task { session: Arc::clone(session), settings: Arc::clone(settings), cancel: cancel.clone() };
    tokio::spawn(task.all(planned, repeat, sender));
    // Records that ended before one that stands before them in the plan.
    let mut waiting: BTreeMap<u64, (TrialRecord, Ahead)> = BTreeMap::new();
    let mut next = 0;
    loop {
        let received = tokio::select! {
            biased;
            received = ended.recv() => received,
            () = give_up.cancelled() => None,
        };
        let Some((index, record, ahead)) = received else { break };
        on_event(Event::Ended(&record));
        waiting.insert(index, (record, ahead));
        while let Some((record, ahead)) = waiting.remove(&next) {
            on_event(Event::Record(Box::new(record), ahead));
            next += 1;
        }
    }
    // Only if nothing is waited for: those that wait for one before them.
    waiting.into_values().for_each(|(record, ahead)| on_event(Event::Record(Box::new(record), ahead)));
}

/// A record that is complete, and the number of its trial in the plan.
type Ended = (u64, TrialRecord, Ahead);

/// A reason why a trial is not run, for its other repetitions too.
pub fn with_repetitions(reason: &str, more: u32) -> String {
    match more {
        0 => reason.to_owned(),
        more => format!("{reason}; {more} more of its repetitions are not run either"),
    }
}

#[derive(Clone)]
struct Task {
    session: Arc<Session>,
    settings: Arc<Settings>,
    cancel: CancellationToken,
}

impl Task {
    /// Begins one trial after the other, so that they begin in the order of the plan.
    async fn all(self, planned: Vec<Planned>, repeat: u32, sender: mpsc::UnboundedSender<Ended>) {
        let places = Arc::new(Semaphore::new(self.settings.jobs.max(1)));
        let room = Arc::new(Semaphore::new(MOST_AHEAD.max(self.settings.jobs)));
        let mut index = 0;
        for first in planned {
            for repetition in 1..=repeat {
                // Neither semaphore is ever closed.
                let Ok(ahead) = Arc::clone(&room).acquire_owned().await else { return };
                let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
                let (planned, ahead) = (first.again(repetition), Ahead(ahead));
                let number = index;
                index += 1;
                if let Some(reason) = self.settings.stop_reason(&self.cancel) {
                    let record = match &planned.skip {
                        Some(skip) => one::without(&planned.trial, Outcome::Skip, skip.clone()),
                        None => one::not_run(&planned.trial, &with_repetitions(reason, repeat - repetition)),
                    };
                    // A receiver that is gone means that nobody waits for the record any more.
                    if sender.send((number, record, ahead)).is_err() {
                        return;
                    }
                    break;
                }
                let (task, sender) = (self.clone(), sender.clone());
                tokio::spawn(async move {
                    let record = task.run(planned).await;
                    drop(place);
                    let _ = sender.send((number, record, ahead));
                });
            }
        }
    }

    async fn run(self, planned: Planned) -> TrialRecord {
        let trial = planned.trial.clone();
        let over = self.settings.stop_reason(&self.cancel).filter(|_| planned.skip.is_none());
        if let Some(reason) = over {
            return one::not_run(&trial, reason);
        }
        let (session, settings, cancel) = (self.session, Arc::clone(&self.settings), self.cancel);
        // A task of its own, so that a fault in the harness ends one trial and not the run.
        let running = Arc::clone(&session);
        let done = tokio::spawn(async move { one::run(&planned, &running, &settings, &cancel).await }).await;
        let record = done.unwrap_or_else(|fault| {
            let reason = format!("the harness failed in this trial, which is a mistake of threepid: {fault}");
            one::without(&trial, Outcome::Error, reason)
        });
        if record.outcome.needs_attention() {
            self.settings.failed.store(true, Ordering::Relaxed);
        }
        self.settings.halt.ended(&record, &session).await;
        record
    }
}
