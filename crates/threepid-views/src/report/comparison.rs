//! Views of a comparison: for a terminal, and for a summary page.

use super::style::{Role, Style};
use super::visible::disarm;
use super::{markdown, phrases, visible, visible_lines};
use threepid_record::model::{Change, ChangeKind, Comparison, Side, SourceLine};

/// How many lines of differing answers one change shows.
const MOST_LINES: usize = 40;

/// What a kind of difference is called, and its colour.
fn heading(kind: ChangeKind) -> (&'static str, Role) {
    match kind {
        ChangeKind::Broken => ("Broken", Role::Bad),
        ChangeKind::Lost => ("Not offered any more", Role::Bad),
        ChangeKind::Slower => ("Slower", Role::Bad),
        ChangeKind::OtherFailure => ("Other failure", Role::Bad),
        ChangeKind::Fixed => ("Fixed", Role::Good),
        ChangeKind::Judged => ("Other outcome, neither better nor worse", Role::Known),
        ChangeKind::Choice => ("Other choice, where more than one answer is lawful", Role::Known),
        ChangeKind::Answer => ("Other answer, with the same outcome", Role::Known),
        ChangeKind::Added => ("Only in the later record", Role::Faint),
        ChangeKind::Removed => ("Only in the earlier record", Role::Faint),
    }
}

/// What it all means.
pub fn conclusion(comparison: &Comparison) -> String {
    let of = |kind: ChangeKind| comparison.changes.iter().filter(|c| c.kind == kind).count();
    let worse = comparison.changes.iter().filter(|change| change.worse).count();
    let mut text = match worse {
        0 if comparison.after.ended.is_some() => "Regression: the later run did not come to its end.".to_owned(),
        0 => "No regression.".to_owned(),
        1 => "Regression: 1 trial is worse than before.".to_owned(),
        worse => format!("Regression: {worse} trials are worse than before."),
    };
    for (kind, word) in [
        (ChangeKind::Broken, "broken"),
        (ChangeKind::Lost, "not offered any more"),
        (ChangeKind::Slower, "slower"),
        (ChangeKind::OtherFailure, "with another failure"),
        (ChangeKind::Fixed, "fixed"),
        (ChangeKind::Judged, "with another outcome"),
        (ChangeKind::Choice, "with another choice"),
        (ChangeKind::Answer, "with another answer"),
        (ChangeKind::Added, "added"),
        (ChangeKind::Removed, "removed"),
    ] {
        if of(kind) > 0 {
            text.push_str(&format!(" {} {word}.", of(kind)));
        }
    }
    text + &format!(" {} the same.", comparison.same)
}

fn side(side: &Side) -> String {
    let server = side.server.as_ref().map(|server| format!(" ({})", visible(server))).unwrap_or_default();
    format!("{}{server}, {}", visible(&side.target), visible(&side.started))
}

/// Which of the two runs did not come to their end, and why.
fn unended(comparison: &Comparison) -> Vec<String> {
    let sides = [("earlier", &comparison.before), ("later", &comparison.after)];
    let said = |(name, side): (&str, &Side)| {
        side.ended.as_ref().map(|why| format!("The {name} run did not come to its end: {why}"))
    };
    sides.into_iter().filter_map(said).collect()
}

/// The comparison for a terminal.
pub fn text(comparison: &Comparison, style: &Style) -> String {
    let mut output = style.wrap("before  ", "        ", &side(&comparison.before));
    output.push_str(&style.wrap("after   ", "        ", &side(&comparison.after)));
    if comparison.before.suite != comparison.after.suite {
        let note = format!(
            "The suites differ ({} and {}): a difference may be the scenarios'.",
            visible(&comparison.before.suite),
            visible(&comparison.after.suite)
        );
        output.push_str(&style.wrap("", "", &note));
    }
    for note in unended(comparison) {
        output.push_str(&style.wrap("", "", &visible(&note)));
    }
    for (kind, changes) in groups(comparison) {
        let (title, role) = heading(kind);
        output.push_str(&format!("\n{}\n", style.paint(role, title)));
        for change in changes {
            output.push_str(&style.wrap("  ", "    ", &visible(&line(change))));
            for answer in &change.answers {
                output.push_str(&style.wrap("    ", "      ", &format!("{}:", visible(&answer.step))));
                let lines: Vec<&str> = answer.diff.lines().filter(|line| !is_file_line(line)).collect();
                for (line, at) in lines.iter().zip(differing(&lines)).take(MOST_LINES) {
                    let role = match line.as_bytes().first() {
                        Some(b'-') => Role::Good,
                        Some(b'+') => Role::Bad,
                        _ => Role::Faint,
                    };
                    output.push_str(&format!("      {}\n", style.paint(role, &around(line, at, style.columns()))));
                }
                if lines.len() > MOST_LINES {
                    output.push_str(&format!("      … {} more\n", phrases::count(lines.len() - MOST_LINES, "line")));
                }
            }
        }
    }
    output.push('\n');
    output.push_str(&style.wrap("", "", &conclusion(comparison)));
    disarm(output)
}

/// Of each line of a difference, where it begins to differ from the one that stands for it on the other side, in
/// characters; 0 where there is none.
fn differing(lines: &[&str]) -> Vec<usize> {
    let mut at = vec![0; lines.len()];
    let run = |from: usize, sign: char| lines[from..].iter().take_while(|line| line.starts_with(sign)).count();
    let mut from = 0;
    while from < lines.len() {
        let (old, new) = (run(from, '-'), run(from + run(from, '-'), '+'));
        for index in from..from + old.min(new) {
            let both = lines[index].chars().zip(lines[index + old].chars()).skip(1);
            let same = both.take_while(|(one, other)| one == other).count() + 1;
            (at[index], at[index + old]) = (same, same);
        }
        from += (old + new).max(1);
    }
    at
}

/// As much of a line of a difference as there is room for, with the place where it differs, and its sign.
fn around(line: &str, at: usize, columns: usize) -> String {
    let most = columns.saturating_sub(7);
    let (sign, text) = line.split_at(line.chars().next().map_or(0, char::len_utf8));
    // What stands for a character that is not shown is longer than it.
    let before: String = text.chars().take(at.saturating_sub(1)).collect();
    let source = SourceLine { text: visible(text).into_owned(), at: visible(&before).chars().count() };
    format!("{}{}", visible(sign), source.within(most).text)
}

/// The comparison in Markdown.
pub fn markdown(comparison: &Comparison) -> String {
    let mut output = format!(
        "## {}: what has changed\n\n{}\n\n| | server | run | suite |\n|---|---|---|---|\n",
        markdown::escape(&comparison.after.target),
        conclusion(comparison)
    );
    for (name, side) in [("before", &comparison.before), ("after", &comparison.after)] {
        let cells = [side.server.as_deref().unwrap_or(&side.target), &side.started, &side.suite].map(markdown::escape);
        output.push_str(&format!("| {name} | {} |\n", cells.join(" | ")));
    }
    for note in unended(comparison) {
        output.push_str(&format!("\n{}\n", markdown::escape(&note)));
    }
    for (kind, changes) in groups(comparison) {
        output.push_str(&format!("\n### {}\n\n", heading(kind).0));
        for change in changes {
            output.push_str(&format!("- {}\n", markdown::escape(&line(change))));
            for answer in &change.answers {
                let diff: String = answer.diff.lines().filter(|l| !is_file_line(l)).map(|l| format!("{l}\n")).collect();
                let diff = visible_lines(&diff);
                let fence = markdown::fence(&diff);
                output.push_str(&format!("\n  {}\n\n  {fence}diff\n", markdown::escape(&answer.step)));
                diff.lines().take(MOST_LINES).for_each(|line| output.push_str(&format!("  {line}\n")));
                output.push_str(&format!("  {fence}\n\n"));
            }
        }
    }
    output
}

/// The lines that name the two files of a unified difference: there are no files.
fn is_file_line(line: &str) -> bool {
    line == "--- original" || line == "+++ modified"
}

fn groups(comparison: &Comparison) -> impl Iterator<Item = (ChangeKind, Vec<&Change>)> {
    ChangeKind::ALL.into_iter().filter_map(|kind| {
        let changes: Vec<&Change> = comparison.changes.iter().filter(|change| change.kind == kind).collect();
        (!changes.is_empty()).then_some((kind, changes))
    })
}

fn line(change: &Change) -> String {
    let mut line = change.trial.clone();
    match (change.before.as_str(), change.after.as_str()) {
        ("", "") => {}
        (before, "") => line.push_str(&format!(": was {before}")),
        ("", after) => line.push_str(&format!(": {after}")),
        (before, after) => line.push_str(&format!(": {before} → {after}")),
    }
    if !change.reason.is_empty() {
        line.push_str(&format!(" ({})", change.reason));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use threepid_record::model::{AnswerChange, Outcome};

    fn comparison(said: &str) -> Comparison {
        let report = fixture::report();
        let side = |started: &str| Side {
            target: report.target.name.clone(),
            server: Some(said.to_owned()),
            threepid: report.threepid.clone(),
            suite: report.suite.clone(),
            started: started.to_owned(),
            ended: None,
        };
        let change = |kind: ChangeKind, trial: &str, before: &str, after: &str| Change {
            kind,
            trial: trial.to_owned(),
            title: "A title".to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
            reason: if kind == ChangeKind::Broken { said.to_owned() } else { String::new() },
            worse: kind.is_regression(),
            outcome: Some(Outcome::Pass),
            answers: Vec::new(),
        };
        let mut broken = change(ChangeKind::Broken, "add-email/success", "pass", "fail");
        let diff = format!("--- original\n+++ modified\n@@ -1,2 +1,2 @@\n 200 application/json\n-{{}}\n+{said}\n");
        broken.answers = vec![AnswerChange { step: "the right password".to_owned(), diff }];
        Comparison {
            before: side("2026-11-22T12:00:00Z"),
            after: side("2026-11-23T12:00:00Z"),
            changes: vec![
                broken,
                change(ChangeKind::Lost, "bind/happy", "pass", "skip"),
                change(ChangeKind::Slower, "list/empty", "10 ms", "99 ms"),
                change(ChangeKind::Fixed, "add-email/twice", "fail", "pass"),
                change(ChangeKind::Choice, "request-token/x", "asked: hidden", "asked: refused"),
                change(ChangeKind::Added, "reset/new", "", "pass"),
                change(ChangeKind::Removed, "reset/old", "pass", ""),
            ],
            same: 4,
        }
    }

    #[test]
    fn for_a_terminal() {
        insta::assert_snapshot!(text(&comparison("answered 500"), &Style { colour: false, width: 80 }));
    }

    /// Cut at its end, a pair of long lines would look the same on both sides.
    #[test]
    fn a_long_line_is_cut_around_what_differs() {
        let mut comparison = comparison("x");
        let long = |word: &str| format!("{}{word}{}", "a".repeat(200), "b".repeat(200));
        let diff = format!("@@ -1,2 +1,2 @@\n-{}\n-gone\n+{}\n", long("before"), long("after"));
        comparison.changes.retain(|change| !change.answers.is_empty());
        comparison.changes[0].answers[0].diff = diff;
        let text = text(&comparison, &Style { colour: false, width: 60 });
        assert!(text.contains("abefore") && text.contains("aafter") && text.contains("-gone"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 60), "{text}");
    }

    #[test]
    fn in_markdown() {
        insta::assert_snapshot!(markdown(&comparison("answered 500")));
    }

    #[test]
    fn a_run_that_did_not_end_is_said_in_every_format() {
        let mut comparison = comparison("x");
        comparison.changes.clear();
        assert!(conclusion(&comparison).starts_with("No regression."));
        comparison.after.ended = Some("the server is gone".to_owned());
        assert!(comparison.is_regression());
        let text = text(&comparison, &Style { colour: false, width: 80 });
        let json = serde_json::to_string(&comparison).unwrap();
        for said in [text.as_str(), &markdown(&comparison), &json] {
            assert!(said.contains("the server is gone"), "{said}");
        }
        assert!(text.contains("Regression: the later run did not come to its end."), "{text}");
    }

    #[test]
    fn as_json() {
        let json = serde_json::to_string_pretty(&comparison("answered 500")).unwrap();
        insta::assert_snapshot!(json);
    }

    #[test]
    fn a_hostile_server_writes_neither_orders_nor_markup() {
        let comparison = comparison(fixture::HOSTILE);
        let text = text(&comparison, &Style { colour: false, width: 60 });
        assert!(!text.chars().any(|c| c.is_control() && c != '\n') && !text.contains("##["), "{text}");
        assert!(text.lines().all(|line| !line.trim_start().starts_with("::")), "{text}");
        let outside: String = markdown(&comparison).split("````").step_by(2).collect();
        for bad in ["<script", "http://evil", "|x|", "\x1b"] {
            assert!(!outside.contains(bad), "{bad} in {outside}");
        }
    }
}
