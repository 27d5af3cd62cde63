//! The text of an answer: YAML to read, with one way to write each thing.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// A value shorter than this is replaced only where it is the whole of a string: a `sid` of `1` stands in many words.
const SHORTEST_PART_BYTES: usize = 5;

/// The body of an answer.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// JSON.
    Json(&'a Value),
    /// Any other text.
    Text(&'a str),
    /// None.
    Empty,
}

/// The text of an answer as its snapshot has it: status, headers and body, with keys sorted.
///
/// `values` are pairs of a volatile value and what stands for it (`<sid>`). They are replaced in keys, strings, headers
/// and texts, the longest first, before anything is sorted or quoted, so that the text does not depend on what they
/// were. A number is replaced if it is, written out, one of the values.
pub fn render(status: u16, headers: &[(String, String)], body: Content<'_>, values: &[(String, String)]) -> String {
    let values = Values::new(values);
    let mut output = format!("status: {status}\n");
    let mut headers: Vec<(String, String)> =
        headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), values.replace(value))).collect();
    // Stable, so that a repeated name keeps its order.
    headers.sort_by(|a, b| a.0.cmp(&b.0));
    if !headers.is_empty() {
        output.push_str("headers:\n");
        for (name, value) in headers {
            let _ = writeln!(output, "  {}: {}", scalar(&name), scalar(&value));
        }
    }
    match body {
        Content::Empty => {}
        Content::Json(value) => {
            output.push_str("body:");
            node(&values.json(value), 1, &mut output);
        }
        Content::Text(text) => {
            output.push_str("text:");
            string(&values.replace(text), 1, &mut output);
        }
    }
    output
}

/// Fields in YAML, as they stand.
pub(super) fn mapping(fields: &Map<String, Value>) -> String {
    let mut output = String::new();
    entries(fields, 0, &mut output);
    output
}

/// Bytes of the shortest piece of a shortened value that is replaced.
const SHORTEST_PIECE_BYTES: usize = 2;

/// With what servers shorten what they repeat: `'email-9j8e...mple.org'`.
const ELLIPSES: [&str; 2] = ["...", "…"];

struct Values<'v>(Vec<&'v (String, String)>);

impl Values<'_> {
    fn new(values: &[(String, String)]) -> Values<'_> {
        let mut values: Vec<_> = values.iter().filter(|(value, _)| !value.is_empty()).collect();
        values.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        Values(values)
    }

    fn replace(&self, text: &str) -> String {
        if let Some((_, placeholder)) = self.0.iter().find(|(value, _)| value == text) {
            return placeholder.clone();
        }
        let text = self.shortened(text);
        let parts = || self.0.iter().filter(|(value, _)| value.len() >= SHORTEST_PART_BYTES);
        let mut output = String::new();
        let mut rest = text.as_str();
        // One pass from left to right: what was put in is never replaced again.
        'text: while let Some(c) = rest.chars().next() {
            for (value, placeholder) in parts() {
                if let Some(after) = rest.strip_prefix(value.as_str()) {
                    output.push_str(placeholder);
                    rest = after;
                    continue 'text;
                }
            }
            output.push(c);
            rest = &rest[c.len_utf8()..];
        }
        output
    }

    /// Replaces what is left of a value on either side of an ellipsis.
    fn shortened(&self, text: &str) -> String {
        let mut output = String::new();
        let mut rest = text;
        while let Some((at, ellipsis)) =
            ELLIPSES.iter().filter_map(|mark| Some((rest.find(mark)?, *mark))).min_by_key(|(at, _)| *at)
        {
            let (before, after) = (&rest[..at], &rest[at + ellipsis.len()..]);
            let starts = |value: &str| longest_piece(value, |end| &value[..end], |piece| before.ends_with(piece));
            let ends =
                |value: &str| longest_piece(value, |end| &value[value.len() - end..], |piece| after.starts_with(piece));
            let best = |length: &dyn Fn(&str) -> usize| {
                let pieces = self.0.iter().map(|(value, placeholder)| (length(value), placeholder));
                pieces.filter(|(length, _)| *length >= SHORTEST_PIECE_BYTES).max_by_key(|(length, _)| *length)
            };
            let (start, end) = (best(&starts), best(&ends));
            output.push_str(&before[..at - start.map_or(0, |(length, _)| length)]);
            output.push_str(start.map_or("", |(_, placeholder)| placeholder));
            output.push_str(ellipsis);
            output.push_str(end.map_or("", |(_, placeholder)| placeholder));
            rest = &after[end.map_or(0, |(length, _)| length)..];
        }
        output + rest
    }

    fn json(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.replace(text)),
            Value::Number(number) => {
                let text = number.to_string();
                match self.0.iter().find(|(value, _)| *value == text) {
                    Some((_, placeholder)) => Value::String(placeholder.clone()),
                    None => value.clone(),
                }
            }
            Value::Array(items) => Value::Array(items.iter().map(|item| self.json(item)).collect()),
            Value::Object(fields) => {
                let mut fields: Vec<(String, Value)> =
                    fields.iter().map(|(key, value)| (self.replace(key), self.json(value))).collect();
                fields.sort_by(|a, b| a.0.cmp(&b.0));
                Value::Object(fields.into_iter().collect())
            }
            Value::Null | Value::Bool(_) => value.clone(),
        }
    }
}

/// The length of the longest piece of a value that `fits`; 0 if none does.
fn longest_piece<'v>(value: &'v str, piece: impl Fn(usize) -> &'v str, fits: impl Fn(&str) -> bool) -> usize {
    // Values with other letters are not shortened in the middle of one.
    if !value.is_ascii() {
        return 0;
    }
    (1..value.len()).rev().find(|length| fits(piece(*length))).unwrap_or(0)
}

/// A value after its key (or its dash): on the same line if it is small, else below it.
fn node(value: &Value, depth: usize, output: &mut String) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            output.push('\n');
            entries(fields, depth, output);
        }
        Value::Array(items) if !items.is_empty() => {
            output.push('\n');
            for item in items {
                let mut block = String::new();
                node(item, depth + 1, &mut block);
                // The first line of a block goes beside the dash, which is as wide as one level.
                let block = match block.strip_prefix('\n') {
                    Some(block) => format!(" {}", &block[(depth + 1) * 2..]),
                    None => block,
                };
                let _ = write!(output, "{:1$}-{block}", "", depth * 2);
            }
        }
        Value::Object(_) => output.push_str(" {}\n"),
        Value::Array(_) => output.push_str(" []\n"),
        Value::String(text) => string(text, depth, output),
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            let _ = writeln!(output, " {value}");
        }
    }
}

fn entries(fields: &Map<String, Value>, depth: usize, output: &mut String) {
    for (key, value) in fields {
        let _ = write!(output, "{:1$}{2}:", "", depth * 2, scalar(key));
        node(value, depth + 1, output);
    }
}

/// A text after its key: as it is if it has several lines, so that a difference shows the line.
fn string(text: &str, depth: usize, output: &mut String) {
    let text_lines = text.strip_suffix('\n').unwrap_or(text);
    let plain = |line: &str| !line.ends_with([' ', '\t']) && !line.chars().any(special);
    let as_lines = text_lines.contains('\n')
        && !text_lines.starts_with(['\n', ' ', '\t'])
        && !text_lines.ends_with('\n')
        && text_lines.lines().all(plain)
        && !text_lines.contains('\r');
    if !as_lines {
        let _ = writeln!(output, " {}", scalar(text));
        return;
    }
    output.push_str(if text.ends_with('\n') { " |\n" } else { " |-\n" });
    for line in text_lines.split('\n') {
        if line.is_empty() {
            output.push('\n');
        } else {
            let _ = writeln!(output, "{:1$}{line}", "", depth * 2);
        }
    }
}

/// A character that a reader could not see, or that YAML does not allow as it is.
fn special(c: char) -> bool {
    (c.is_control() && c != '\t') || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A text on one line: plain where YAML reads it back as the same text, else in double quotes.
fn scalar(text: &str) -> String {
    let starts_plain =
        text.starts_with(|c: char| c.is_alphabetic() || matches!(c, '<' | '/' | '$' | '_' | '(' | '+' | '.'));
    let word = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n" | ".nan" | ".inf" | "<<" | "="
    );
    // What starts with a sign or a point could be a number.
    let number =
        text.trim_start_matches(['+', '.']).starts_with(|c: char| c.is_ascii_digit()) || text.starts_with("+.inf");
    let risky = text.contains(": ")
        || text.contains(" #")
        || text.ends_with([':', ' '])
        || text.chars().any(|c| special(c) || matches!(c, '\t' | '"' | '\\'));
    if starts_plain && !word && !number && !risky {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if special(c) && u32::from(c) < 0x100 => {
                let _ = write!(quoted, "\\x{:02x}", u32::from(c));
            }
            c if special(c) => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted + "\""
}
