//! `summary.md`, for the summary page of a CI run.
//!
//! Text from a server stands in code blocks that it cannot end, or with every character that means something written
//! as an entity, so that it is neither markup nor a link. The whole stays below what a summary page takes.

use std::path::Path;

use super::causes::{Cause, causes};
use super::style::Style;
use super::{WriteError, append_file, phrases, summary, text, visible, write_file};
use threepid_record::model::{Counts, Finding, Outcome, Reason, Report, TrialRecord};

/// How large a summary may become: GitHub shows none of one that is larger than 1 MiB.
const MOST_BYTES: usize = 900 * 1024;

/// The summary.
pub fn render(report: &Report) -> String {
    let mut output = format!(
        "## threepid: {}\n\n{}\n\n{} at {}, {}\n",
        escape(&report.target.title()),
        phrases::conclusion_with(report, escape),
        escape(report.target.server.as_deref().unwrap_or("Unknown server")),
        escape(&report.target.url),
        escape(&phrases::duration(report.duration_ms)),
    );
    flows(report, &mut output);
    let causes = causes(report);
    let rest = rest(report);
    if !causes.is_empty() {
        output.push_str("\n### To look at, the gravest first\n");
        for (index, cause) in causes.iter().enumerate() {
            let details = details(report, cause);
            if output.len() + details.len() + rest.len() > MOST_BYTES {
                let left = phrases::count(causes[index..].iter().map(Cause::cost).sum(), "trial");
                output.push_str(&format!("\n{left} more did not fit in here; `report.json` has all.\n"));
                break;
            }
            output.push_str(&details);
        }
    }
    output.push_str(&rest);
    output
}

/// Writes the summary to a file of its own.
///
/// # Errors
///
/// If the file cannot be written; then what stood there before still does.
pub fn write(path: &Path, report: &Report) -> Result<(), WriteError> {
    write_file(path, render(report).as_bytes())
}

/// Adds the summary to a file that other steps write to as well, as `GITHUB_STEP_SUMMARY` wants it.
///
/// # Errors
///
/// If the file cannot be opened or written.
pub fn append(path: &Path, report: &Report) -> Result<(), WriteError> {
    append_file(path, render(report).as_bytes())
}

fn flows(report: &Report, output: &mut String) {
    let flows = summary::flows(report);
    if flows.is_empty() {
        return;
    }
    output.push_str("\n| flow | pass | fail | fixed | known | skip | error |\n|---|--:|--:|--:|--:|--:|--:|\n");
    let mut row = |name: &str, c: Counts| {
        let cells = [c.pass, c.fail, c.xpass, c.xfail, c.skip, c.error].map(|n| n.to_string());
        output.push_str(&format!("| {name} | {} |\n", cells.join(" | ")));
    };
    for (flow, counts) in flows {
        row(&escape(flow), counts);
    }
    row("**all**", report.counts);
}

/// One cause: the trial that shows it best, and the names of the others.
fn details(report: &Report, cause: &Cause<'_>) -> String {
    let Some(trial) = cause.shown() else { return String::new() };
    let (word, _) = phrases::outcome(trial.outcome);
    let block = text::trial_of(report, trial, &Style::UNWRAPPED);
    let fence = fence(&block);
    let (alike, built_on) = cause.others();
    let mut others = String::new();
    for (text, trials) in [("The same in", alike), ("Not reached because of it:", built_on)] {
        if !trials.is_empty() {
            let names: Vec<String> = trials.iter().map(|trial| escape(&trial.name())).collect();
            let count = phrases::count(trials.len(), "trial");
            others.push_str(&format!("\n{text} {count}: {}\n", names.join(", ")));
        }
    }
    let more = match alike.len() + built_on.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    // Up to the empty line this is HTML, after it Markdown again.
    format!(
        "\n<details><summary><b>{word}</b> <code>{}</code>{more} {}</summary>\n\n{fence}text\n{block}{fence}\n{others}\n</details>\n",
        html(&trial.name()),
        html(&trial.title),
    )
}

/// What needs no looking at.
fn rest(report: &Report) -> String {
    let mut output = String::new();
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            output.push_str(&format!("\n### {title}\n\n"));
            lines.iter().for_each(|line| output.push_str(&format!("- {line}\n")));
        }
    };
    let is_note = |f: &&Finding| f.kind == threepid_record::model::FindingKind::Requirement;
    let passed = report.trials.iter().filter(|t| t.outcome == Outcome::Pass);
    let notes = passed
        .flat_map(|t| t.findings.iter().filter(is_note).map(move |f| ((f.level, &*f.requirement, f.basis.line()), t)));
    let notes = phrases::tally(notes).into_iter();
    section(
        "Recommended or relied on by clients, but no requirement",
        notes
            .map(|((level, text, basis), trials)| {
                let basis = basis.map(|basis| format!("; {}", escape(&basis))).unwrap_or_default();
                format!("{level}: {}{basis} ({})", escape(phrases::clause(text)), several(&trials))
            })
            .collect(),
    );
    let choices = report.trials.iter().flat_map(|t| t.choices.iter().map(move |c| ((&*c.step, &*c.chosen), t)));
    let choices = phrases::tally(choices).into_iter();
    section(
        "Choices, where more than one answer is lawful",
        choices
            .map(|((step, chosen), trials)| format!("{}: {} ({})", escape(step), escape(chosen), several(&trials)))
            .collect(),
    );
    for (title, outcome) in [("Known deviations", Outcome::Xfail), ("Skipped", Outcome::Skip)] {
        let trials = report.trials.iter().filter(|t| t.outcome == outcome).map(|t| (reason(&t.reason), t));
        let groups = phrases::tally(trials).into_iter();
        section(title, groups.map(|(why, trials)| format!("{why} ({})", several(&trials))).collect());
    }
    output
}

/// The first of several trials, and how many there are.
fn several(trials: &[&TrialRecord]) -> String {
    phrases::several(&trials.iter().map(|trial| trial.name()).collect::<Vec<_>>(), escape)
}

/// A text as one line that means nothing to Markdown, HTML or a finder of links.
pub(super) fn escape(text: &str) -> String {
    let mut output = String::new();
    for c in visible(text).chars() {
        if c.is_ascii_punctuation() && !"-,;'()/?=%+.\"{}".contains(c) {
            output.push_str(&format!("&#{};", u32::from(c)));
        } else {
            output.push(c);
        }
    }
    output.replace("www.", "www&#46;")
}

/// A reason with the address that a profile gives for it, which is a link: no server said it.
pub(super) fn reason(reason: &Reason) -> String {
    match reason.link() {
        Some(link) => format!("{} (<{link}>)", escape(&reason.words)),
        None => escape(&reason.to_string()),
    }
}

/// What this program wrote itself, a time or a version: as it is, unless it is no such thing after all.
pub(super) fn own(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "-:.+".contains(c));
    if plain { text.to_owned() } else { escape(text) }
}

/// A text as one line inside HTML.
fn html(text: &str) -> String {
    visible(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A fence that a text cannot end.
pub(super) fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn the_whole_summary() {
        insta::assert_snapshot!(render(&fixture::report()));
    }

    #[test]
    fn a_deviations_link_can_be_followed() {
        let mut report = fixture::report();
        let known = report.trials.iter_mut().find(|trial| trial.outcome == Outcome::Xfail).unwrap();
        known.reason = Reason::known("answers 500_", Some("https://bugs.example/#a_b"));
        let link = "answers 500&#95; (<https://bugs.example/#a_b>)";
        assert!(render(&report).contains(link), "{}", render(&report));
        let statement = crate::report::statement::markdown(&report);
        assert!(statement.contains(link), "{statement}");
        assert_eq!(own("2026-11-24T00:45:00Z"), "2026-11-24T00:45:00Z");
        assert_eq!(own("https://x"), "https&#58;//x");
    }

    #[test]
    fn a_hostile_server_writes_no_markup() {
        let summary = render(&fixture::hostile());
        let mut fence: Option<String> = None;
        for line in summary.lines() {
            match &fence {
                // Inside a fence only its end matters.
                Some(end) if line == end => fence = None,
                Some(_) => {}
                None if line.starts_with("```") => fence = Some(line.trim_end_matches("text").to_owned()),
                None => {
                    for bad in ["<script", "|x|", "http://evil", "@f", "]]>", "`y`", "\\x1b["] {
                        assert!(!line.contains(bad), "{bad} in {line}");
                    }
                    assert!(!line.starts_with("# ") && (line != "</details>" || fence.is_none()), "{line}");
                }
            }
        }
        assert_eq!(fence, None, "every fence ends");
        assert!(summary.contains("````text"), "longer than the backticks inside");
        assert!(!summary.chars().any(|c| c.is_control() && c != '\n'));
        assert!(!fixture::HOSTILE.chars().all(|c| !c.is_control()), "the fixture is hostile");
    }

    #[test]
    fn a_summary_stays_below_what_a_page_takes() {
        let mut report = fixture::report();
        let failing = report.trials[2].clone();
        // Each has another cause; of one alone, only the names would be more.
        report.trials.extend((0..2000).map(|number| {
            let mut trial = failing.clone();
            trial.findings.iter_mut().for_each(|finding| finding.actual = format!("number {number}"));
            trial
        }));
        report.counts = Counts::of(report.trials.iter().map(|t| t.outcome));
        let summary = render(&report);
        assert!(summary.len() < 1024 * 1024, "{}", summary.len());
        assert!(summary.contains("more did not fit in here"));
        assert!(summary.contains("### Skipped"), "the rest is there all the same");
    }

    #[test]
    fn a_step_summary_keeps_what_others_wrote() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "# Before\n").unwrap();
        append(file.path(), &fixture::report()).unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert!(text.starts_with("# Before\n## threepid: synapse\n"), "{text}");
    }
}
