//! One trial that needs attention: what was required, what was there instead, and how to see it again.
//!
//! Findings are told step by step. What several of them have in common (the requirement, the step, the place in the
//! specification) stands once, above them; what happened at the step stands once, below them.

use super::super::style::{Role, Style, width};
use super::super::{again, phrases, visible};
use super::parts::{brief, is_note};
use super::{evidence, quote};
use threepid_record::model::{
    Alternatives, Finding, FindingKind, Outcome, Place, Report, SourceLine, SpecRef, TrialRecord,
};

/// The whole block of one trial.
pub(super) fn block(record: &TrialRecord, style: &Style) -> String {
    let (word, role) = phrases::outcome(record.outcome);
    let name = record.name();
    let mut output = format!("{}  {}\n", style.paint(role, word), style.paint(Role::Strong, &visible(&name)));
    output.push_str(&style.wrap("  ", "  ", &visible(&record.title)));
    match record.outcome {
        Outcome::Xpass => {
            let text =
                format!("It passes, though it is listed as known to fail: {}", visible(&record.reason.to_string()));
            output.push_str(&style.wrap("  ", "  ", &text));
            output.push_str(&style.wrap("  ", "  ", "Strike the deviation off the target's profile."));
        }
        _ => output.push_str(&style.wrap("  ", "  ", &visible(&record.reason.to_string()))),
    }
    let (unknown, known): (Vec<&Finding>, Vec<&Finding>) =
        record.findings.iter().partition(|f| f.kind == FindingKind::Unknown);
    let (notes, main): (Vec<&Finding>, Vec<&Finding>) = known.into_iter().partition(|f| is_note(record, f));
    let told = !main.is_empty();
    for (index, findings) in phrases::tally(main.into_iter().map(|f| (f.step_index, f))) {
        output.push_str(&step(&findings, style));
        output.push_str(&evidence::of_step(record, index, style));
    }
    // What was not seen matters less than what was; alone, it is all there is to look at.
    if told {
        for finding in unknown {
            output.push('\n');
            output.push_str(&not_seen(finding, style));
        }
    } else if record.outcome != Outcome::Xpass {
        output.push_str(&evidence::of_the_end(record, style));
    }
    if !notes.is_empty() {
        output.push_str("\n  besides\n");
        for (_, findings) in phrases::tally(notes.into_iter().map(|f| ((f.level, f.requirement.as_str(), &f.basis), f)))
        {
            output.push_str(&note(&findings, style));
        }
    }
    output
}

/// The command that does a trial again, all of it.
pub(super) fn again(report: &Report, record: &TrialRecord, style: &Style) -> String {
    let Some(command) = again::command(report, record) else { return String::new() };
    // One line, however long: it is there to be copied.
    let mut output = format!("\n  do it all again\n  {}\n", style.paint(Role::Faint, &command));
    if let Some(note) = again::note(report) {
        output.push_str(&style.wrap("  (", "   ", &format!("{note})")));
    }
    output
}

/// All findings of one step.
fn step(findings: &[&Finding], style: &Style) -> String {
    let mut output = String::new();
    let mut stated: Option<(&str, Option<&SpecRef>)> = None;
    let groups = phrases::tally(findings.iter().map(|f| ((f.kind, f.level, f.requirement.as_str()), *f)));
    for ((kind, level, requirement), members) in groups {
        let (word, role) = match kind {
            FindingKind::Requirement => (level.word(), Role::Bad),
            FindingKind::Precondition => ("precondition", Role::Unknown),
            FindingKind::Drift => ("changed", Role::Known),
            FindingKind::Unknown => ("unknown", Role::Unknown),
        };
        output.push('\n');
        output.push_str(&headed(word, role, &visible(requirement), style));
        let first = members[0];
        let same = Some((first.step.as_str(), first.spec.as_ref()));
        if stated != same {
            fact("step", &visible(&first.step), style, &mut output);
            if let Some(spec) = &first.spec {
                let text = format!("{} {}", visible(&spec.operation), visible(&spec.url()));
                fact("spec", &text, style, &mut output);
            }
            stated = same;
        }
        for (name, text) in first.basis.parts() {
            fact(name, &visible(&text), style, &mut output);
        }
        let place = first.place.as_ref();
        if let Some(place) = place {
            fact("scenario", &shown(place), style, &mut output);
            output.push_str(&pointed(place, style));
        }
        let mut offered = None;
        for (index, finding) in members.into_iter().enumerate() {
            if index > 0 {
                output.push('\n');
            }
            let elsewhere = match (&finding.place, place) {
                (Some(own), Some(first)) if own == first => String::new(),
                (Some(own), Some(first)) if own.file == first.file => format!(" ({}:{})", own.line, own.column),
                (Some(own), _) => format!(" ({})", shown(own)),
                (None, _) => String::new(),
            };
            if offered != finding.alternatives.as_ref() {
                offered = finding.alternatives.as_ref();
                if let Some(Alternatives { names, nearest }) = offered {
                    let text = format!("{}; the nearest is {}", visible(&names.join(", ")), visible(nearest));
                    fact("one of", &text, style, &mut output);
                }
            }
            fact("subject", &format!("{}{elsewhere}", visible(&finding.subject)), style, &mut output);
            // A difference is told as it is: held against the snapshot's name it would be one of a difference.
            if finding.kind == FindingKind::Drift && finding.actual.lines().any(|line| line.starts_with("@@ ")) {
                fact("expected", &visible(&finding.expected), style, &mut output);
                output.push_str(&quote::unified(&finding.actual, "    ", style));
            } else {
                output.push_str(&quote::against(&finding.expected, &finding.actual, "    ", style));
            }
        }
    }
    output
}

fn fact(name: &str, text: &str, style: &Style, output: &mut String) {
    output.push_str(&style.wrap(&format!("    {name:<9} "), "              ", text));
}

fn shown(place: &Place) -> String {
    format!("{}:{}:{}", visible(&place.path()), place.line, place.column)
}

/// The line of a scenario with a mark below the place in it, if the record has it.
fn pointed(place: &Place, style: &Style) -> String {
    const INDENT: &str = "              ";
    let Some(source) = place.source.as_ref().filter(|source| !source.text.is_empty()) else {
        return String::new();
    };
    let SourceLine { text, at } = source.within(style.columns() - INDENT.len());
    let text = text.replace('\t', " ");
    let before: String = text.chars().take(at).collect();
    let mark = format!("{INDENT}{}", " ".repeat(width(&visible(&before))));
    format!("{INDENT}{}\n{mark}{}\n", visible(&text), style.paint(Role::Bad, "^"))
}

/// A line that begins with a coloured word.
fn headed(word: &str, role: Role, text: &str, style: &Style) -> String {
    let text = style.wrap(&format!("  {word}: "), "    ", text);
    // The first word has the colour; painting before wrapping would count the colour as columns.
    format!("  {}{}", style.paint(role, word), &text[2 + word.len()..])
}

/// What could not be seen, in a sentence.
fn not_seen(finding: &Finding, style: &Style) -> String {
    let text = format!("{}: {}", visible(&finding.requirement), visible(&finding.actual));
    headed("unknown", Role::Unknown, &text, style)
}

/// One requirement in a few lines, with all places at which it is not met.
fn note(findings: &[&Finding], style: &Style) -> String {
    let first = findings[0];
    let basis = first.basis.line().map(|basis| format!("; {}", visible(&basis))).unwrap_or_default();
    let steps = phrases::tally(findings.iter().map(|f| (f.step.as_str(), *f))).into_iter().map(|(step, members)| {
        let places = members.into_iter().map(|finding| {
            let subject = phrases::subject(finding);
            let (expected, actual) = (brief(&finding.expected), brief(&finding.actual));
            format!("{}: expected {expected}, was {actual}", visible(&subject))
        });
        format!("{}, {}", visible(step), places.collect::<Vec<_>>().join("; "))
    });
    let text = format!(
        "{}: {}{basis} ({})",
        first.level.word(),
        visible(phrases::clause(&first.requirement)),
        steps.collect::<Vec<_>>().join("; ")
    );
    style.wrap("  - ", "    ", &text)
}
