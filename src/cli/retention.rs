//! What is kept in memory of the trials of a run, for the report on the terminal.
//!
//! Takes each record once it is complete; keeps all that needs attention, within a limit, and of the rest the verdict.
//! What happened in it is in the record on disk, if there is one.

use threepid_record::model::{Body, Counts, Event, Exchange, TrialRecord};

/// How many trials that need attention are kept whole; of the others the terminal shows the findings alone.
const MOST_WHOLE: usize = 200;
/// How many bytes of bodies and mails they may have together.
const MOST_BYTES: u64 = 32 * 1024 * 1024;

/// The records of a run.
#[derive(Default)]
pub(super) struct Records {
    pub(super) trials: Vec<TrialRecord>,
    pub(super) counts: Counts,
    /// How many trials are kept with all that happened in them.
    whole: usize,
    /// How large what happened in them is.
    bytes: u64,
}

impl Records {
    pub(super) fn add(&mut self, mut record: TrialRecord) {
        self.counts.add(record.outcome);
        let wanted = record.outcome.needs_attention();
        let bytes = self.bytes + record.transcript.entries.iter().map(|entry| weight(&entry.event)).sum::<u64>();
        if wanted && self.whole < MOST_WHOLE && bytes <= MOST_BYTES {
            self.whole += 1;
            self.bytes = bytes;
        } else {
            record.transcript = Default::default();
        }
        self.trials.push(record);
    }
}

/// How large the part of an event is that a server chose.
fn weight(event: &Event) -> u64 {
    let kept = |body: &Body| body.text.as_ref().or(body.base64.as_ref()).map_or(0, |text| text.len() as u64);
    let exchange = |exchange: &Exchange| exchange.response.as_ref().map_or(0, |response| kept(&response.body));
    match event {
        Event::Exchange(one) => exchange(one),
        Event::Visit(visit) => visit.hops.iter().map(exchange).sum::<u64>() + visit.text.len() as u64,
        // Its text is there twice: as it came, and decoded.
        Event::Delivery(delivery) => delivery.mails.iter().map(|mail| 2 * kept(&mail.raw)).sum(),
        Event::NoMailWindow(silence) => silence.mails.iter().map(|mail| 2 * kept(&mail.raw)).sum(),
        Event::RequestLogQuery(_)
        | Event::RepeatResult(_)
        | Event::Note(_)
        | Event::Instruction(_)
        | Event::Stop(_) => 0,
    }
}
