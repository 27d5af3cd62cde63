//! Small pieces that several sections of the text report are made of.

use threepid_record::model::{Outcome, Report, TrialRecord};

pub(super) use super::super::phrases::is_note;
use super::super::style::{Role, Style};
use super::super::visible;

/// Colour line by line, so that a pager or a log that cuts lines loses none.
pub(super) fn painted_lines(style: &Style, role: Role, text: &str) -> String {
    text.lines().map(|line| style.paint(role, line) + "\n").collect()
}

/// The names of some trials: all if they are few.
pub(super) fn names(trials: &[&TrialRecord]) -> String {
    first_names(trials, 3)
}

/// The names of at most so many trials, and how many more there are.
pub(super) fn first_names(trials: &[&TrialRecord], most: usize) -> String {
    let mut names: Vec<String> = trials.iter().take(most).map(|t| visible(&t.name()).into_owned()).collect();
    if trials.len() > most {
        names.push(format!("and {} more", trials.len() - most));
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
