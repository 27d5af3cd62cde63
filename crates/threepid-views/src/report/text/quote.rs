//! Quotes what a server said: cut where it is huge, broken where it is wide, and never at the start of a line.

use std::borrow::Cow;
use std::time::Duration;

use similar::{ChangeTag, TextDiff};

use super::super::style::{BREAKS, Role, Style};
use super::super::{phrases, visible, visible_lines};

/// How much of a body is shown.
const MOST_BYTES: usize = 1200;
const MOST_LINES: usize = 16;
/// From where on two values are long enough to show only what differs.
const LONG_BYTES: usize = 400;
/// How much of a difference is shown, and of how much it is made.
const MOST_DIFF_LINES: usize = 60;
const MOST_DIFF_BYTES: usize = 64 * 1024;
/// How long a difference may be sought; after that it is a coarser one.
const DIFF_TIME: Duration = Duration::from_millis(300);

/// A text, each line after `gutter`.
pub(super) fn quote(text: &str, gutter: &str, style: &Style) -> String {
    let text = text.trim_end();
    let mut shown = &text[..text.floor_char_boundary(MOST_BYTES)];
    if let Some((end, _)) = shown.match_indices('\n').nth(MOST_LINES - 1) {
        shown = &shown[..end];
    }
    let mut output = String::new();
    // A tab takes as many columns as the terminal likes, and no line could be said to fit.
    for line in visible_lines(&shown.replace("\r\n", "\n").replace('\t', "    ")).lines() {
        push_broken(&mut output, line, gutter, style);
    }
    left_out(&mut output, text.len() - shown.len(), gutter, style);
    output
}

fn left_out(output: &mut String, bytes: usize, gutter: &str, style: &Style) {
    if bytes > 0 {
        let note = format!("… {} more are left out here; report.json has all", phrases::bytes(bytes));
        output.push_str(&style.wrap(gutter, gutter, &note));
    }
}

/// One line on as many lines as it takes.
fn push_broken(output: &mut String, line: &str, gutter: &str, style: &Style) {
    let room = style.columns().saturating_sub(gutter.chars().count()).max(10);
    let mut rest = line;
    loop {
        let end = rest.char_indices().nth(room).map_or(rest.len(), |(at, _)| at);
        let mut piece = &rest[..end];
        // JSON and addresses are broken between their parts, where there are some.
        if end < rest.len()
            && let Some(at) = piece.rfind(BREAKS).filter(|at| at * 2 > end)
        {
            piece = &rest[..=at];
        }
        output.push_str(gutter);
        output.push_str(piece);
        output.push('\n');
        rest = &rest[piece.len()..];
        if rest.is_empty() {
            return;
        }
    }
}

/// What was expected against what was there: side by side in words, or as a difference where there are several lines.
pub(super) fn against(expected: &str, actual: &str, indent: &str, style: &Style) -> String {
    if let Some((expected, actual)) = laid_out(expected, actual) {
        return difference(&expected, &actual, indent, style);
    }
    if !expected.trim_end().contains('\n') && !actual.trim_end().contains('\n') {
        let mut output = String::new();
        let (expected, actual) = without_the_same(expected, actual);
        for (label, role, text) in [("expected", Role::Good, &*expected), ("actual", Role::Bad, &*actual)] {
            let shown = &text[..text.floor_char_boundary(MOST_BYTES)];
            let first = format!("{indent}{} ", style.paint(role, &format!("{label:<9}")));
            let rest = format!("{indent}          ");
            let shown_visible = visible(shown);
            let shown_visible = if shown_visible.is_empty() { "(nothing)" } else { &*shown_visible };
            let mut lines = String::new();
            push_broken(&mut lines, shown_visible, &rest, style);
            output.push_str(&first);
            output.push_str(&lines[rest.len()..]);
            left_out(&mut output, text.len() - shown.len(), &rest, style);
        }
        return output;
    }
    difference(expected, actual, indent, style)
}

/// Two long JSON values with one member a line, so that what differs can be shown alone.
fn laid_out(expected: &str, actual: &str) -> Option<(String, String)> {
    if expected.len().max(actual.len()) < LONG_BYTES || expected.len().max(actual.len()) > MOST_DIFF_BYTES {
        return None;
    }
    let lay_out = |text: &str| {
        let value: serde_json::Value = serde_json::from_str(text).ok()?;
        (value.is_object() || value.is_array()).then(|| format!("{value:#}"))
    };
    Some((lay_out(expected)?, lay_out(actual)?))
}

/// Two long texts without what they have in common at their start and their end.
fn without_the_same<'t>(expected: &'t str, actual: &'t str) -> (Cow<'t, str>, Cow<'t, str>) {
    /// What is left of the common part, for orientation.
    const KEPT: usize = 24;
    if expected.len().min(actual.len()) < LONG_BYTES {
        return (Cow::Borrowed(expected), Cow::Borrowed(actual));
    }
    let same = |(a, b): &(char, char)| a == b;
    let start: usize = expected.chars().zip(actual.chars()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
    let (old, new) = (&expected[start..], &actual[start..]);
    let end: usize = old.chars().rev().zip(new.chars().rev()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
    let from = expected.floor_char_boundary(start.saturating_sub(KEPT));
    let cut = |text: &'t str| {
        let to = text.ceil_char_boundary((text.len() - end).saturating_add(KEPT).min(text.len()));
        let before = if from > 0 { "…" } else { "" };
        let after = if to < text.len() { "…" } else { "" };
        Cow::Owned(format!("{before}{}{after}", &text[from..to]))
    };
    (cut(expected), cut(actual))
}

/// A difference that was made already, as it is.
pub(super) fn unified(diff: &str, indent: &str, style: &Style) -> String {
    let mut output = String::new();
    let lines: Vec<&str> = diff.lines().filter(|line| !matches!(*line, "--- original" | "+++ modified")).collect();
    for line in lines.iter().take(MOST_DIFF_LINES) {
        let mut broken = String::new();
        push_broken(&mut broken, &visible(line), indent, style);
        for part in broken.lines() {
            match line.as_bytes().first() {
                Some(b'-') => output.push_str(&style.paint(Role::Good, part)),
                Some(b'+') => output.push_str(&style.paint(Role::Bad, part)),
                _ => output.push_str(part),
            }
            output.push('\n');
        }
    }
    if lines.len() > MOST_DIFF_LINES {
        let more = phrases::count(lines.len() - MOST_DIFF_LINES, "line");
        let note = format!("… {more} more are left out here; report.json has all");
        output.push_str(&style.wrap(indent, indent, &note));
    }
    output
}

/// What differs, line by line.
fn difference(expected: &str, actual: &str, indent: &str, style: &Style) -> String {
    let mut output =
        format!("{indent}{} {}\n", style.paint(Role::Good, "- expected"), style.paint(Role::Bad, "+ actual"));
    let cut = |text: &str| {
        let text = &text[..text.floor_char_boundary(MOST_DIFF_BYTES)];
        // A last line without an end would differ from one with an end, to no use.
        format!("{}\n", text.trim_end_matches('\n'))
    };
    let (old, new) = (cut(expected), cut(actual));
    let diff = TextDiff::configure().timeout(DIFF_TIME).diff_lines(&old, &new);
    let mut lines = 0;
    let mut hidden_lines = 0;
    for (index, group) in diff.grouped_ops(3).iter().enumerate() {
        if index > 0 {
            output.push_str(&format!("{indent}  …\n"));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            lines += 1;
            if lines > MOST_DIFF_LINES {
                hidden_lines += 1;
                continue;
            }
            let (sign, role) = match change.tag() {
                ChangeTag::Delete => ("-", Some(Role::Good)),
                ChangeTag::Insert => ("+", Some(Role::Bad)),
                ChangeTag::Equal => (" ", None),
            };
            let line = visible(change.value().trim_end_matches('\n')).into_owned();
            let mut broken = String::new();
            push_broken(&mut broken, &line, &format!("{indent}{sign} "), style);
            for line in broken.lines() {
                match role {
                    Some(role) => output.push_str(&style.paint(role, line)),
                    None => output.push_str(line),
                }
                output.push('\n');
            }
        }
    }
    if hidden_lines > 0 {
        let note = format!("… {} more are left out here; report.json has all", phrases::count(hidden_lines, "line"));
        output.push_str(&style.wrap(indent, indent, &note));
    }
    let unseen = expected.len().max(actual.len()).saturating_sub(MOST_DIFF_BYTES);
    left_out(&mut output, unseen, indent, style);
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { colour: false, width: 40 };

    #[test]
    fn a_huge_body_is_cut_and_says_by_how_much() {
        let quoted = quote(&"x".repeat(1_000_000), "  | ", &STYLE);
        assert!(quoted.len() < 2500, "{}", quoted.len());
        assert!(quoted.contains("998,800 bytes more"), "{quoted}");
        assert!(quoted.contains("report.json has all"), "{quoted}");
        assert!(quoted.lines().all(|l| l.starts_with("  | ") && l.chars().count() <= 40), "{quoted}");
    }

    #[test]
    fn many_lines_are_cut_too() {
        let quoted = quote(&"line\n".repeat(100), "| ", &STYLE);
        assert_eq!(quoted.lines().filter(|l| *l == "| line").count(), 16);
        assert!(quoted.contains("420 bytes more"), "{quoted}");
    }

    #[test]
    fn a_cut_never_splits_a_character() {
        assert!(quote(&"é".repeat(5000), "| ", &STYLE).contains('é'));
        assert!(against(&"é".repeat(5000), "€", "", &STYLE).contains('€'));
    }

    #[test]
    fn several_lines_are_compared() {
        let old: String = (0..30).map(|n| format!("line {n}\n")).collect();
        let text = against(&old, &old.replace("line 12\n", "line twelve\n"), "  ", &STYLE);
        assert!(text.contains("\n  - line 12\n  + line twelve\n"), "{text}");
        assert!(!text.contains("line 2\n"), "far lines are left out: {text}");
    }

    #[test]
    fn long_json_is_compared_member_by_member() {
        let old = format!("{{\"alike\":\"{}\",\"b\":1,\"c\":[1,2]}}", "x".repeat(500));
        let text = against(&old, &old.replace("\"b\":1", "\"b\":2"), "", &STYLE);
        assert!(text.contains("\n-   \"b\": 1,\n+   \"b\": 2,\n"), "{text}");
    }

    #[test]
    fn long_texts_show_where_they_differ() {
        let old = format!("{}é middle {}", "a".repeat(1000), "z".repeat(1000));
        let text = against(&old, &old.replace("middle", "muddle"), "", &Style { colour: false, width: 100 });
        assert_eq!(
            text,
            format!("expected  …{0}é middle {1}…\nactual    …{0}é muddle {1}…\n", "a".repeat(20), "z".repeat(19))
        );
        assert!(against(&old, "short", "", &STYLE).contains("bytes more"));
    }

    #[test]
    fn nothing_is_said_to_be_nothing() {
        assert_eq!(against("", "x", "", &STYLE), "expected  (nothing)\nactual    x\n");
    }

    #[test]
    fn a_difference_in_line_ends_is_seen() {
        let text = against("a\nb\n", "a\r\nb\n", "", &STYLE);
        assert!(text.contains("- a\n+ a\\r\n"), "{text}");
    }

    #[test]
    fn texts_without_likeness_take_bounded_time() {
        let (old, new): (String, String) = (0..200_000).map(|n| (format!("{n}\n"), format!("{}\n", n * 7 + 3))).unzip();
        let text = against(&old, &new, "", &STYLE);
        assert!(text.lines().count() < 80, "{}", text.lines().count());
        assert!(text.contains("more are left out"), "{text}");
    }
}
