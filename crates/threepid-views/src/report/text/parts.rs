//! Small pieces that several sections of the text report are made of.

use threepid_record::model::{Finding, FindingKind, Level, Outcome, Report, TrialRecord};

use super::super::style::{Role, Style};
use super::super::visible;

/// Colour line by line, so that a pager or a log that cuts lines loses none.
pub(super) fn painted_lines(style: &Style, role: Role, text: &str) -> String {
    text.lines().map(|line| style.paint(role, line) + "\n").collect()
}

/// The names of some trials: all if they are few.
pub(super) fn names(trials: &[&TrialRecord]) -> String {
    const MOST: usize = 3;
    let mut names: Vec<String> = trials.iter().take(MOST).map(|t| visible(&t.name()).into_owned()).collect();
    if trials.len() > MOST {
        names.push(format!("and {} more", trials.len() - MOST));
    }
    names.join(", ")
}

pub(super) fn of(report: &Report, outcome: Outcome) -> impl Iterator<Item = &TrialRecord> {
    report.trials.iter().filter(move |t| t.outcome == outcome)
}

/// The start of a text, for where a whole one has no place.
pub(super) fn brief(text: &str) -> String {
    const MOST: usize = 80;
    let mut chars = text.chars();
    let start: String = chars.by_ref().take(MOST).collect();
    let start = visible(&start).into_owned();
    match (start.is_empty(), chars.next()) {
        (true, _) => "nothing".to_owned(),
        (false, None) => start,
        (false, Some(_)) => start + "…",
    }
}

/// A finding that does not fail its trial: a weak requirement, unless the trial was made to fail for one as weak.
pub(super) fn is_note(trial: &TrialRecord, finding: &Finding) -> bool {
    let fails = trial.outcome == Outcome::Fail && !trial.is_drift_alone();
    finding.kind == FindingKind::Requirement
        && matches!(finding.level, Level::Should | Level::Convention)
        && !(fails && finding.level.gravity() <= trial.level.gravity())
}
