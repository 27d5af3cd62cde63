//! Whether a step is to be done at all: its conditions, and the repetitions of the trial, with the round that each is in
//! and whether it came to its end.

use std::collections::BTreeMap;

use url::Url;

use threepid_engine::matching::{self, Values};
use threepid_engine::scenario::{Step, Text};
use threepid_record::model::{Entry, RepeatResult};

/// Whether the values that a step depends on have come up, or have not, as it asks.
pub(super) fn conditions_met(step: &Step, values: &Values) -> bool {
    let has = |text: &Text| text.placeholders().all(|placeholder| values.get(&placeholder.name).is_some());
    step.when.iter().all(has) && !step.unless.iter().any(has)
}

/// All repetitions of a trial, by their number in the scenario.
#[derive(Debug, Default)]
pub(super) struct Repetitions {
    states: BTreeMap<usize, RepeatResult>,
}

impl Repetitions {
    /// Whether a step is to be done: not if the repetition that it is in came to its end in an earlier round.
    pub(super) fn wants(&mut self, step: &Step) -> bool {
        let Some(round) = &step.round else {
            return true;
        };
        let state = self.states.entry(round.repetition).or_insert(RepeatResult { reached: false, times: 0 });
        if state.reached && state.times < round.number {
            return false;
        }
        state.times = state.times.max(round.number);
        true
    }

    /// Looks at what a step showed: is it what the repetition is for?
    pub(super) fn note(&mut self, step: &Step, entries: &[Entry], origins: &[Url], values: &Values) {
        let Some((round, until)) = step.round.as_ref().and_then(|round| Some((round, round.until.as_ref()?))) else {
            return;
        };
        let reached = matching::outcomes(step, entries, origins).iter().any(|(_, seen)| {
            let mut tried = values.clone();
            matching::compare(until, Some(seen), "", &mut tried).is_empty()
        });
        if let (true, Some(state)) = (reached, self.states.get_mut(&round.repetition)) {
            state.reached = true;
        }
    }

    /// How a repetition went so far.
    pub(super) fn of(&self, repetition: usize) -> RepeatResult {
        self.states.get(&repetition).copied().unwrap_or(RepeatResult { reached: false, times: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use threepid_engine::scenario::{Action, SourceFile, Sources, Suite};
    use threepid_record::model::{Event, RepeatResult as Seen, Visit, VisitEnd};

    #[test]
    fn no_round_follows_the_one_in_which_the_end_was_seen() {
        let text = "title: t\nwhy: w\nsteps:\n  - repeat:\n      times: 3\n      until: {end: page}\n      steps: [{GET: /a}, {GET: /b}]\n    must: {times: 2}\n";
        let file = SourceFile { path: "a/b.yaml".into(), text: text.into() };
        let suite = Suite::read(Sources::of([file])).unwrap();
        let steps = &suite.scenarios[0].cases[0].steps;
        let entry = |end| {
            let visit = Visit {
                link: String::new(),
                hops: Vec::new(),
                submitted: false,
                end,
                text: String::new(),
                browsed: None,
            };
            Entry { step: Some(0), turn: 0, label: String::new(), at_ms: 0.0, event: Event::Visit(visit) }
        };
        let mut repetitions = Repetitions::default();
        let mut done = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            if !repetitions.wants(step) {
                continue;
            }
            done.push(index);
            // The end shows in the first step of the second round.
            let entries = [entry(if index == 2 { VisitEnd::Page } else { VisitEnd::Failed })];
            repetitions.note(step, &entries, &[], &Values::default());
        }
        assert_eq!(done, [0, 1, 2, 3, 6], "the round is finished, and what tells of the whole is done");
        let Action::RepeatResult(repetition) = steps[6].action else { panic!("{:?}", steps[6].action) };
        assert_eq!(repetitions.of(repetition), Seen { reached: true, times: 2 });
    }
}
