//! Many trials at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::one;
use super::session::Session;
use super::settings::Settings;
use threepid_engine::plan::Planned;
use threepid_record::model::{Outcome, TrialRecord};

/// What happens during a run.
#[derive(Debug)]
pub enum Event<'a> {
    /// A trial has ended; in the order in which they end.
    Ended(&'a TrialRecord),
    /// A record is complete; in the order of the plan.
    Record(Box<TrialRecord>),
}

/// Runs the trials. Each record is given to `on_event` twice: as soon as its trial ends, and in the order of the plan.
///
/// When `cancel` is cancelled, trials that run stop where they are, and the others are recorded as not run. When `give_up`
/// is, nothing is waited for any more: the records of the trials that have ended are given, and no others.
pub async fn run(
    planned: Vec<Planned>,
    session: &Arc<Session>,
    settings: &Arc<Settings>,
    (cancel, give_up): (&CancellationToken, &CancellationToken),
    mut on_event: impl FnMut(Event<'_>),
) {
    let places = Arc::new(Semaphore::new(settings.jobs.max(1)));
    let total = planned.len();
    let (sender, mut ended) = mpsc::unbounded_channel();
    let task = Task { session: Arc::clone(session), settings: Arc::clone(settings), cancel: cancel.clone() };
    tokio::spawn(async move {
        // One after the other takes a place, so that trials begin in the order of the plan.
        for (index, planned) in planned.into_iter().enumerate() {
            // The semaphore is never closed.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
            let (task, sender) = (task.clone(), sender.clone());
            tokio::spawn(async move {
                let record = task.run(planned).await;
                drop(place);
                // A receiver that is gone means that nobody waits for the record any more.
                let _ = sender.send((index, record));
            });
        }
    });
    // Records that ended before one that stands before them in the plan.
    let mut waiting: BTreeMap<usize, TrialRecord> = BTreeMap::new();
    let mut next = 0;
    while next < total {
        let received = tokio::select! {
            biased;
            received = ended.recv() => received,
            () = give_up.cancelled() => None,
        };
        let Some((index, record)) = received else { break };
        on_event(Event::Ended(&record));
        waiting.insert(index, record);
        while let Some(record) = waiting.remove(&next) {
            on_event(Event::Record(Box::new(record)));
            next += 1;
        }
    }
    // Only if nothing is waited for: those that wait for one before them.
    waiting.into_values().for_each(|record| on_event(Event::Record(Box::new(record))));
}

#[derive(Clone)]
struct Task {
    session: Arc<Session>,
    settings: Arc<Settings>,
    cancel: CancellationToken,
}

impl Task {
    async fn run(self, planned: Planned) -> TrialRecord {
        let trial = planned.trial.clone();
        let over = self.settings.stop_reason(&self.cancel).filter(|_| planned.skip.is_none());
        if let Some(reason) = over {
            return one::not_run(&trial, reason);
        }
        let (session, settings, cancel) = (self.session, Arc::clone(&self.settings), self.cancel);
        // A task of its own, so that a fault in the harness ends one trial and not the run.
        let done = tokio::spawn(async move { one::run(&planned, &session, &settings, &cancel).await }).await;
        let record = done.unwrap_or_else(|fault| {
            let reason = format!("the harness failed in this trial, which is a mistake of threepid: {fault}");
            one::without(&trial, Outcome::Error, reason)
        });
        if record.outcome.needs_attention() {
            self.settings.failed.store(true, Ordering::Relaxed);
        }
        record
    }
}
