//! Finds what stands under the name of a secret, in a body of any form.
//!
//! Takes a text; gives the places of values whose name says that they are secret: members of JSON, fields of a form,
//! attributes and elements. It looks at a name and what follows it, so a body may be cut off, have bytes too many or be
//! valid in no form at all. Its time grows with the text: each value is read once. Never changes a text.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::layers::Layers;
use super::limits::MOST_BASE64;
use super::runs::decoded;

/// The ends of names under which secrets stand, without what separates their words.
const ENDS: &[&str] = &[
    "token",
    "tokens",
    "secret",
    "secrets",
    "password",
    "passwd",
    "session",
    "sessionid",
    "nonce",
    "apikey",
    "cookie",
];
/// Names that are those of secrets only as a whole.
const WHOLE: &[&str] = &["mac", "pass", "pwd", "otp", "code", "key"];
/// How long a name may be.
const LONGEST_NAME: usize = 64;
/// How much white space may stand before a value.
const MOST_BLANKS: usize = 64;
/// How often quotation marks may be escaped.
const MOST_ESCAPES: usize = 15;

/// A value that stands under the name of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name, in small letters: `access_token`.
    pub name: String,
    /// Where the value stands.
    pub range: Range<usize>,
    /// Whether the form of the text leaves no doubt: the name is in quotation marks, or in a tag, or before a `=`.
    pub sure: bool,
}

/// Whether a name is that of a secret: `access_token`, `accessToken`, `new_password`.
pub fn is_secret_name(name: &str) -> bool {
    let name: String = name.chars().filter(|c| !"-_. ".contains(*c)).map(|c| c.to_ascii_lowercase()).collect();
    WHOLE[..1].contains(&&*name) || ENDS.iter().any(|end| name.ends_with(end))
}

/// All values in a text that stand under such names, in their order.
pub fn named(text: &[u8]) -> Vec<Named> {
    static STEMS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let stems = ["token", "secret", "passw", "session", "nonce", "mac", "apikey", "api_key", "api-key", "cookie"];
        AhoCorasick::builder().ascii_case_insensitive(true).build(stems).ok()
    });
    let mut all = Vec::new();
    let Some(stems) = &*STEMS else { return all };
    let mut at = 0;
    while let Some(stem) = stems.find(text.get(at..).unwrap_or_default()) {
        let (stem_start, floor) = (at + stem.start(), at);
        let before = text[floor..stem_start].iter().rev().take(LONGEST_NAME).take_while(|b| is_name(**b)).count();
        let after = text[stem_start..].iter().take(LONGEST_NAME).take_while(|b| is_name(**b)).count();
        let name = stem_start - before..stem_start + after;
        at = name.end;
        let Ok(word) = std::str::from_utf8(&text[name.clone()]) else { continue };
        if !is_secret_name(word) {
            continue;
        }
        let word = word.to_ascii_lowercase();
        at = values(text, &name, |range, sure| all.push(Named { name: word.clone(), range, sure }));
    }
    all
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// Shows the values that follow a name; gives where to look for the next name.
fn values(text: &[u8], name: &Range<usize>, mut found: impl FnMut(Range<usize>, bool)) -> usize {
    let opened = name.start.checked_sub(1).map(|at| text[at]);
    let (closed, after_name) = quote(text, name.end);
    let quoted = closed.is_some() && matches!(opened, Some(b'"' | b'\''));
    let separator = blanks(text, after_name);
    match text.get(separator) {
        Some(b'>') if opened == Some(b'<') => {
            let value = separator + 1..end_of(text, separator + 1, |b| b == b'<');
            let end = value.end;
            found(value, true);
            end
        }
        Some(sign @ (b':' | b'=')) => {
            let mut at = blanks(text, separator + 1);
            if *sign == b'=' && text.get(at) == Some(&b'>') {
                at = blanks(text, at + 1);
            }
            let sure = quoted || (*sign == b'=' && at == name.end + 1);
            if text.get(at) == Some(&b'[') {
                return list(text, at + 1, sure, found);
            }
            let (range, next) = value(text, at);
            // `token: ` in a sentence, and what is true or null, has no value.
            if !range.is_empty() && !is_word_of_json(&text[range.clone()]) {
                found(range, sure);
            }
            next
        }
        _ => name.end,
    }
}

/// The values of a list whose bracket ends at `at`.
fn list(text: &[u8], mut at: usize, sure: bool, mut found: impl FnMut(Range<usize>, bool)) -> usize {
    loop {
        at = blanks(text, at);
        let (range, next) = value(text, at);
        if range.is_empty() && next == at {
            return at;
        }
        if !range.is_empty() && !is_word_of_json(&text[range.clone()]) {
            found(range, sure);
        }
        at = blanks(text, next);
        if text.get(at) != Some(&b',') {
            return at;
        }
        at += 1;
    }
}

/// The value at a place, without its quotation marks, and where what follows it begins.
fn value(text: &[u8], at: usize) -> (Range<usize>, usize) {
    let escapes = text[at..].iter().take(MOST_ESCAPES).take_while(|b| **b == b'\\').count();
    match text.get(at + escapes) {
        Some(mark @ (b'"' | b'\'')) => {
            let start = at + escapes + 1;
            let end = closing(text, start, *mark, escapes);
            (start..end, (end + escapes + 1).min(text.len()))
        }
        _ => {
            let end = end_of(text, at, |b| b.is_ascii_whitespace() || b",;&<>\"'(){}[]".contains(&b));
            (at..end, end)
        }
    }
}

/// Where a quoted value ends: at a mark that is escaped no more than the one it began with.
fn closing(text: &[u8], start: usize, mark: u8, escapes: usize) -> usize {
    let mut backslashes = 0;
    for (at, byte) in text.iter().enumerate().skip(start) {
        if *byte == mark && (backslashes <= escapes && (escapes > 0 || backslashes == 0) || backslashes % 2 == 0) {
            return at - backslashes.min(escapes);
        }
        backslashes = if *byte == b'\\' { backslashes + 1 } else { 0 };
    }
    text.len()
}

fn is_word_of_json(value: &[u8]) -> bool {
    [&b"true"[..], b"false", b"null", b"undefined", b"None"].contains(&value)
}

/// The quotation mark at a place, and where it ends.
fn quote(text: &[u8], at: usize) -> (Option<u8>, usize) {
    let escapes = text[at..].iter().take(MOST_ESCAPES).take_while(|b| **b == b'\\').count();
    match text.get(at + escapes) {
        Some(mark @ (b'"' | b'\'')) => (Some(*mark), at + escapes + 1),
        _ => (None, at),
    }
}

fn blanks(text: &[u8], at: usize) -> usize {
    at + text[at.min(text.len())..].iter().take(MOST_BLANKS).take_while(|b| b.is_ascii_whitespace()).count()
}

fn end_of(text: &[u8], start: usize, ends: impl Fn(u8) -> bool) -> usize {
    start + text[start.min(text.len())..].iter().take_while(|b| !ends(**b)).count()
}

/// Shows a text in all its readings: as it is, without each layer of escapes, and what is base64 in it decoded.
pub fn readings(text: &[u8], each: &mut dyn FnMut(&[u8])) {
    read(text, MOST_BASE64, each);
}

fn read(text: &[u8], depth: u8, each: &mut dyn FnMut(&[u8])) {
    let layers = Layers::of(text, &mut 0);
    layers.likely().for_each(|layer| each(layers.bytes(layer)));
    if depth == 0 {
        return;
    }
    for layer in std::iter::once(None).chain(layers.last()) {
        decoded(layers.bytes(layer), |decoded| read(decoded, depth - 1, each));
    }
}
