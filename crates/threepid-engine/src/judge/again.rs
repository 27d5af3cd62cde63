//! Judges a saved record again, with the scenarios at hand.
//!
//! Takes a record and a suite; gives the record with the verdicts that these scenarios call for. What was not done can't
//! be judged and stays as it is; what these scenarios do not know, or do in other steps, becomes "could not be told". Of the
//! trials, one at a time is needed.

use std::sync::Arc;

use url::Url;

use super::contract::ContractJudge;
use super::verdict::judge;
use crate::plan::Trial;
use crate::scenario::{Step, Suite};
use threepid_record::model::{
    Counts, Event, Finding, FindingKind, Level, Outcome, Reason, Report, Transcript, TrialRecord,
};

/// The record with all verdicts made anew.
pub fn judge_again(report: &Report, suite: &Arc<Suite>, weakest: Level) -> Report {
    let mut again = Again::new(report, suite, weakest);
    let mut trials: Vec<TrialRecord> = report.trials.iter().filter_map(|trial| again.trial(trial)).collect();
    trials.extend(again.rules());
    Report {
        suite: suite.sources.hash(),
        counts: Counts::of(trials.iter().map(|trial| trial.outcome)),
        trials,
        ..report.clone()
    }
}

/// Judges the trials of a record again, one after the other.
pub struct Again<'a> {
    /// The record; its trials are not looked at.
    report: &'a Report,
    suite: &'a Arc<Suite>,
    weakest: Level,
    contract: ContractJudge,
    /// Those that are rules: what they were held against is known when all others have been seen.
    rules: Vec<TrialRecord>,
    seen: bool,
}

impl<'a> Again<'a> {
    /// For the trials of this record, which need not be in it.
    pub fn new(report: &'a Report, suite: &'a Arc<Suite>, weakest: Level) -> Again<'a> {
        let contract = ContractJudge::new(suite, &report.target, weakest);
        Again { report, suite, weakest, contract, rules: Vec::new(), seen: false }
    }

    /// The trial with its verdict made anew; nothing for a rule.
    pub fn trial(&mut self, old: &TrialRecord) -> Option<TrialRecord> {
        if old.rule.is_some() {
            self.rules.push(old.clone());
            return None;
        }
        self.seen = true;
        self.contract.trial(old, &self.report.target);
        Some(again(old, self.report, self.suite, self.weakest))
    }

    /// The rules over all trials that were given.
    pub fn rules(self) -> Vec<TrialRecord> {
        // Only the rules were kept, and nothing that they could be held against.
        if !self.seen {
            return self.rules;
        }
        let mut rules = self.contract.records();
        for new in &mut rules {
            let old = self.rules.iter().find(|old| old.id == new.id);
            old.into_iter().for_each(|old| still_known(old, new));
        }
        rules
    }
}

fn again(old: &TrialRecord, report: &Report, suite: &Arc<Suite>, weakest: Level) -> TrialRecord {
    // Skipped, or lost by the harness: there is nothing to look at.
    if old.transcript.entries.is_empty() {
        return old.clone();
    }
    let Some(trial) = Trial::of_record(suite, old, &report.target) else {
        return unknown(old, "these scenarios have none of this name");
    };
    if let Some(label) = moved(&trial, &old.transcript) {
        return unknown(
            old,
            &format!("the scenario has other steps than when this was recorded (`{label}`): run it again"),
        );
    }
    if let Some(label) = not_done(&trial, &old.transcript) {
        return unknown(
            old,
            &format!("the scenario has other steps than when this was recorded (`{label}` was not done): run it again"),
        );
    }
    let verdict = judge(&trial, &old.transcript, &origins(report, &old.transcript), weakest);
    let mut new = TrialRecord {
        title: trial.scenario().title.clone(),
        covers: trial.scenario().covers.clone(),
        spec: trial.scenario().spec.clone(),
        outcome: verdict.outcome,
        level: verdict.level,
        asked: verdict.asked,
        reason: verdict.reason,
        findings: verdict.findings,
        choices: verdict.choices,
        ..old.clone()
    };
    // Snapshots are not at hand: what was found against them stands.
    let drift: Vec<&Finding> = old.findings.iter().filter(|finding| finding.kind == FindingKind::Drift).collect();
    if !drift.is_empty() && new.outcome == Outcome::Pass {
        (new.outcome, new.level, new.reason) = (Outcome::Fail, Level::Convention, old.reason.clone());
    }
    new.findings.extend(drift.into_iter().cloned());
    still_known(old, &mut new);
    new
}

/// A deviation that was known then still is.
fn still_known(old: &TrialRecord, new: &mut TrialRecord) {
    match (old.outcome, new.outcome) {
        // It was not known for anything as grave.
        (Outcome::Xfail, Outcome::Fail) if new.level.gravity() < old.level.gravity() => {}
        (Outcome::Xfail, Outcome::Fail) => (new.outcome, new.reason) = (Outcome::Xfail, old.reason.clone()),
        (Outcome::Xpass, Outcome::Pass) => (new.outcome, new.reason) = (Outcome::Xpass, old.reason.clone()),
        (Outcome::Xfail, Outcome::Pass) => {
            new.outcome = Outcome::Xpass;
            new.reason = Reason::known_no_more(&old.reason.words);
        }
        (Outcome::Xpass, Outcome::Fail) => new.outcome = Outcome::Xfail,
        _ => {}
    }
}

fn unknown(old: &TrialRecord, why: &str) -> TrialRecord {
    TrialRecord {
        outcome: Outcome::Error,
        reason: format!("it cannot be judged: {why}").into(),
        findings: Vec::new(),
        choices: Vec::new(),
        ..old.clone()
    }
}

/// A step of the record that is another one in the scenario.
fn moved<'t>(trial: &Trial, transcript: &'t Transcript) -> Option<&'t str> {
    let steps = trial.steps();
    transcript.entries.iter().find_map(|entry| {
        let same = entry.step.is_none_or(|index| steps.get(index).is_some_and(|step| step.label == entry.label));
        (!same).then_some(entry.label.as_str())
    })
}

/// A step of the scenario that the record has not, though the trial came so far. Steps that are done only sometimes, or
/// clean up, tell nothing by their absence.
fn not_done<'t>(trial: &'t Trial, transcript: &Transcript) -> Option<&'t str> {
    let stop = transcript.entries.iter().position(|entry| matches!(entry.event, Event::Stop(_)));
    let came_to = match stop {
        Some(stop) => transcript.entries[..stop].iter().filter_map(|entry| entry.step).max().unwrap_or(0),
        None => trial.steps().len(),
    };
    let always = |step: &Step| !step.finally && step.round.is_none() && step.when.is_empty() && step.unless.is_empty();
    let done = |index| transcript.entries.iter().any(|entry| entry.step == Some(index));
    let mut steps = trial.steps().iter().take(came_to).enumerate();
    steps.find(|(index, step)| always(step) && !done(*index)).map(|(_, step)| step.label.as_str())
}

/// The addresses of the target in this trial; those of the whole record if the trial does not say.
fn origins(report: &Report, transcript: &Transcript) -> Vec<Url> {
    let parse = |url: &str| Url::parse(url).ok();
    match transcript.origins.is_empty() {
        false => transcript.origins.iter().filter_map(|url| parse(url)).collect(),
        true => [&report.target.public_url, &report.target.url].into_iter().filter_map(|url| parse(url)).collect(),
    }
}
