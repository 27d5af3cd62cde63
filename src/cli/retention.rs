//! What is kept in memory of the trials of a run, for the report on the terminal.
//!
//! Takes each record once it is complete; keeps what happened in those that need attention, and of the rest the verdict, all
//! within limits, so that a run may be as long as somebody likes. The record on disk, if there is one, has everything.

use std::collections::HashMap;

use threepid_record::model::{Body, Choice, Counts, Event, Exchange, TrialRecord};

/// How many trials are kept at all that need attention, and how many others; what is more is counted.
pub(super) const MOST_TRIALS: usize = 5_000;
/// From so many trials on, so many repetitions of a trial are kept that went as those before.
const MANY_TRIALS: usize = 2_000;
const MOST_ALIKE: u32 = 10;
/// How many trials that need attention are kept whole; of the others the terminal shows the findings alone.
const MOST_WHOLE: usize = 200;
/// How many bytes of bodies and mails they may have together.
const MOST_BYTES: u64 = 32 * 1024 * 1024;

/// The records of a run.
#[derive(Default)]
pub(super) struct Records {
    pub(super) trials: Vec<TrialRecord>,
    pub(super) counts: Counts,
    room: Room,
    /// How many that need attention are kept.
    wanted: usize,
    /// Which of several lawful answers the last kept repetition of each trial was given.
    chosen: HashMap<String, Vec<Choice>>,
    /// How many were only counted.
    pub(super) left_out: u64,
}

impl Records {
    pub(super) fn add(&mut self, mut record: TrialRecord) {
        self.counts.add(record.outcome);
        let wanted = record.outcome.needs_attention();
        self.wanted += usize::from(wanted);
        let kept = if wanted { self.wanted } else { self.trials.len() + 1 };
        if kept > MOST_TRIALS || (!wanted && self.is_as_before(&record)) {
            self.left_out += 1;
            return;
        }
        if !self.room.takes(&record) {
            record.transcript = Default::default();
        }
        self.trials.push(record);
    }

    /// Whether it is one of many repetitions that went as those before.
    fn is_as_before(&mut self, record: &TrialRecord) -> bool {
        let trial = [record.id.as_str(), record.case.as_deref().unwrap_or_default(), &record.variant, &record.api];
        let chosen = self.chosen.entry(trial.join(" ")).or_default();
        let alike = record.repetition > MOST_ALIKE && *chosen == record.choices && self.trials.len() >= MANY_TRIALS;
        if !alike {
            chosen.clone_from(&record.choices);
        }
        alike
    }
}

/// The room for what happened in trials that need attention.
#[derive(Default)]
pub(super) struct Room {
    /// How many trials have it.
    whole: usize,
    /// How large it is.
    bytes: u64,
}

impl Room {
    /// Whether what happened in one more trial is kept.
    pub(super) fn takes(&mut self, trial: &TrialRecord) -> bool {
        if !trial.outcome.needs_attention() || self.whole == MOST_WHOLE {
            return false;
        }
        let bytes = self.bytes + trial.transcript.entries.iter().map(|entry| weight(&entry.event)).sum::<u64>();
        let kept = bytes <= MOST_BYTES;
        if kept {
            (self.whole, self.bytes) = (self.whole + 1, bytes);
        }
        kept
    }
}

/// How large the part of an event is that a server chose.
fn weight(event: &Event) -> u64 {
    let kept = |body: &Body| body.text.as_ref().or(body.base64.as_ref()).map_or(0, |text| text.len() as u64);
    let exchange = |exchange: &Exchange| exchange.response.as_ref().map_or(0, |response| kept(&response.body));
    let text = if let Event::Visit(visit) = event { visit.text.len() as u64 } else { 0 };
    // The text of a mail is there twice: as it came, and decoded.
    let mails = event.mails().iter().map(|mail| 2 * kept(&mail.raw)).sum::<u64>();
    text + mails + event.exchanges().iter().map(exchange).sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use threepid_record::model::{Level, Outcome, Transcript};

    fn record(outcome: Outcome) -> TrialRecord {
        TrialRecord {
            id: "a/b".to_owned(),
            case: None,
            variant: "plain".to_owned(),
            api: "v3".to_owned(),
            repetition: 1,
            title: "t".to_owned(),
            covers: Vec::new(),
            spec: None,
            outcome,
            level: Level::Must,
            asked: Default::default(),
            reason: "r".into(),
            duration_ms: 1.0,
            findings: Vec::new(),
            choices: Vec::new(),
            rule: None,
            transcript: Transcript::default(),
        }
    }

    #[test]
    fn what_is_more_is_counted_and_those_that_need_attention_have_room_of_their_own() {
        let mut records = Records::default();
        for _ in 0..MOST_TRIALS + 10 {
            records.add(record(Outcome::Pass));
        }
        records.add(record(Outcome::Fail));
        assert_eq!((records.trials.len(), records.left_out), (MOST_TRIALS + 1, 10));
        assert_eq!((records.counts.pass, records.counts.fail), (MOST_TRIALS + 10, 1));
        assert_eq!(records.trials.last().map(|last| last.outcome), Some(Outcome::Fail));
    }

    #[test]
    fn many_repetitions_that_went_alike_are_counted_and_what_is_new_in_one_is_kept() {
        let mut records = Records::default();
        let choice = |chosen: &str| vec![Choice { step: "s".to_owned(), chosen: chosen.to_owned() }];
        (1..=MANY_TRIALS as u32).for_each(|repetition| {
            records.add(TrialRecord { repetition, variant: "other".into(), ..record(Outcome::Pass) });
        });
        let mut add = |repetition, outcome, chosen: &str| {
            records.add(TrialRecord { repetition, choices: choice(chosen), ..record(outcome) });
        };
        (1..=MOST_ALIKE + 5).for_each(|repetition| add(repetition, Outcome::Pass, "one"));
        add(MOST_ALIKE + 6, Outcome::Pass, "another");
        add(MOST_ALIKE + 7, Outcome::Pass, "another");
        (8..10).for_each(|more| add(MOST_ALIKE + more, Outcome::Error, "another"));
        let kept: Vec<u32> =
            records.trials.iter().map(|trial| trial.repetition).skip(MANY_TRIALS + MOST_ALIKE as usize).collect();
        assert_eq!(kept, [6, 8, 9].map(|more| MOST_ALIKE + more));
        assert_eq!(records.left_out, 6);
    }
}
