//! One trial from its plan to its record.

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::session::Session;
use super::settings::Settings;
use crate::run;
use threepid_engine::judge::{self, Verdict};
use threepid_engine::plan::{Planned, Trial};
use threepid_record::model::{Account, Level, Outcome, Stop, StopReason, Transcript, TrialRecord};

/// Why a trial ends whose accounts were still being made.
const INTERRUPTED: &str = "the run was interrupted; it was at the step `account`";

/// Runs one trial; gives its record with all secrets replaced.
pub async fn run(planned: &Planned, session: &Session, settings: &Settings, cancel: &CancellationToken) -> TrialRecord {
    let trial = &planned.trial;
    if let Some(reason) = &planned.skip {
        return without(trial, Outcome::Skip, reason.clone());
    }
    let begun = tokio::time::Instant::now();
    let mut accounts: Vec<(String, Account)> = Vec::new();
    let mut preparation = Vec::new();
    let mut failed = None;
    let actors = &trial.scenario().actors;
    let asked = join_all(actors.iter().map(|actor| session.target.accounts.account(actor)));
    let results = tokio::select! {
        results = asked => results,
        () = cancel.cancelled() => {
            failed = Some(Stop { reason: StopReason::Interrupted, message: INTERRUPTED.to_owned() });
            Vec::new()
        }
    };
    for (actor, result) in actors.iter().zip(results) {
        match result {
            Ok((account, exchanges)) => {
                preparation.extend(exchanges);
                accounts.push((actor.clone(), account));
            }
            Err(none) => {
                preparation.extend(none.exchanges);
                failed = Some(Stop {
                    reason: StopReason::NoAccount,
                    message: format!("no account for {actor}: {}", none.error),
                });
            }
        }
    }
    let performed = match failed {
        Some(stop) => run::not_begun(preparation, stop),
        None => run::perform(trial, &accounts, preparation, &session.context, cancel).await,
    };
    for (_, account) in &accounts {
        session.target.accounts.give_back(account);
    }
    let known = session.context.origins.known();
    let mut verdict = judge::judge(trial, &performed.transcript, &known, settings.fail_on);
    if let Some(snapshots) = &settings.snapshots {
        snapshots.compare(trial, &performed, &known, &mut verdict);
    }
    let mut record = record(trial, verdict, performed.transcript, begun.elapsed().as_secs_f64() * 1000.0);
    settings.deviations.apply(&mut record);
    let mut redactor = session.others.redactor();
    performed.secrets.iter().for_each(|secret| redactor.learn(secret));
    run::heavy(|| redactor.record(&mut record));
    // Only now: in its own record nothing is another trial's.
    performed.secrets.iter().for_each(|secret| session.others.remember(secret));
    record
}

fn record(trial: &Trial, verdict: Verdict, transcript: Transcript, duration_ms: f64) -> TrialRecord {
    let scenario = trial.scenario();
    TrialRecord {
        id: scenario.id.clone(),
        case: trial.case().name.clone(),
        variant: trial.variant.clone(),
        api: trial.api.to_string(),
        repetition: trial.repetition,
        title: scenario.title.clone(),
        covers: scenario.covers.clone(),
        spec: scenario.spec.clone(),
        outcome: verdict.outcome,
        level: verdict.level,
        reason: verdict.reason,
        duration_ms,
        findings: verdict.findings,
        choices: verdict.choices,
        rule: None,
        transcript,
    }
}

/// The record of a trial that was not run.
pub fn not_run(trial: &Trial, reason: String) -> TrialRecord {
    without(trial, Outcome::Skip, reason)
}

/// The record of a trial in which nothing happened.
pub(super) fn without(trial: &Trial, outcome: Outcome, reason: String) -> TrialRecord {
    let asked = trial.strongest();
    let verdict = Verdict {
        outcome,
        level: asked.unwrap_or(Level::Must),
        reason,
        findings: Vec::new(),
        choices: Vec::new(),
        values: threepid_engine::matching::Values::default(),
    };
    record(trial, verdict, Transcript::default(), 0.0)
}
