//! The codes of a mail: what a person is meant to type.
//!
//! Takes the subject and the text parts, gives words that could be a code, with a score. A code is recognised by how it
//! looks and by where it stands, never by the words around it, which may be of any language. Nothing within an address of
//! a page or a mailbox is one.

use std::collections::HashMap;

use super::html;
use threepid_record::model::{Code, Part};

/// How many codes of a mail are kept, the likeliest.
const CODES: usize = 10;
/// How many words of a mail are looked at.
const WORDS: usize = 50_000;

/// The score of a word that stands on a line of its own.
const ALONE: i32 = 40;
/// The score of the last word of a line, behind a colon or not.
const LAST: i32 = 15;
/// The score of a word behind a colon.
const BEHIND_COLON: i32 = 15;
/// The score of a word that stands in the subject too.
const IN_SUBJECT: i32 = 20;
/// The score of six digits, the usual code, and of four to ten.
const DIGITS: [i32; 2] = [30, 20];
/// The score of capital letters and digits, and of anything that nobody could guess.
const LETTERS: [i32; 2] = [20, 25];
/// The score of what is rather the number of a year.
const YEAR: i32 = -25;
/// What scores less is a number like any other.
const LEAST: i32 = 20;

/// Candidates, the likeliest first; of equals, the one that stands first. A code that stands in several parts is one.
pub(super) fn find(subject: &str, parts: &[Part]) -> Vec<Code> {
    let mut found: Vec<Code> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut left = WORDS;
    let mut note = |value: String, score: i32| match known.get(&value) {
        Some(at) => found[*at].score = found[*at].score.max(score),
        None => {
            known.insert(value.clone(), found.len());
            found.push(Code { value, score });
        }
    };
    let in_subject: Vec<String> = words(subject).into_iter().map(|word| word.value).collect();
    for part in parts {
        let page;
        let text = match part.content_type.as_str() {
            "text/html" => {
                page = html::read(&part.text, 0);
                page.text.as_str()
            }
            _ => part.text.as_str(),
        };
        for line in text.lines() {
            for word in words(line) {
                left = left.saturating_sub(1);
                if left == 0 {
                    break;
                }
                if let Some(looks) = looks_like_code(&word.value) {
                    let also = if in_subject.contains(&word.value) { IN_SUBJECT } else { 0 };
                    note(word.value, looks + word.place + also);
                }
            }
        }
    }
    for value in in_subject {
        if let Some(looks) = looks_like_code(&value) {
            note(value, looks + IN_SUBJECT);
        }
    }
    found.retain(|code| code.score >= LEAST);
    found.sort_by_key(|code| -code.score);
    found.truncate(CODES);
    found
}

/// A word of a line, and what its place says.
struct Word {
    value: String,
    place: i32,
}

/// The words of a line; digits in groups are one.
fn words(line: &str) -> Vec<Word> {
    let mut words: Vec<(String, bool)> = Vec::new();
    let mut behind_colon = false;
    for raw in line.split_whitespace() {
        let word = raw.trim_matches(|c: char| !c.is_alphanumeric());
        if word.is_empty() || raw.contains("://") || raw.contains('@') {
            behind_colon |= raw.ends_with([':', '：']);
            if !word.is_empty() {
                words.push((String::new(), false));
            }
            continue;
        }
        match words.last_mut() {
            // `274 901`: the same number of digits in each group.
            Some((before, _)) if is_group(word) && is_grouped(before, word.len()) => before.push_str(word),
            _ => words.push((word.to_owned(), behind_colon)),
        }
        behind_colon = raw.ends_with([':', '：']);
    }
    let count = words.len();
    let place = |at: usize, behind_colon: bool| match at + 1 == count {
        true if count == 1 => ALONE,
        true => LAST + if behind_colon { BEHIND_COLON } else { 0 },
        false => {
            if behind_colon {
                BEHIND_COLON
            } else {
                0
            }
        }
    };
    let word = |(at, (value, colon)): (usize, (String, bool))| Word { place: place(at, colon), value };
    words.into_iter().enumerate().map(word).filter(|word| !word.value.is_empty()).collect()
}

fn is_group(word: &str) -> bool {
    (2..=4).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit())
}

fn is_grouped(before: &str, digits: usize) -> bool {
    before.len().is_multiple_of(digits) && before.len() < 12 && before.bytes().all(|b| b.is_ascii_digit())
}

/// How much a word looks like a code; `None` if it does not.
fn looks_like_code(word: &str) -> Option<i32> {
    let count = |is: fn(&u8) -> bool| word.bytes().filter(is).count();
    let (digits, capitals) = (count(u8::is_ascii_digit), count(u8::is_ascii_uppercase));
    let small = count(u8::is_ascii_lowercase);
    let marks = word.len() - digits - capitals - small;
    let is_written = word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    match word.len() {
        _ if !is_written => None,
        4 if digits == 4 => Some(DIGITS[1] + if word.starts_with("19") || word.starts_with("20") { YEAR } else { 0 }),
        6 if digits == 6 => Some(DIGITS[0]),
        5..=10 if digits == word.len() => Some(DIGITS[1]),
        // `123-456`, but no date: its groups are equally long.
        7 | 9 | 11 if digits + marks == word.len() && is_even(word) => Some(DIGITS[1]),
        5..=16 if small == 0 && digits > 0 && capitals > 0 && marks <= 3 => Some(LETTERS[0]),
        17..=255 if capitals > 2 && small > 2 && marks == 0 => Some(LETTERS[1]),
        8..=255 if digits > 1 && small + capitals > 1 && (capitals > 0 && small > 0 || word.len() >= 16) => {
            Some(LETTERS[1])
        }
        _ => None,
    }
}

fn is_even(word: &str) -> bool {
    let mut groups = word.split(['-', '_']).map(str::len);
    let first = groups.next().unwrap_or_default();
    first >= 3 && groups.all(|group| group == first)
}

/// From here on a word is a code even where nothing says that codes are typed.
const CLEAR: i32 = 30;

/// Whether a code is so clear that a mail without a link must be about it.
pub(super) fn is_clear(code: &Code) -> bool {
    code.score >= CLEAR
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(subject: &str, text: &str) -> Option<Code> {
        let part = Part { content_type: "text/plain".into(), text: text.into(), ..Part::default() };
        find(subject, &[part]).into_iter().next()
    }

    #[test]
    fn a_code_is_found_in_any_language() {
        for (subject, text, code) in [
            ("Your code", "The code for your address is 274901", "274901"),
            ("274901", "It is valid for 10 minutes.", "274901"),
            ("Dein Code", "Hallo,\n\nDein Code lautet:\n\n    274 901\n\nBis 2026.", "274901"),
            ("確認コード", "確認コード： 0417\n2026年11月27日", "0417"),
            ("Votre code", "Votre code est K7QF-9XZ2.\nMerci", "K7QF-9XZ2"),
            ("Code", "Use abcD1234efGH5678 within 30 minutes, until 2026-11-27 10:30:00", "abcD1234efGH5678"),
            ("Code", "Your code:\n123-456\nCall 0800 123 if you need help", "123-456"),
        ] {
            assert_eq!(best(subject, text).map(|code| code.value).as_deref(), Some(code), "{text}");
        }
    }

    #[test]
    fn what_stands_in_an_address_is_none() {
        let text = "Open http://hs.test/v?token=abcD1234efGH5678 or write to user123456@hs.test, 27 Nov 2026";
        assert_eq!(best("An address was added", text), None);
        assert_eq!(best("", "This address is on your account now. Not you? Tell the support."), None);
    }

    #[test]
    fn a_clear_code_stands_out() {
        assert!(is_clear(&best("Your code", "The code for your address is 274901").unwrap()));
        assert!(!is_clear(&best("Your address", "Added in 2026, ticket 4821 was closed").unwrap()));
    }

    #[test]
    fn html_is_read_as_a_person_sees_it() {
        let text =
            "<style>.a{color:#123456}</style><p>Your code</p><h1>274901</h1><a href='http://x/?a=999999'>home</a>";
        let part = Part { content_type: "text/html".into(), text: text.into(), ..Part::default() };
        let found = find("", &[part]);
        assert_eq!(found.iter().map(|code| code.value.as_str()).collect::<Vec<_>>(), ["274901"]);
    }
}
