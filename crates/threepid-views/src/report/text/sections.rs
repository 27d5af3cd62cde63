//! What is told about the run as a whole, after the trials that need attention.

use super::super::causes::Cause;
use super::super::style::{Role, Style, width};
use super::super::{phrases, summary, visible};
use super::parts::{brief, first_names, is_note, names, of, painted_lines};
use super::trial;
use threepid_record::model::{Counts, Finding, FindingKind, Outcome, Report, TrialRecord};

/// How many of the slowest trials are named.
const SLOWEST: usize = 5;

fn title(style: &Style, text: &str) -> String {
    painted_lines(style, Role::Strong, &style.wrap("", "", text))
}

/// How many trials of one cause are named in its line at the end.
const NAMED: usize = 11;

/// One cause: the trial that shows it best, whole, and the names of all others that it cost.
pub(super) fn cause(report: &Report, cause: &Cause<'_>, style: &Style) -> String {
    let Some(shown) = cause.shown() else { return String::new() };
    let mut output = trial::block(shown, style);
    output.push_str(&trial::again(report, shown, style));
    let (alike, built_on) = cause.others();
    let mut others = |text: &str, trials: &[&TrialRecord]| {
        if !trials.is_empty() {
            let names = first_names(trials, usize::MAX);
            output.push('\n');
            output.push_str(&style.wrap(
                "  ",
                "    ",
                &format!("{text} {}: {names}", phrases::count(trials.len(), "trial")),
            ));
        }
    };
    others("the same in", alike);
    others("not reached because of it:", built_on);
    output
}

/// The causes in a few lines each, the gravest first.
pub(super) fn in_short(causes: &[Cause<'_>], style: &Style) -> String {
    // What is one trial says all that there is to say in its own block.
    if causes.iter().map(Cause::cost).sum::<usize>() < 2 {
        return String::new();
    }
    let mut output = title(style, "What it comes to, by cause, the gravest first");
    for (index, cause) in causes.iter().enumerate() {
        let Some(shown) = cause.shown() else { continue };
        let (word, role) = match shown.outcome {
            Outcome::Fail if shown.is_drift_alone() => ("changed", Role::Known),
            Outcome::Fail => (shown.level.word(), Role::Bad),
            outcome => phrases::outcome(outcome),
        };
        let start = format!("  {}. ", index + 1);
        let rest = " ".repeat(width(&start));
        let at = cause.at.as_deref().filter(|at| !shown.reason.words.contains(at)).map(|at| format!("{at}, "));
        let reason = format!("{}{}", at.unwrap_or_default(), shown.reason);
        let text = style.wrap(&format!("{start}{word}: "), &rest, &visible(&reason));
        // Painting before wrapping would count the colour as columns.
        let head = format!("{start}{word}");
        output.push_str(&format!("{start}{}{}", style.paint(role, word), &text[head.len()..]));
        let mut cost = |trials: &[&TrialRecord], word: &str| {
            if !trials.is_empty() {
                let text = format!("{}{word}: {}", phrases::count(trials.len(), "trial"), first_names(trials, NAMED));
                output.push_str(&style.wrap(&rest, &rest, &text));
            }
        };
        cost(&cause.trials, "");
        cost(&cause.built_on, " not reached");
    }
    output
}

/// What is not shown unless it is asked for, in one line.
pub(super) fn left_out(report: &Report, style: &Style) -> String {
    let choices = phrases::tally(
        report.trials.iter().flat_map(|t| t.choices.iter().map(|c| ((c.step.as_str(), c.chosen.as_str()), ()))),
    );
    let mut parts = Vec::new();
    match phrases::noted(report) {
        0 => {}
        noted => parts.push(phrases::count(noted, "note")),
    }
    if !choices.is_empty() {
        parts.push(phrases::count(choices.len(), "choice"));
    }
    if parts.is_empty() {
        return String::new();
    }
    let text = format!("{} and the slowest trials: see --verbose, or the files of --output.", parts.join(", "));
    painted_lines(style, Role::Faint, &style.wrap("", "", &text))
}

/// The outcomes by flow, as a table; as lines where a table would be too wide.
pub(super) fn flows(report: &Report, style: &Style) -> String {
    let mut rows: Vec<(String, Counts)> =
        summary::flows(report).into_iter().map(|(flow, counts)| (visible(flow).into_owned(), counts)).collect();
    if rows.is_empty() {
        return String::new();
    }
    if rows.len() > 1 {
        rows.push(("all".to_owned(), report.counts));
    }
    let all = cells(&report.counts);
    // A column that nobody needs only makes the table wide.
    let wanted: Vec<usize> = (0..all.len()).filter(|i| all[*i].0 != "fixed" || all[*i].1 > 0).collect();
    let first = rows.iter().map(|(flow, _)| width(flow)).max().unwrap_or(0).max(4);
    let mut output = title(style, "By flow");
    if 2 + first + wanted.len() * 7 > style.columns() {
        for (flow, counts) in &rows {
            let facts: Vec<String> =
                cells(counts).iter().filter(|c| c.1 > 0).map(|(name, n, _)| format!("{n} {name}")).collect();
            output.push_str(&style.wrap(&format!("  {flow}: "), "    ", &facts.join(", ")));
        }
        return output;
    }
    output.push_str(&format!("  {:<first$}", ""));
    wanted.iter().for_each(|i| output.push_str(&format!("{:>7}", all[*i].0)));
    output.push('\n');
    for (flow, counts) in &rows {
        output.push_str(&format!("  {flow:<first$}"));
        let cells = cells(counts);
        for index in &wanted {
            let (_, n, role) = cells[*index];
            let cell = if n == 0 { format!("{:>7}", "-") } else { format!("{n:>7}") };
            output.push_str(&style.paint(if n == 0 { Role::Faint } else { role }, &cell));
        }
        output.push('\n');
    }
    output
}

fn cells(counts: &Counts) -> [(&'static str, usize, Role); 6] {
    [
        ("pass", counts.pass, Role::Good),
        ("fail", counts.fail, Role::Bad),
        ("fixed", counts.xpass, Role::Bad),
        ("known", counts.xfail, Role::Known),
        ("skip", counts.skip, Role::Faint),
        ("error", counts.error, Role::Unknown),
    ]
}

/// Findings of trials that need no attention for themselves.
fn quiet_findings(report: &Report) -> impl Iterator<Item = (&TrialRecord, &Finding)> {
    let quiet = report.trials.iter().filter(|t| !phrases::needs_attention(t));
    quiet.flat_map(|t| t.findings.iter().map(move |f| (t, f)))
}

/// Answers that differ from their snapshots in trials that pass.
pub(super) fn changes(report: &Report, style: &Style) -> String {
    let changed = quiet_findings(report).filter(|(_, f)| f.kind == FindingKind::Drift);
    let lines: String = changed
        .map(|(trial, finding)| {
            let text =
                format!("{}, {}: {}", visible(&trial.name()), visible(&finding.step), visible(&finding.requirement));
            style.wrap("  - ", "    ", &text)
        })
        .collect();
    if lines.is_empty() { lines } else { title(style, "Changed against the snapshots") + &lines }
}

/// What is recommended or relied on, and not so; it fails nothing.
pub(super) fn notes(report: &Report, style: &Style) -> String {
    let notes = quiet_findings(report).filter(|(t, f)| is_note(t, f) && t.outcome == Outcome::Pass);
    let groups = phrases::tally(notes.map(|(t, f)| ((f.level, &f.requirement), (t, f))));
    if groups.is_empty() {
        return String::new();
    }
    let mut output = title(style, "Notes: recommended or relied on by clients, but no requirement");
    for ((level, requirement), members) in groups {
        let trials: Vec<&TrialRecord> = members.iter().map(|(t, _)| *t).collect();
        let first = members[0].1;
        let basis = first.basis.line().map(|basis| format!("; {}", visible(&basis))).unwrap_or_default();
        let text = format!(
            "{level}: {}{basis}; {} was {}, expected {} ({})",
            visible(phrases::clause(requirement)),
            visible(&phrases::subject(first)),
            brief(&first.actual),
            brief(&first.expected),
            names(&trials)
        );
        output.push_str(&style.wrap("  - ", "    ", &text));
    }
    output
}

/// What servers chose where the specification lets them.
pub(super) fn choices(report: &Report, style: &Style) -> String {
    let choices = report.trials.iter().flat_map(|t| t.choices.iter().map(move |c| ((&c.step, &c.chosen), t)));
    let groups = phrases::tally(choices);
    if groups.is_empty() {
        return String::new();
    }
    let mut output = title(style, "Choices, where more than one answer is lawful");
    for ((step, chosen), trials) in groups {
        let text = format!(
            "{} was answered as `{}` ({}), which is about: {}",
            visible(step),
            visible(chosen),
            names(&trials),
            visible(&trials[0].title)
        );
        output.push_str(&style.wrap("  - ", "    ", &text));
    }
    output
}

/// Deviations that the target's profile lists, and that are still there.
pub(super) fn known(report: &Report, style: &Style) -> String {
    by_reason(style, "Known deviations", of(report, Outcome::Xfail))
}

/// What was not asked, by reason.
pub(super) fn skipped(report: &Report, style: &Style) -> String {
    by_reason(style, "Skipped", of(report, Outcome::Skip))
}

fn by_reason<'r>(style: &Style, name: &str, trials: impl Iterator<Item = &'r TrialRecord>) -> String {
    let groups = phrases::tally(trials.map(|t| (&t.reason, t)));
    if groups.is_empty() {
        return String::new();
    }
    let mut output = title(style, name);
    for (reason, trials) in groups {
        let text = format!("{} × {} ({})", trials.len(), visible(&reason.to_string()), names(&trials));
        output.push_str(&style.wrap("  - ", "    ", &text));
    }
    output
}

/// Where the time went.
pub(super) fn slowest(report: &Report, style: &Style) -> String {
    let mut ran: Vec<&TrialRecord> = report.trials.iter().filter(|t| t.outcome != Outcome::Skip).collect();
    if ran.len() < 2 {
        return String::new();
    }
    // Stable, so that equal times stay in the order of the plan.
    ran.sort_by(|a, b| b.duration_ms.total_cmp(&a.duration_ms));
    let mut output = title(style, "Slowest");
    for trial in ran.iter().take(SLOWEST) {
        let time = phrases::duration(trial.duration_ms);
        output.push_str(&style.wrap(&format!("  {time:>9}  "), "             ", &visible(&trial.name())));
    }
    output
}
