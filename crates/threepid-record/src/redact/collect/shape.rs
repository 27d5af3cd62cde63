//! How addresses and tokens look.
//!
//! Takes a text; says where addresses stand in it, or whether it is a token by its looks. Knows nothing of where it came
//! from.

use std::ops::Range;

/// How long a value must be to count as a token whatever it is made of.
pub(super) const LONG: usize = 16;
/// How long a value must be that is made of letters and digits, to count as one.
const MIXED: usize = 10;
/// How long the name of a scheme may be.
const LONGEST_SCHEME: usize = 24;
/// Where addresses stand in a text: what has `://` in it.
pub(super) fn links(text: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let ends = |b: &u8| b.is_ascii_whitespace() || b.is_ascii_control() || b"<>\"'`\\".contains(b);
    for at in memchr::memmem::find_iter(text, "://") {
        if found.last().is_some_and(|last| at < last.end) {
            continue;
        }
        let scheme = |b: &&u8| b.is_ascii_alphanumeric() || b"+-.".contains(b);
        let before = text[..at].iter().rev().take(LONGEST_SCHEME).take_while(scheme).count();
        let len = text[at..].iter().take_while(|b| !ends(b)).count();
        found.push(at - before..at + len);
    }
    found
}

/// Whether nobody would have chosen this as the name of a page: long, with digits among its letters, or with capitals
/// all over.
pub(super) fn looks_random(text: &str) -> bool {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "-_.~=".contains(c);
    let has = |kind: fn(&char) -> bool| text.chars().any(|c| kind(&c));
    let humps = text.as_bytes().windows(2).filter(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase()).count();
    let mixed = has(char::is_ascii_digit) && has(char::is_ascii_alphabetic);
    text.chars().all(is_token) && (text.len() >= MIXED && mixed || text.len() >= LONG && humps >= 4)
}
