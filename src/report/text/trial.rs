//! One trial that needs attention: what was required, what was there instead, and how to see it again.

use super::super::style::{Role, Style};
use super::super::{visible, words};
use super::{evidence, quote};
use crate::model::{Finding, FindingKind, Level, Outcome, TrialRecord};

/// The whole block of one trial.
pub(super) fn block(record: &TrialRecord, style: &Style) -> String {
    let (word, role) = words::outcome(record.outcome);
    let name = record.name();
    let mut output = format!("{}  {}\n", style.paint(role, word), style.paint(Role::Strong, &visible(&name)));
    output.push_str(&style.wrap("  ", "  ", &visible(&record.title)));
    match record.outcome {
        Outcome::Xpass => {
            let text = format!("It passes, though it is listed as known to fail: {}", visible(&record.reason));
            output.push_str(&style.wrap("  ", "  ", &text));
            output.push_str(&style.wrap("  ", "  ", "Strike the deviation off the target's profile."));
        }
        _ => output.push_str(&style.wrap("  ", "  ", &visible(&record.reason))),
    }
    let (main, notes): (Vec<&Finding>, Vec<&Finding>) = record.findings.iter().partition(|f| !is_note(f));
    for (step, findings) in words::tally(main.into_iter().map(|f| (f.step_index, f))) {
        for finding in &findings {
            output.push('\n');
            output.push_str(&show(finding, style));
        }
        output.push_str(&evidence::of_step(record, step, style));
    }
    if record.findings.iter().all(is_note) && record.outcome != Outcome::Xpass {
        output.push_str(&evidence::of_the_end(record, style));
    }
    if !notes.is_empty() {
        output.push_str("\n  besides\n");
        for finding in notes {
            output.push_str(&note(finding, style));
        }
    }
    output
}

/// A finding that does not fail a trial by itself.
pub(super) fn is_note(finding: &Finding) -> bool {
    finding.kind == FindingKind::Requirement && matches!(finding.level, Level::Should | Level::Convention)
}

fn show(finding: &Finding, style: &Style) -> String {
    let (word, role) = match finding.kind {
        FindingKind::Requirement => (finding.level.word(), Role::Bad),
        FindingKind::Precondition => ("precondition", Role::Unknown),
        FindingKind::Drift => ("changed", Role::Known),
        FindingKind::Unknown => ("unknown", Role::Unknown),
    };
    let text = style.wrap(&format!("  {word}: "), "    ", &visible(&finding.requirement));
    // The first word has the colour; painting before wrapping would count the colour as columns.
    let mut output = format!("  {}{}", style.paint(role, word), &text[2 + word.len()..]);
    let mut fact =
        |name: &str, text: &str| output.push_str(&style.wrap(&format!("    {name:<9} "), "              ", text));
    fact("step", &visible(&finding.step));
    if let Some(spec) = &finding.spec {
        fact("spec", &format!("{} {}", visible(&spec.operation), visible(&spec.url())));
    }
    if let Some(place) = &finding.place {
        fact("scenario", &format!("{}:{}:{}", visible(&place.file), place.line, place.column));
    }
    fact("subject", &visible(&finding.subject));
    output.push_str(&quote::against(&finding.expected, &finding.actual, "    ", style));
    output
}

/// A finding in one or two lines.
pub(super) fn note(finding: &Finding, style: &Style) -> String {
    let text = format!(
        "{}: {} ({}, {}: expected {}, was {})",
        finding.level.word(),
        visible(&finding.requirement),
        visible(&finding.step),
        visible(&finding.subject),
        brief(&finding.expected),
        brief(&finding.actual)
    );
    style.wrap("  - ", "    ", &text)
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
