//! Markdown that what a server said cannot break.

use serde_json::Value;

use crate::report::{visible, visible_lines};
use threepid_engine::scenario::{Template, Text};

/// How much of one text is shown, in bytes.
const MOST_BYTES: usize = 6_000;

/// A text as one line that means nothing to Markdown or HTML, but for what stands between two backticks: that is code,
/// where nothing means anything, and is read as it is on a terminal too.
pub(super) fn plain(text: &str) -> String {
    let text = visible(text);
    let mut output = String::new();
    let mut rest = &*text;
    while let Some((before, inside, behind)) = code_span(rest) {
        escape(before, &mut output);
        output.push_str(&code(inside));
        rest = behind;
    }
    escape(rest, &mut output);
    output
}

/// The first piece of a text between two single backticks, with what is before and behind them.
fn code_span(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('`')?;
    let (inside, behind) = rest.split_once('`')?;
    (!inside.is_empty() && !behind.starts_with('`')).then_some((before, inside, behind))
}

fn escape(text: &str, output: &mut String) {
    let mut chars = text.chars().peekable();
    let mut in_word = false;
    while let Some(c) = chars.next() {
        match c {
            '&' => output.push_str("&amp;"),
            '<' => output.push_str("&lt;"),
            '>' => output.push_str("&gt;"),
            // Within a word it means nothing.
            '_' if in_word && chars.peek().is_some_and(char::is_ascii_alphanumeric) => output.push(c),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' => output.extend(['\\', c]),
            c => output.push(c),
        }
        in_word = c.is_ascii_alphanumeric();
    }
}

/// A text as code within a line.
pub(super) fn code(text: &str) -> String {
    let text = visible(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    let space = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// A text as a block of code.
pub(super) fn block(language: &str, text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let text = text.trim_end();
    let shown = &text[..text.floor_char_boundary(MOST_BYTES)];
    let shown = visible_lines(shown);
    let fence = "`".repeat(longest_run(&shown).max(2) + 1);
    let rest = if text.len() > MOST_BYTES { "\n… (the record has all)" } else { "" };
    format!("{fence}{language}\n{shown}{rest}\n{fence}\n")
}

/// A body: JSON laid out, anything else as it is.
pub(super) fn body(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => block("json", &format!("{value:#}")),
        Err(_) if text.trim_start().starts_with('<') => block("html", text),
        Err(_) => block("text", text),
    }
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A text of a scenario as its author wrote it, without what filling in fragments added to names.
pub(super) fn written(text: &Text) -> String {
    without_marks(&text.written())
}

/// `<sid~2>` is `<sid>` to a reader.
pub(super) fn without_marks(text: &str) -> String {
    let mut output = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('~') {
        output.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            output.push('~');
        }
        rest = &rest[digits..];
    }
    output + rest
}

/// What a scenario sends, as JSON with its placeholders.
pub(super) fn template(template: &Template) -> Value {
    match template {
        Template::Null => Value::Null,
        Template::Bool(flag) => (*flag).into(),
        Template::Int(number) => (*number).into(),
        Template::Float(number) => (*number).into(),
        Template::Text(text) => written(text).into(),
        Template::List(items) => items.iter().map(self::template).collect(),
        Template::Map(entries) => {
            Value::Object(entries.iter().map(|(key, value)| (key.clone(), self::template(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A person at a terminal reads it too.
    #[test]
    fn what_needs_no_escape_has_none() {
        let text = "an `<email>` with its `validated_at`, or send_attempt";
        assert_eq!(plain(text), text);
        assert_eq!(plain("_a_ `<script>` ` <b>"), "\\_a\\_ `<script>` \\` &lt;b&gt;");
    }

    #[test]
    fn nothing_gets_out() {
        assert_eq!(plain("<script> *a* [b](c) ` | \x1b"), "&lt;script&gt; \\*a\\* \\[b\\](c) \\` \\| \\\\x1b");
        assert_eq!(plain("`a ``<b>`"), "\\`a \\`\\`&lt;b&gt;\\`");
        assert_eq!(plain("\\`<b>"), "\\\\\\`&lt;b&gt;");
        assert_eq!(code("a `b`"), "`` a `b` ``");
        assert!(block("text", "x\n````\ny").starts_with("`````text\n"));
        assert_eq!(without_marks("<sid~2> ~ a~b"), "<sid> ~ a~b");
    }
}
