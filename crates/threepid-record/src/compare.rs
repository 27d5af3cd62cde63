//! What is different between two records.
//!
//! Takes two records; gives the differences, the most serious first: what broke, what the target does not offer any
//! more, what is slower, fixed, chosen or answered otherwise, added or removed. Values that are new in each run never
//! count as a difference. It never judges: it holds verdicts against verdicts, and answers against answers.

mod answers;
mod normal;
mod pairs;

pub use answers::differences;

use crate::model::{AnswerChange, Change, ChangeKind, Comparison, FindingKind, Outcome, Report, Side, TrialRecord};

/// How two records are compared.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Settings {
    /// A trial that takes this many times as long as before is slower; nothing is if there is no factor.
    pub slower: Option<f64>,
    /// Whether records of different suites may be compared.
    pub allow_different_suites: bool,
}

/// Records that cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the two records come from different suites of scenarios ({before} and {after}), so a difference may be the \
     scenarios': run both with the same scenarios, or compare all the same with --allow-different-suites"
)]
pub struct Unlike {
    before: String,
    after: String,
}

/// How many milliseconds a trial must take longer for that to mean anything.
const LEAST_SLOWER_MS: f64 = 50.0;

/// Compares two records.
///
/// # Errors
///
/// [`Unlike`] if their suites differ and nobody allowed that.
pub fn compare(before: &Report, after: &Report, settings: Settings) -> Result<Comparison, Unlike> {
    compare_with(before, after, settings, |old, new| differences(&before.trials[old], &after.trials[new]))
}

/// The same for records without what happened in their trials: `answers` gives the [`differences`] between an earlier and a
/// later trial, by their numbers.
///
/// # Errors
///
/// [`Unlike`] if their suites differ and nobody allowed that.
pub fn compare_with(
    before: &Report,
    after: &Report,
    settings: Settings,
    mut answers: impl FnMut(usize, usize) -> Vec<AnswerChange>,
) -> Result<Comparison, Unlike> {
    if before.suite != after.suite && !settings.allow_different_suites {
        return Err(Unlike { before: before.suite.clone(), after: after.suite.clone() });
    }
    let pairs = pairs::of(before, after);
    let mut changes = Vec::new();
    let mut same = 0;
    for (number, trial) in after.trials.iter().enumerate() {
        let Some(old) = pairs.earlier(trial) else {
            let mut added = change(ChangeKind::Added, trial, String::new(), trial.outcome.word().to_owned());
            added.worse = !settings.allow_different_suites && trial.outcome == Outcome::Fail;
            changes.push(added);
            continue;
        };
        let found = changes_of(&before.trials[old], trial, settings, answers(old, number));
        same += usize::from(found.is_empty());
        changes.extend(found);
    }
    for trial in pairs.gone.iter().map(|number| &before.trials[*number]) {
        let mut removed = change(ChangeKind::Removed, trial, trial.outcome.word().to_owned(), String::new());
        (removed.outcome, removed.reason) = (None, String::new());
        removed.worse = !settings.allow_different_suites;
        changes.push(removed);
    }
    // Stable: within a kind they stay in the order of the plan.
    changes.sort_by_key(|change| change.kind);
    Ok(Comparison { before: side(before), after: side(after), changes, same })
}

fn side(report: &Report) -> Side {
    Side {
        target: report.target.title(),
        server: report.target.server.clone(),
        threepid: report.threepid.clone(),
        suite: report.suite.clone(),
        started: report.started.clone(),
        ended: match &report.error {
            Some(error) => Some(error.clone()),
            None if report.interrupted => Some("it was interrupted".to_owned()),
            None => report.missing(),
        },
    }
}

fn change(kind: ChangeKind, trial: &TrialRecord, before: String, after: String) -> Change {
    let said = !matches!(trial.outcome, Outcome::Pass);
    Change {
        kind,
        trial: trial.name(),
        title: trial.title.clone(),
        before,
        after,
        reason: if said { trial.reason.to_string() } else { String::new() },
        worse: kind.is_regression(),
        outcome: Some(trial.outcome),
        answers: Vec::new(),
    }
}

/// Whether a requirement is broken that was not broken before, and that weighs as much as what was.
fn breaks_more(old: &TrialRecord, new: &TrialRecord) -> bool {
    let broken = |trial: &'_ TrialRecord| -> Vec<(String, String, String, u8)> {
        let requirements = trial.findings.iter().filter(|finding| finding.kind == FindingKind::Requirement);
        let what = requirements.map(|f| (f.step.clone(), f.subject.clone(), f.requirement.clone(), f.level.gravity()));
        what.collect()
    };
    let before = broken(old);
    let gravest = before.iter().map(|one| one.3).min().unwrap_or(u8::MAX);
    broken(new).iter().any(|one| one.3 <= gravest && !before.contains(one))
}

/// Whether a trial that was judged again got another verdict, or other choices.
pub fn is_judged_otherwise(old: &TrialRecord, new: &TrialRecord) -> bool {
    !changes_of(old, new, Settings::default(), Vec::new()).is_empty()
}

fn changes_of(old: &TrialRecord, new: &TrialRecord, settings: Settings, answers: Vec<AnswerChange>) -> Vec<Change> {
    let mut changes = Vec::new();
    let outcome = match (old.outcome.holds(), new.outcome.holds()) {
        (Some(false), Some(false)) if breaks_more(old, new) => Some(ChangeKind::OtherFailure),
        _ if old.outcome == new.outcome => None,
        (_, None) if new.outcome == Outcome::Skip && !new.is_not_run() => Some(ChangeKind::Lost),
        (Some(true), Some(false) | None) => Some(ChangeKind::Broken),
        // What was skipped or excused before, and fails now, was not seen failing before.
        (None, Some(false)) if old.outcome == Outcome::Skip && new.outcome == Outcome::Fail => Some(ChangeKind::Broken),
        (Some(false) | None, Some(true)) => Some(ChangeKind::Fixed),
        _ => Some(ChangeKind::Judged),
    };
    if let Some(kind) = outcome {
        let mut one = change(kind, new, old.outcome.word().to_owned(), new.outcome.word().to_owned());
        one.answers = answers;
        changes.push(one);
    } else {
        if old.choices != new.choices {
            let said = |trial: &TrialRecord| {
                trial.choices.iter().map(|c| format!("{}: {}", c.step, c.chosen)).collect::<Vec<_>>().join(", ")
            };
            changes.push(change(ChangeKind::Choice, new, said(old), said(new)));
        }
        if !answers.is_empty() {
            let mut one = change(ChangeKind::Answer, new, String::new(), String::new());
            one.answers = answers;
            changes.push(one);
        }
    }
    if let Some(factor) = settings.slower
        && new.duration_ms > old.duration_ms * factor
        && new.duration_ms > old.duration_ms + LEAST_SLOWER_MS
        && old.outcome != Outcome::Skip
    {
        let time = |trial: &TrialRecord| format!("{:.0} ms", trial.duration_ms);
        changes.push(change(ChangeKind::Slower, new, time(old), time(new)));
    }
    changes
}

#[cfg(test)]
mod tests;
