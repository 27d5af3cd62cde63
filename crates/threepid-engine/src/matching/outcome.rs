//! What the entries of one step show together.

use serde_json::Value;
use url::Url;

use super::observe::{observe, observe_responses};
use crate::scenario::{Action, Step};
use threepid_record::model::{Entry, Event};

/// What can be seen in the entries that a step made: one outcome each, or one for all where the step makes several
/// different requests at once. With each comes when it ended, in milliseconds since the start of the trial.
pub fn outcomes(step: &Step, entries: &[Entry], origins: &[Url]) -> Vec<(f64, Value)> {
    let own = entries.iter().filter(|entry| entry.step.is_some());
    match &step.action {
        Action::Parallel(_) => {
            let exchanges: Vec<_> = own
                .filter_map(|entry| match &entry.event {
                    Event::Exchange(exchange) => Some((end_of(entry), exchange)),
                    _ => None,
                })
                .collect();
            if exchanges.is_empty() {
                return Vec::new();
            }
            let end = exchanges.iter().map(|(end, _)| *end).fold(0.0, f64::max);
            vec![(end, observe_responses(exchanges.into_iter().map(|(_, exchange)| exchange)))]
        }
        _ => own.filter_map(|entry| Some((end_of(entry), observe(&entry.event, origins)?))).collect(),
    }
}

/// When an entry ended, in milliseconds since the start of the trial.
fn end_of(entry: &Entry) -> f64 {
    entry.at_ms + entry.event.took_ms()
}
