//! Findings of one trial, and the outcome that follows from them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use url::Url;

use crate::matching::{self, Mismatch, Values};
use crate::plan::{Trial, by_level};
use crate::scenario::{Action, Check, Span, Step, ValueType};
use threepid_record::model::{
    Alternatives, Basis, Choice, Entry, Event, Finding, FindingKind, Level, Outcome, Reason, Stop, StopReason,
    Transcript,
};

/// What a trial is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The outcome.
    pub outcome: Outcome,
    /// The gravest level that failed, or else the strongest that was asked for.
    pub level: Level,
    /// How many expectations of each level were judged; where it could not be told, how many there are.
    pub asked: BTreeMap<Level, usize>,
    /// Why.
    pub reason: Reason,
    /// What is not as required.
    pub findings: Vec<Finding>,
    /// Which of several lawful answers were given.
    pub choices: Vec<Choice>,
    /// All values that came up, for comparing with snapshots.
    pub values: Values,
}

/// Judges a trial by its transcript. Requirements down to the level `weakest` make it fail; weaker ones are noted.
/// `origins` are the target's public and reachable address.
pub fn judge(trial: &Trial, transcript: &Transcript, origins: &[Url], weakest: Level) -> Verdict {
    let mut judge = Judge {
        trial,
        transcript,
        values: given(transcript),
        judged: BTreeSet::new(),
        findings: Vec::new(),
        choices: Vec::new(),
    };
    for (index, step) in trial.steps().iter().enumerate() {
        judge.step(index, step, origins);
    }
    judge.verdict(weakest)
}

/// The values that the harness chose or was given.
fn given(transcript: &Transcript) -> Values {
    let mut values = Values::default();
    values.set("started", ValueType::named("timestamp"), transcript.started_ms.into());
    for (name, value) in &transcript.values {
        let type_name = name.rsplit('.').next().unwrap_or(name).split('~').next().unwrap_or(name);
        values.set(name, ValueType::named(type_name), value.clone());
    }
    values
}

struct Judge<'t> {
    trial: &'t Trial,
    transcript: &'t Transcript,
    values: Values,
    /// The steps of the behaviour itself with the levels at which they were judged.
    judged: BTreeSet<(usize, Level)>,
    findings: Vec<Finding>,
    choices: Vec<Choice>,
}

impl Judge<'_> {
    fn step(&mut self, index: usize, step: &Step, origins: &[Url]) {
        let entries: Vec<Entry> =
            self.transcript.entries.iter().filter(|entry| entry.step == Some(index)).cloned().collect();
        for entry in &entries {
            self.silent_demands(index, step, &entry.event);
        }
        for (end_ms, seen) in matching::outcomes(step, &entries, origins) {
            self.values.set("now", None, (self.transcript.started_ms + end_ms.ceil() as u64).into());
            // An exchange without an answer shows nothing; the stop that follows it says so.
            if seen.as_object().is_none_or(serde_json::Map::is_empty) {
                continue;
            }
            for check in &step.checks {
                if check.holds_for(self.trial.newest) {
                    self.check(index, step, check, &seen);
                } else {
                    // Not judged; the values in it are those that later steps go on with.
                    matching::hold(check, &seen, &mut self.values);
                }
            }
            // What the trial goes on by is not judged either.
            if let Some(proceed) = &step.proceed_if {
                matching::compare(&proceed.pattern, Some(&seen), "", &mut self.values);
            }
        }
    }

    /// What a step demands without saying so: mail that is waited for comes, and where none may come none does.
    fn silent_demands(&mut self, index: usize, step: &Step, event: &Event) {
        let levels = || self.trial.expected(step).map(|check| check.level);
        // Mail that does not come harms nobody, whatever else the step says of mail that comes.
        let harmless = |level: &Level| !matches!(event, Event::Delivery(_)) || *level != Level::Security;
        let level = match levels().filter(harmless).min() {
            Some(level) => level,
            None if step.checks.is_empty() => Level::Must,
            None if levels().next().is_some() => Level::Convention,
            // All that the step expects is of other versions of the specification.
            None => return,
        };
        match event {
            Event::Delivery(delivery) if delivery.mails.len() < delivery.wanted => {
                let mut actual =
                    format!("{} came in {:.1} s", count(delivery.mails.len()), delivery.waited_ms / 1000.0);
                if !delivery.strays.is_empty() {
                    let strays: Vec<String> =
                        delivery.strays.iter().map(|stray| format!("{} ({})", stray.to, stray.subject)).collect();
                    actual.push_str(&format!(
                        "; {} arrived for other addresses: {}",
                        count(strays.len()),
                        strays.join(", ")
                    ));
                }
                let aside = self.set_aside(&delivery.mailbox);
                if !aside.is_empty() {
                    actual.push_str(&format!("; with neither a link nor a code: {}", aside.join(", ")));
                }
                let limit = match &step.action {
                    Action::Mail(wait) if wait.within.is_some() => "within",
                    _ => "--mail-timeout",
                };
                let expected = format!(
                    "{} to {} within {:.1} s ({limit})",
                    count(delivery.wanted),
                    delivery.mailbox,
                    delivery.deadline_ms / 1000.0
                );
                self.find(index, step, None, level, mail(step.span, expected, actual), None);
            }
            Event::NoMailWindow(silence) if !silence.mails.is_empty() => {
                // A scenario may say that mail without a link is no harm: then `links` decides.
                if self
                    .trial
                    .expected(step)
                    .any(|check| ["links", "count"].iter().any(|name| check.place_of(name).is_some()))
                {
                    return;
                }
                let subjects: Vec<&str> =
                    silence.mails.iter().map(|mail| mail.header("subject").unwrap_or("without a subject")).collect();
                let limit = match &step.action {
                    Action::NoMail(quiet) if quiet.window.is_some() => "for",
                    _ => "--quiet-window",
                };
                let expected =
                    format!("no mail to {} for {:.1} s ({limit})", silence.mailbox, silence.window_ms / 1000.0);
                let actual = format!("{}: {}", count(silence.mails.len()), subjects.join(", "));
                self.find(index, step, None, level, mail(step.span, expected, actual), None);
            }
            _ => {}
        }
    }

    /// The subjects of the mails to an address that no step is judged by.
    fn set_aside(&self, mailbox: &str) -> Vec<String> {
        let asides = self.transcript.entries.iter().filter(|entry| entry.step.is_none());
        let deliveries = asides.filter_map(|entry| match &entry.event {
            Event::Delivery(delivery) if delivery.wanted == 0 && delivery.mailbox == mailbox => Some(delivery),
            _ => None,
        });
        let mails = deliveries.flat_map(|delivery| &delivery.mails);
        mails.map(|mail| mail.header("subject").unwrap_or("without a subject").to_owned()).collect()
    }

    fn check(&mut self, index: usize, step: &Step, check: &Check, seen: &Value) {
        let held = matching::hold(check, seen, &mut self.values);
        if let Some(chosen) = held.chosen {
            let choice = Choice { step: step.label.clone(), chosen };
            if !self.choices.contains(&choice) {
                self.choices.push(choice);
            }
        }
        // A mail that did not come has been noted already, once and in better words.
        if seen.get("count").and_then(Value::as_u64) == Some(0) && seen.get("mails").is_some() {
            return;
        }
        if !step.prepares {
            self.judged.insert((index, check.level));
        }
        let (alternatives, nearest) = match held.nearest {
            Some(nearest) => (Some(nearest.alternatives), nearest.mismatches),
            None => (None, Vec::new()),
        };
        let own = held.mismatches.into_iter().map(|mismatch| (None, mismatch));
        for (alternatives, mut differs) in own.chain(nearest.into_iter().map(|one| (alternatives.clone(), one))) {
            differs.actual = explained(differs.actual, &differs.path, seen);
            self.find(index, step, Some(check), check.level, differs, alternatives);
        }
    }

    fn find(
        &mut self,
        index: usize,
        step: &Step,
        check: Option<&Check>,
        level: Level,
        differs: Mismatch,
        alternatives: Option<Alternatives>,
    ) {
        if !step.prepares {
            // What a step demands without saying so is an expectation too.
            self.judged.insert((index, level));
        }
        let Mismatch { path, span, expected, actual } = differs;
        let scenario = self.trial.scenario();
        let spec =
            check.and_then(|check| check.spec.clone()).or_else(|| step.spec.clone()).or_else(|| scenario.spec.clone());
        let finding = Finding {
            kind: if step.prepares { FindingKind::Precondition } else { FindingKind::Requirement },
            level,
            requirement: check.and_then(|check| check.because.clone()).unwrap_or_else(|| scenario.title.clone()),
            spec,
            basis: check.map(|check| check.basis.clone()).unwrap_or_default(),
            step: step.label.clone(),
            step_index: Some(index),
            place: Some(self.trial.suite().sources.place(span)),
            subject: if path.is_empty() { "answer".to_owned() } else { path },
            expected,
            actual,
            alternatives,
        };
        // Several answers of one step may be wrong in the same way.
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn verdict(mut self, weakest: Level) -> Verdict {
        let stop = self.transcript.entries.iter().find_map(|entry| match &entry.event {
            Event::Stop(stop) => Some(stop.clone()),
            _ => None,
        });
        self.findings.sort_by_key(|finding| finding.step_index);
        let counted = |finding: &&Finding| finding.level <= weakest;
        let requirements = self.findings.iter().filter(|finding| finding.kind == FindingKind::Requirement);
        // Of several, the gravest leads: a breach of security must not stand behind a wrong status.
        let worst = requirements.clone().filter(counted).min_by_key(|finding| finding.level.gravity());
        let first = requirements.filter(counted).find_map(|finding| finding.step_index);
        // A precondition that fails first makes all that follows its consequence.
        let precondition =
            self.findings.iter().filter(|finding| finding.kind == FindingKind::Precondition).find(|finding| {
                finding.level <= weakest
                    && first.is_none_or(|first| finding.step_index.is_some_and(|index| index < first))
            });
        let asked = self.trial.strongest();
        let told = |finding: &Finding| {
            let (step, subject) = (&finding.step, &finding.subject);
            let (actual, expected) = (brief(&finding.actual), brief(&finding.expected));
            // Of mail that came or not, all is said in words.
            let what = match subject.as_str() {
                MAIL => format!("{actual}, expected {expected}"),
                _ => format!("{subject} is {actual}, expected {expected}"),
            };
            match &finding.alternatives {
                Some(one_of) if !one_of.all_in(&finding.expected) => {
                    let Alternatives { names, nearest } = one_of;
                    format!("{step}: none of {} fits; nearest is {nearest}, where {what}", names.join(", "))
                }
                _ => format!("{step}: {what}"),
            }
        };
        let (outcome, level, reason) = match (precondition, worst, &stop) {
            (Some(precondition), ..) => {
                (Outcome::Error, asked.unwrap_or(Level::Must), Reason::not_reached(&told(precondition)))
            }
            (None, Some(worst), _) => (Outcome::Fail, worst.level, told(worst).into()),
            (None, None, Some(Stop { reason: StopReason::NotApplicable, message })) => {
                (Outcome::Skip, asked.unwrap_or(Level::Must), message.clone().into())
            }
            (None, None, Some(stop)) => (Outcome::Error, asked.unwrap_or(Level::Must), stop.message.clone().into()),
            (None, None, None) => (Outcome::Pass, asked.unwrap_or(Level::Must), "all as required".into()),
        };
        if let Some(stop) = stop.filter(|stop| stop.reason != StopReason::NotApplicable) {
            self.findings.push(Finding {
                kind: FindingKind::Unknown,
                level,
                requirement: "what follows could not be seen".to_owned(),
                spec: None,
                basis: Basis::default(),
                step: "stopped".to_owned(),
                step_index: None,
                place: None,
                subject: "trial".to_owned(),
                expected: "all steps are done".to_owned(),
                actual: stop.message,
                alternatives: None,
            });
        }
        let asked = match outcome {
            Outcome::Error | Outcome::Skip => self.trial.asked(),
            _ => by_level(self.judged.into_iter()),
        };
        Verdict { outcome, level, asked, reason, findings: self.findings, choices: self.choices, values: self.values }
    }
}

/// The subject of a finding about mail that came, or did not.
const MAIL: &str = "mail";

/// That other mail came than should have.
fn mail(span: Span, expected: String, actual: String) -> Mismatch {
    Mismatch { path: MAIL.to_owned(), span, expected, actual }
}

fn count(mails: usize) -> String {
    match mails {
        0 => "no mail".to_owned(),
        1 => "1 mail".to_owned(),
        many => format!("{many} mails"),
    }
}

/// Where a body was expected and there is no JSON, what was there instead; with a wrong status, the Matrix error.
fn explained(actual: String, path: &str, seen: &Value) -> String {
    if path == "status" {
        let body = seen.get("body").and_then(|body| body.get("errcode").map(|code| (code, body.get("error"))));
        return match body {
            Some((code, Some(error))) => format!("{actual} {} ({})", plain(code), plain(error)),
            Some((code, None)) => format!("{actual} {}", plain(code)),
            None => actual,
        };
    }
    let no_json = path.starts_with("body") && seen.get("body").is_none();
    match seen.get("raw").and_then(Value::as_str) {
        Some(raw) if no_json && raw.is_empty() => "an empty body".to_owned(),
        Some(raw) if no_json => format!("no JSON: {}", brief(raw)),
        _ => actual,
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The first characters of a long text.
fn brief(text: &str) -> String {
    const SHOWN: usize = 160;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
