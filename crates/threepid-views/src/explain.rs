//! Behaviours as a person would tell them.
//!
//! Takes scenarios and, if there is one, the record of a run; gives Markdown: one behaviour, or the book of the whole
//! suite with sequence diagrams, by flow and by section of the specification. With a record it shows the requests,
//! answers, mails and pages of that run; without one, what the scenarios send and expect. It never judges: whether an
//! expectation was met is what the record says.

mod book;
mod coverage;
mod diagram;
mod markup;
mod phrase;
mod step;
mod story;
mod tell;

pub use book::{NOT_TESTED, Page, book};
pub use coverage::{coverage_table, ids_at, rule, section, sections};
pub use tell::behaviour;

use crate::report::capital;
use markup::plain;
use threepid_engine::scenario::{Case, Scenario, Suite};
use threepid_record::model::{Outcome, Report, TrialRecord};

/// What is told from: the scenarios, and perhaps a record.
#[derive(Debug, Clone, Copy)]
pub struct Source<'s> {
    /// The scenarios.
    pub suite: &'s Suite,
    /// What happened when they were run.
    pub record: Option<&'s Report>,
}

impl<'s> Source<'s> {
    /// The row of a scenario that is shown, and what is known of it. A row that was run comes before one that was not,
    /// one that failed before one that passed: that is what people look for.
    fn shown(self, scenario: &'s Scenario) -> Option<(&'s Case, Option<&'s TrialRecord>)> {
        let trials = self.record.iter().flat_map(|record| &record.trials);
        let mut ran: Vec<&TrialRecord> =
            trials.filter(|t| t.id == scenario.id && !t.transcript.entries.is_empty()).collect();
        ran.sort_by_key(|trial| !matches!(trial.outcome, Outcome::Fail | Outcome::Error | Outcome::Xfail));
        for trial in ran {
            let case = scenario.cases.iter().find(|case| case.name == trial.case);
            // A scenario whose steps are not those of the record is told without it.
            if let Some(case) = case.filter(|case| fits(case, trial)) {
                return Some((case, Some(trial)));
            }
        }
        scenario.cases.first().map(|case| (case, None))
    }
}

fn fits(case: &Case, trial: &TrialRecord) -> bool {
    trial
        .transcript
        .entries
        .iter()
        .all(|entry| entry.step.is_none_or(|index| case.steps.get(index).is_some_and(|step| step.label == entry.label)))
}

/// The folder of a scenario: `add-email` of `add-email/success`.
fn flow(id: &str) -> &str {
    id.rsplit_once('/').map_or(id, |(folder, _)| folder)
}

/// The heading of a flow: as one of its scenarios says, or its folder.
fn heading(suite: &Suite, of: &str) -> String {
    let said =
        suite.scenarios.iter().filter(|scenario| flow(&scenario.id) == of).find_map(|scenario| scenario.flow.as_ref());
    said.map_or_else(|| capital(&of.replace(['-', '/'], " ")), |heading| plain(heading))
}

#[cfg(test)]
mod tests;
