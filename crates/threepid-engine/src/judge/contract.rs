//! Judges every exchange of a run by the rules in `contract/`.
//!
//! Takes one trial's record after the other, in the order of the plan; gives one record for each rule: the first exchanges
//! that broke it, and how many held. It reads the records as they are written, with all secrets replaced, so that a saved
//! one is judged alike. Of each trial it keeps counts, some findings and what rules remember across trials, all within
//! limits; it makes no request, and is pure.
//!
//! Not judged is what is not the homeserver's API: answers of identity servers, pages behind links (except by rules about
//! them), operations that no specification has, answers that are not whole, and what a proxy before the server may have
//! said.

mod asked;
mod fault;
mod memory;
mod secrets;
mod tally;

use std::sync::Arc;

use serde_json::Value;

use self::asked::{Asked, Exempt, PAGE, Seen};
use self::fault::Fault;
use self::memory::Memory;
use self::tally::Tally;
use crate::matching::{self, Mismatch, Values};
use crate::plan::Trial;
use crate::scenario::{Action, Check, Contract, RULES, Rule, SpecVersion, Suite};
use threepid_record::model::{Event, Finding, FindingKind, Level, TargetInfo, TrialRecord};

/// Judges a run by its rules, trial by trial.
pub struct ContractJudge {
    suite: Arc<Suite>,
    weakest: Level,
    newest: Option<SpecVersion>,
    /// One for each rule.
    states: Vec<State>,
}

/// What is known of one rule so far.
#[derive(Default)]
struct State {
    tally: Tally,
    memory: Memory,
}

impl ContractJudge {
    /// A judge with the rules of a suite, for a target. Requirements down to the level `weakest` make a rule fail.
    pub fn new(suite: &Arc<Suite>, target: &TargetInfo, weakest: Level) -> ContractJudge {
        let newest = target.versions.iter().filter_map(|version| version.parse().ok()).max();
        let states = suite.contract.rules.iter().map(|_| State::default()).collect();
        ContractJudge { suite: Arc::clone(suite), weakest, newest, states }
    }

    /// Judges all exchanges of one trial.
    pub fn trial(&mut self, trial: &TrialRecord, target: &TargetInfo) {
        if trial.transcript.entries.is_empty() || trial.id.starts_with(RULES) {
            return;
        }
        let suite = Arc::clone(&self.suite);
        let planned = Trial::of_record(&suite, trial, target);
        let ordered = |index: usize| {
            let step = planned.as_ref().and_then(|planned| planned.steps().get(index));
            step.is_some_and(|step| matches!(step.action, Action::Sink(_) | Action::IdentityDoes(_)))
        };
        let mut provoked = false;
        let mut submit_urls = Vec::new();
        self.states.iter_mut().for_each(|state| state.memory.next_trial());
        for entry in &trial.transcript.entries {
            provoked |= matches!(entry.event, Event::Instruction(_)) || entry.step.is_some_and(ordered);
            let place = || format!("{}, {}", trial.name(), entry.label);
            let is_page = matches!(entry.event, Event::Visit(_));
            for exchange in entry.event.exchanges() {
                let asked = Asked { exchange, trial, is_page, provoked, submit_urls: &submit_urls };
                self.exchange(&suite.contract, &asked, &place);
                if !is_page {
                    submit_urls.extend(asked::submit_url(exchange));
                }
            }
        }
    }

    fn exchange(&mut self, contract: &Contract, asked: &Asked<'_>, place: &impl Fn() -> String) {
        let seen = match asked.seen(&contract.specification, self.newest) {
            Ok(seen) => seen,
            Err(exempt) => {
                self.states.iter_mut().for_each(|state| state.tally.exempt(exempt));
                return;
            }
        };
        // With what is known of it beside: first what is so for all rules, then what is so for one.
        let mut value = seen.value.clone();
        let fact = |value: &mut Value, key: &str, faults: &[Fault]| value[key] = faults.is_empty().into();
        fact(&mut value, "documented", &seen.undocumented);
        fact(&mut value, "discreet", &seen.secrets);
        for (rule, state) in contract.rules.iter().zip(&mut self.states) {
            state.memory.forget(rule, &seen.name);
            if !rule.versions.have(self.newest) {
                continue;
            }
            if asked.is_page && !rule.operations.iter().any(|(name, _)| name == PAGE) {
                state.tally.exempt(Exempt::Page);
            } else if applies(rule, &seen) {
                let remembered = state.memory.see(rule, &seen.value);
                remembered.iter().for_each(|(key, faults)| fact(&mut value, key, faults));
                let judged = Judged { contract, rule, seen: &seen, remembered, newest: self.newest };
                judged.add_to(&mut state.tally, &value, place);
                for (key, _) in &judged.remembered {
                    value.as_object_mut().and_then(|facts| facts.remove(*key));
                }
            }
        }
    }

    /// The records of the rules.
    pub fn records(&self) -> Vec<TrialRecord> {
        let rules = self.suite.contract.rules.iter().zip(&self.states);
        rules.map(|(rule, state)| state.tally.record(rule, self.newest, self.weakest)).collect()
    }
}

fn applies(rule: &Rule, seen: &Seen) -> bool {
    let on = rule.operations.is_empty() || rule.operations.iter().any(|(name, _)| *name == seen.name);
    let only = |seen| {
        let differs = |only| matching::compare(only, Some(seen), "", &mut Values::default());
        rule.only.as_ref().is_none_or(|only| differs(only).is_empty())
    };
    on && only(&seen.value)
}

/// A rule and an exchange that it is about.
struct Judged<'c> {
    contract: &'c Contract,
    rule: &'c Rule,
    seen: &'c Seen,
    /// What is remembered otherwise, by the key of the expectation.
    remembered: Vec<(&'static str, Vec<Fault>)>,
    newest: Option<SpecVersion>,
}

impl Judged<'_> {
    fn add_to(&self, tally: &mut Tally, value: &Value, place: &impl Fn() -> String) {
        let (mut broken, mut known) = (false, false);
        for check in self.rule.checks.iter().filter(|check| check.holds_for(self.newest)) {
            for fault in self.faults(check, value) {
                // What the profile says of this trial excuses what is no graver.
                if self.seen.known.is_some_and(|known| check.level.gravity() >= known.gravity()) {
                    known = true;
                } else {
                    broken = true;
                    tally.broken(check.level, || self.finding(check, fault, place()));
                }
            }
        }
        if known && !broken {
            tally.exempt(Exempt::Known);
        } else {
            tally.seen(broken);
        }
    }

    fn facts(&self) -> impl Iterator<Item = (&'static str, &[Fault])> {
        let own = [("documented", &self.seen.undocumented[..]), ("discreet", &self.seen.secrets[..])];
        own.into_iter().chain(self.remembered.iter().map(|(key, faults)| (*key, &faults[..])))
    }

    fn faults(&self, check: &Check, value: &Value) -> Vec<Fault> {
        let held = matching::hold(check, value, &mut Values::default());
        let nearest = held.nearest.into_iter().flat_map(|nearest| nearest.mismatches);
        let told = |differs: Mismatch| match self.facts().find(|(key, _)| *key == differs.path) {
            Some((_, faults)) => faults.to_vec(),
            None => vec![Fault {
                subject: if differs.path.is_empty() { "answer".to_owned() } else { differs.path },
                expected: differs.expected,
                actual: differs.actual,
                source: None,
            }],
        };
        held.mismatches.into_iter().chain(nearest).flat_map(told).collect()
    }

    fn finding(&self, check: &Check, fault: Fault, place: String) -> Finding {
        let (span, spec) = match fault.source {
            Some((span, spec)) => (span, Some(spec)),
            None => (check.span, check.spec.clone().or_else(|| self.rule.spec.clone())),
        };
        Finding {
            kind: FindingKind::Requirement,
            level: check.level,
            requirement: check.because.clone().unwrap_or_else(|| self.rule.title.clone()),
            spec,
            basis: check.basis.clone(),
            step: format!("{place}: {} {}", self.seen.name, self.seen.status),
            step_index: None,
            place: Some(self.contract.sources.place(span)),
            subject: fault.subject,
            expected: fault.expected,
            actual: fault.actual,
            alternatives: None,
        }
    }
}

#[cfg(test)]
mod tests;
