//! Makes text from a server safe to show.
//!
//! Escape sequences could repaint a terminal, direction marks could show a text backwards, and a line that starts with
//! `::error::` is an order to a CI system. All of these are shown as what they are.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A text as one line: control characters, line ends and marks that change the direction are written as escapes.
pub fn visible(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// A text of several lines: as [`visible`], but line feeds and tabs stay.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escape(text, |c| matches!(c, '\n' | '\t'))
}

fn escape(text: &str, stays: fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(|c| hidden(c) && !stays(c)) {
        return Cow::Borrowed(text);
    }
    let mut output = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if !hidden(c) || stays(c) => output.push(c),
            '\n' => output.push_str("\\n"),
            '\r' => output.push_str("\\r"),
            '\t' => output.push_str("\\t"),
            c if c.is_ascii() => {
                let _ = write!(output, "\\x{:02x}", u32::from(c));
            }
            c => {
                let _ = write!(output, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    Cow::Owned(output)
}

/// Characters that do something instead of being seen, and those that XML does not allow.
fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// Makes sure that no line of a finished text is an order to a CI system: `::` at the start of a line, or `##[` anywhere.
pub fn disarm(text: String) -> String {
    if !text.contains("::") && !text.contains("##[") {
        return text;
    }
    let mut output = String::with_capacity(text.len() + 16);
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        let (blank, rest) = line.split_at(indent);
        output.push_str(blank);
        let rest = match rest.strip_prefix("::") {
            Some(after) => {
                output.push_str("\\x3a:");
                after
            }
            None => rest,
        };
        output.push_str(&rest.replace("##[", "\\x23#["));
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_untouched() {
        assert!(matches!(visible("Grüße, 你好 🔑"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        assert_eq!(
            visible("\x1b[2J\0\r\n\t\u{9b}m\u{202e}\u{ffff}"),
            "\\x1b[2J\\x00\\r\\n\\t\\u{9b}m\\u{202e}\\u{ffff}"
        );
        assert_eq!(visible_lines("a\r\n\tb"), "a\\r\n\tb");
    }

    #[test]
    fn orders_to_a_ci_system_are_disarmed() {
        let text = "::error::x\n  ::set-output name=a::b\na ::b\n##[error]x\n".to_owned();
        assert_eq!(disarm(text), "\\x3a:error::x\n  \\x3a:set-output name=a::b\na ::b\n\\x23#[error]x\n");
    }
}
