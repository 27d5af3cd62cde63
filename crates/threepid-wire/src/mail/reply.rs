//! SMTP replies.
//!
//! Takes a code and a text, gives the bytes of one reply. It never sends anything and never lets a text break out of
//! its line.

use std::borrow::Cow;
use std::fmt;

/// One reply of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    code: u16,
    text: Cow<'static, str>,
}

impl Reply {
    /// A reply of ours; `text` starts with the enhanced status code.
    pub(super) const fn new(code: u16, text: &'static str) -> Self {
        Self { code, text: Cow::Borrowed(text) }
    }

    /// A reply whose text is made at run time.
    pub(super) fn with(code: u16, text: String) -> Self {
        Self { code, text: Cow::Owned(text) }
    }

    /// A refusal that someone scripted. A code that refuses nothing becomes 550; a text without an enhanced status
    /// code gets `4.0.0` or `5.0.0`, since we announce that every reply has one.
    pub(super) fn refusal(code: u16, text: &str) -> Self {
        let code = if (400..=599).contains(&code) { code } else { 550 };
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if has_enhanced_code(&text) {
            return Self::with(code, text);
        }
        Self::with(code, format!("{}.0.0 {text}", code / 100))
    }

    /// Appends the reply's line.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("{self}\r\n").as_bytes());
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

/// Appends a reply of several lines.
pub(super) fn write_lines(code: u16, lines: &[String], out: &mut Vec<u8>) {
    let last = lines.len().saturating_sub(1);
    for (i, line) in lines.iter().enumerate() {
        let separator = if i == last { ' ' } else { '-' };
        out.extend_from_slice(format!("{code}{separator}{line}\r\n").as_bytes());
    }
}

/// Whether a text starts as `5.7.1 ` does.
fn has_enhanced_code(text: &str) -> bool {
    let code = text.split(' ').next().unwrap_or_default();
    let mut fields = code.split('.');
    let is_number = |field: Option<&str>| {
        field.is_some_and(|f| !f.is_empty() && f.len() <= 3 && f.bytes().all(|b| b.is_ascii_digit()))
    };
    is_number(fields.next()) && is_number(fields.next()) && is_number(fields.next()) && fields.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(reply: &Reply) -> String {
        let mut out = Vec::new();
        reply.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_scripted_text_stays_in_its_line() {
        assert_eq!(line(&Reply::refusal(451, "try\r\n250 ok")), "451 4.0.0 try  250 ok\r\n");
    }

    #[test]
    fn a_scripted_refusal_refuses_and_keeps_its_own_enhanced_code() {
        assert_eq!(line(&Reply::refusal(250, "no")), "550 5.0.0 no\r\n");
        assert_eq!(line(&Reply::refusal(550, "5.1.1 who?")), "550 5.1.1 who?\r\n");
        assert_eq!(line(&Reply::refusal(550, "5.1 who?")), "550 5.0.0 5.1 who?\r\n");
    }

    #[test]
    fn only_the_last_of_several_lines_has_a_space_after_the_code() {
        let mut out = Vec::new();
        write_lines(250, &["a".into(), "b".into(), "c".into()], &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "250-a\r\n250-b\r\n250 c\r\n");
    }
}
