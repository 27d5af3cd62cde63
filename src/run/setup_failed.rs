//! A trial that could not begin.

use super::{Performed, secrets};
use threepid_engine::matching::Values;
use threepid_record::model::{Entry, Event, Exchange, Stop, Transcript};

/// What there is of a trial whose actors got no accounts: what was asked for them, and why it ends.
pub fn not_begun(preparation: Vec<Exchange>, stop: Stop) -> Performed {
    let entry = |event| Entry { step: None, turn: 0, label: "account".to_owned(), at_ms: 0.0, event };
    let mut transcript = Transcript::default();
    let mut preparation = preparation;
    preparation.iter_mut().for_each(secrets::drop_oversized);
    transcript.entries.extend(preparation.into_iter().map(Event::Exchange).map(entry));
    transcript.entries.push(entry(Event::Stop(stop)));
    let values = Values::default();
    let secrets = secrets::of(&transcript, &values);
    Performed { transcript, values, secrets }
}
