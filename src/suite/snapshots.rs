//! Compares the answers of a trial with their snapshots.
//!
//! Takes a trial that went to its end and its verdict; adds a finding of the kind `drift` for each answer that is not
//! as it was. Drift is no broken requirement: it never hides one and never counts as one.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use url::Url;

use crate::run::Performed;
use crate::snapshots::{self, Content, Key, Mode, Origin, SnapshotError, Store, render};
use threepid_engine::judge::{self, StepAnswer, Verdict};
use threepid_engine::plan::Trial;
use threepid_engine::scenario::Suite;
use threepid_record::model::{Basis, Event, Finding, FindingKind, Level, Outcome, Reason};
use threepid_record::redact::collect::Reach;

/// The snapshots of one target.
#[derive(Debug)]
pub struct Snapshots {
    store: Store,
    target: String,
    /// Scenarios with their cases that ran to their end.
    ended: Mutex<BTreeSet<(String, Option<String>)>>,
    /// The first snapshot that could not be read or written.
    fault: Mutex<Option<String>>,
}

impl Snapshots {
    /// The snapshots of `target` below `folder`.
    pub fn new(folder: PathBuf, mode: Mode, target: &str) -> Snapshots {
        Snapshots {
            store: Store::new(folder, mode),
            target: target.to_owned(),
            ended: Mutex::default(),
            fault: Mutex::default(),
        }
    }

    /// The folder of this target's snapshots.
    pub fn folder(&self) -> PathBuf {
        self.store.folder(&self.target)
    }

    /// What is done with new and changed answers, in a word.
    pub fn mode(&self) -> &'static str {
        self.store.mode().word()
    }

    /// The snapshots that no step produced any more, among the trials that ran to their end; of scenarios that there are
    /// no more only where `all` were run.
    ///
    /// # Errors
    ///
    /// If a folder cannot be read.
    pub fn orphans(&self, suite: &Suite, all: bool) -> Result<BTreeSet<PathBuf>, SnapshotError> {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let ran: Vec<snapshots::Trial<'_>> =
            ended.iter().map(|(scenario, case)| snapshots::Trial { scenario, case: case.as_deref() }).collect();
        let rows = suite.scenarios.iter().flat_map(|scenario| scenario.cases.iter().map(move |case| (scenario, case)));
        let known: Vec<snapshots::Trial<'_>> = rows
            .map(|(scenario, case)| snapshots::Trial { scenario: &scenario.id, case: case.name.as_deref() })
            .collect();
        let mut orphans: BTreeSet<PathBuf> = self.store.orphans(&self.target, &ran, &known)?.into_iter().collect();
        if all {
            // A folder stands for all that is in it.
            let strangers = self.store.strangers(&self.target, &known)?;
            orphans.retain(|file| !strangers.iter().any(|folder| file.starts_with(folder)));
            orphans.extend(strangers);
        }
        Ok(orphans)
    }

    /// Why snapshots could not be read or written, if that is so: then the answers were not compared.
    pub fn fault(&self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Compares all answers of a trial on the server at `target`; adds what drifted to its verdict.
    pub(super) fn compare(
        &self,
        trial: &Trial,
        performed: &Performed,
        target: &[Url],
        mut verdict: Verdict,
    ) -> Verdict {
        let transcript = &performed.transcript;
        // A trial that stopped early says nothing about the answers it did not get to.
        if transcript.entries.iter().any(|entry| matches!(entry.event, Event::Stop(_))) {
            return verdict;
        }
        let row = (trial.scenario().id.clone(), trial.case().name.clone());
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).insert(row);
        // One that is replaced in few places only may be a common word.
        let secrets = performed.secrets.iter().filter(|secret| secret.reach == Reach::Everywhere);
        let secrets = secrets.map(|secret| (secret.kind.as_str(), secret.value.as_str()));
        let values = judge::placeholders(&verdict.values, target, secrets);
        for answer in judge::answers(trial, transcript, target) {
            let finding = match self.one(trial, &answer, &values) {
                Ok(None) => continue,
                Ok(Some((expected, actual))) => finding(trial, &answer, expected, actual),
                // A folder that cannot be read or written says nothing about the server.
                Err(fault) => {
                    let mut first = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
                    first.get_or_insert_with(|| fault.to_string());
                    continue;
                }
            };
            if verdict.outcome == Outcome::Pass {
                verdict.outcome = Outcome::Fail;
                verdict.reason = Reason::drift(&answer.label);
                verdict.level = Level::Convention;
            }
            verdict.findings.push(finding);
        }
        verdict
    }

    /// What was expected and what came, if the answer drifted.
    fn one(
        &self,
        trial: &Trial,
        answer: &StepAnswer,
        values: &[(String, String)],
    ) -> Result<Option<(String, String)>, SnapshotError> {
        let scenario = trial.scenario();
        let step = &trial.steps()[answer.step];
        let place = trial.suite().sources.place(step.span);
        let body = judge::unbound(&answer.body, values);
        let content = match &body {
            serde_json::Value::String(text) if text.is_empty() => Content::Empty,
            serde_json::Value::String(text) => Content::Text(text),
            body => Content::Json(body),
        };
        let text = render(answer.status, &answer.headers, content, values);
        let key = Key {
            target: &self.target,
            scenario: &scenario.id,
            case: trial.case().name.as_deref(),
            step: &answer.name,
        };
        let level = trial.expected(step).map(|check| check.level).min().map(|level| level.word());
        let spec = step.spec.as_ref().or(scenario.spec.as_ref());
        let origin = Origin {
            source: &place.file,
            description: &answer.label,
            spec: spec.map_or("", |spec| spec.anchor.as_str()),
            level: level.unwrap_or_default(),
        };
        let outcome = self.store.compare(key, origin, &text)?;
        if !outcome.is_drift(self.store.mode()) {
            return Ok(None);
        }
        let path = self.store.path(key);
        Ok(Some(match outcome {
            snapshots::Outcome::Changed { diff, .. } => (format!("as in {}", path.display()), diff),
            snapshots::Outcome::Inconsistent { diff, .. } => {
                (format!("the same in all trials that share {}", path.display()), diff)
            }
            _ => (format!("as in {}, which is not there yet (--snapshots accept makes it)", path.display()), text),
        }))
    }
}

fn finding(trial: &Trial, answer: &StepAnswer, expected: String, actual: String) -> Finding {
    let step = &trial.steps()[answer.step];
    Finding {
        kind: FindingKind::Drift,
        level: Level::Convention,
        requirement: "The answer is the one in its snapshot.".to_owned(),
        spec: None,
        basis: Basis::default(),
        step: answer.label.clone(),
        step_index: Some(answer.step),
        place: Some(trial.suite().sources.place(step.span)),
        subject: "snapshot".to_owned(),
        expected,
        actual,
        alternatives: None,
    }
}
