//! One trial from its plan to its record.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::session::Session;
use super::settings::Settings;
use crate::run;
use crate::target::{Need, NotLent};
use threepid_engine::judge::{self, Verdict};
use threepid_engine::plan::{ActorNeeds, Planned, Trial};
use threepid_record::model::{Level, Outcome, Reason, Stop, StopReason, Transcript, TrialRecord};

/// Why a trial ends whose accounts were still being made.
const INTERRUPTED: &str = "the run was interrupted; it was at the step `account`";

/// How long given accounts are cleaned once somebody waits for the program to end.
const CLEANING_IN_HASTE: Duration = Duration::from_secs(3);

/// Runs one trial; gives its record with all secrets replaced.
pub async fn run(planned: &Planned, session: &Session, settings: &Settings, cancel: &CancellationToken) -> TrialRecord {
    let trial = &planned.trial;
    if let Some(reason) = &planned.skip {
        return without(trial, Outcome::Skip, reason.clone());
    }
    let source = &session.target.accounts;
    let needs: Vec<Need> = trial.actors().into_iter().map(need).collect();
    let lent = tokio::select! {
        lent = source.lend(&needs) => Some(lent),
        () = cancel.cancelled() => None,
    };
    // Others may have had the accounts for long.
    let begun = tokio::time::Instant::now();
    let performed = match lent {
        None => {
            let stop = Stop { reason: StopReason::Interrupted, message: INTERRUPTED.to_owned() };
            run::not_begun(Vec::new(), stop)
        }
        Some(Err(NotLent::TooFew(reason))) => {
            let reason = session.others.redactor().text(&reason).into_owned();
            return without(trial, Outcome::Skip, reason);
        }
        Some(Err(NotLent::Failed(none))) => {
            let message = format!("no account for {}: {}", none.actors.join(" and "), none.error);
            run::not_begun(none.exchanges, Stop { reason: StopReason::NoAccount, message })
        }
        Some(Ok(lent)) => {
            // While it waited for accounts, all may have been over.
            if let Some(reason) = settings.stop_reason(cancel) {
                source.give_back_unused(lent);
                return not_run(trial, reason);
            }
            let performed = run::perform(trial, &lent.accounts, lent.exchanges, &session.context, cancel).await;
            let haste = async {
                cancel.cancelled().await;
                tokio::time::sleep(CLEANING_IN_HASTE).await;
            };
            tokio::select! {
                () = source.give_back(lent.loans, &performed.transcript) => {}
                // What is left is said at the end, and the next run looks for it.
                () = haste => {}
            }
            performed
        }
    };
    let known = session.context.origins.known();
    let verdict = judge::judge(trial, &performed.transcript, &known, settings.fail_on);
    #[cfg(feature = "cli")]
    let verdict = match &settings.snapshots {
        Some(snapshots) => snapshots.compare(trial, &performed, &known, verdict),
        None => verdict,
    };
    let mut record = record(trial, verdict, performed.transcript, begun.elapsed().as_secs_f64() * 1000.0);
    settings.deviations.apply(&mut record);
    let mut redactor = session.others.redactor();
    performed.secrets.iter().for_each(|secret| redactor.learn(secret));
    run::heavy(|| redactor.record(&mut record));
    // Only now: in its own record nothing is another trial's.
    performed.secrets.iter().for_each(|secret| session.others.remember(secret));
    record
}

fn need(ActorNeeds { actor, uses_up, password, no_address }: ActorNeeds) -> Need {
    Need { actor, uses_up, password, no_address }
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
        asked: verdict.asked,
        reason: verdict.reason,
        duration_ms,
        findings: verdict.findings,
        choices: verdict.choices,
        rule: None,
        transcript,
    }
}

/// The record of a trial that was not run, and why.
pub fn not_run(trial: &Trial, why: &str) -> TrialRecord {
    without(trial, Outcome::Skip, Reason::not_run(why))
}

/// The record of a trial in which nothing happened.
pub(super) fn without(trial: &Trial, outcome: Outcome, reason: impl Into<Reason>) -> TrialRecord {
    let verdict = Verdict {
        outcome,
        level: trial.strongest().unwrap_or(Level::Must),
        asked: trial.asked(),
        reason: reason.into(),
        findings: Vec::new(),
        choices: Vec::new(),
        values: threepid_engine::matching::Values::default(),
    };
    record(trial, verdict, Transcript::default(), 0.0)
}
