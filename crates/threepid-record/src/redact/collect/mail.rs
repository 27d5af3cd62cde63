//! What in a mail may be a token or a code.

use super::shape::looks_random;
use super::{Collector, Reach};
use crate::html;
use crate::model::Mail;

/// Headers in which long words are usual.
const USUAL: &[&str] = &[
    "arc-authentication-results",
    "arc-message-signature",
    "arc-seal",
    "authentication-results",
    "content-disposition",
    "content-id",
    "content-transfer-encoding",
    "content-type",
    "date",
    "dkim-signature",
    "feedback-id",
    "from",
    "in-reply-to",
    "message-id",
    "mime-version",
    "received",
    "references",
    "return-path",
    "sender",
    "to",
];

/// How many digits a code has that somebody has to type.
const DIGITS: std::ops::RangeInclusive<usize> = 5..=10;
/// How long such a code is if it has capitals too.
const CAPITALS: std::ops::RangeInclusive<usize> = 6..=12;

impl Collector {
    /// Collects from a mail: all of it as it came, and what a person reads of it.
    pub fn mail(&mut self, mail: &Mail) {
        self.body(&mail.raw);
        for link in &mail.links {
            self.link(&link.url);
        }
        for code in &mail.codes {
            self.put("code", &code.value, Reach::Word);
        }
        for (name, value) in &mail.headers {
            self.header(name, value);
            if !USUAL.contains(&&*name.to_ascii_lowercase()) {
                self.words(value);
            }
        }
        for part in &mail.parts {
            if part.content_type == "text/html" {
                self.page(&part.text);
                self.words(&html::text(&part.text));
            } else {
                self.words(&part.text);
            }
            self.text(part.text.as_bytes());
        }
    }

    /// Collects from the subject of a mail.
    pub(super) fn subject(&mut self, subject: &str) {
        self.text(subject.as_bytes());
        self.words(subject);
    }

    /// Words that are tokens, or codes that somebody has to type; those of addresses are looked at with their names.
    fn words(&mut self, text: &str) {
        let words = text.split(|c: char| c.is_whitespace() || "<>\"'()[]{},;|".contains(c));
        for word in words.filter(|word| !word.contains("://") && !word.contains('@')) {
            for piece in word.split(['.', ':', '!', '?', '&', '#', '/', '=']).filter(|piece| !piece.is_empty()) {
                self.word(piece);
            }
        }
    }

    fn word(&mut self, word: &str) {
        let all = |kind: fn(u8) -> bool| word.bytes().all(kind);
        let has = |kind: fn(&u8) -> bool| word.bytes().any(|b| kind(&b));
        let digits = DIGITS.contains(&word.len()) && all(|b| b.is_ascii_digit());
        let capitals = CAPITALS.contains(&word.len())
            && all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            && has(u8::is_ascii_uppercase)
            && has(u8::is_ascii_digit);
        if !(looks_random(word) || digits || capitals) || self.is_open(word) {
            return;
        }
        if looks_random(word) {
            self.put("token", word, Reach::Everywhere);
        } else {
            self.put("code", word, Reach::Word);
        }
    }
}
