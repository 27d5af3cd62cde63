//! Decodes one layer of escapes.
//!
//! Takes a text; gives a view of it in which each escape (`%2E`, `\u002e`, `&#46;`, `&period;`) is what it stands for,
//! or `None` if there is none. One pass from left to right, and what does not decode stays as it is, so a text need not
//! be valid in any encoding. Never decodes what it has decoded: that is the next layer's.

use super::view::View;

/// How many digits of a numeric entity are read; no code point needs more than seven, and zeros may lead.
const MOST_DIGITS: usize = 10;

/// Escapes that are decoded together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    /// Percent-encoding and HTML's entities.
    Web,
    /// Those of JSON and JavaScript.
    Json,
    QuotedPrintable,
}

impl Escape {
    /// The text without them.
    pub(super) fn decode(self, text: &[u8]) -> Option<View> {
        match self {
            Escape::Web => rewritten(text, memchr::memchr2_iter(b'%', b'&', text), |at| match text[at] {
                b'%' => percent(text, at + 1),
                _ => entity(text, at + 1),
            }),
            Escape::Json => rewritten(text, memchr::memchr_iter(b'\\', text), |at| json(text, at + 1)),
            Escape::QuotedPrintable => rewritten(text, memchr::memchr_iter(b'=', text), |at| {
                if let Some(end) = soft_break(text, at + 1) {
                    return Some((Decoded::NOTHING, end));
                }
                byte(text, at + 1, 2).map(|byte| (Decoded::byte(byte), at + 3))
            }),
        }
    }
}

/// The text with what was decoded in its place; `None` if nothing was.
fn rewritten(
    text: &[u8],
    introducers: impl Iterator<Item = usize>,
    decode: impl Fn(usize) -> Option<(Decoded, usize)>,
) -> Option<View> {
    let mut view: Option<View> = None;
    let mut copied = 0;
    for at in introducers {
        // Inside an escape that has been decoded: the second of two backslashes.
        if at < copied {
            continue;
        }
        if let Some((decoded, end)) = decode(at) {
            let view = view.get_or_insert_default();
            view.copy(text, copied..at);
            view.add(decoded.as_bytes(), at..end);
            copied = end;
        }
    }
    let mut view = view?;
    view.copy(text, copied..text.len());
    Some(view)
}

/// What an escape stands for, in UTF-8.
struct Decoded {
    bytes: [u8; 4],
    len: usize,
}

impl Decoded {
    /// A soft line break.
    const NOTHING: Decoded = Decoded { bytes: [0; 4], len: 0 };

    fn byte(byte: u8) -> Decoded {
        Decoded { bytes: [byte, 0, 0, 0], len: 1 }
    }

    fn char(c: char) -> Decoded {
        let mut bytes = [0; 4];
        let len = c.encode_utf8(&mut bytes).len();
        Decoded { bytes, len }
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// A number of `digits` digits in base 16.
fn hex(text: &[u8], at: usize, digits: usize) -> Option<u32> {
    let digits = text.get(at..at + digits)?;
    digits.iter().try_fold(0, |number, digit| Some(number * 16 + char::from(*digit).to_digit(16)?))
}

fn byte(text: &[u8], at: usize, digits: usize) -> Option<u8> {
    hex(text, at, digits).and_then(|number| u8::try_from(number).ok())
}

fn percent(text: &[u8], at: usize) -> Option<(Decoded, usize)> {
    byte(text, at, 2).map(|byte| (Decoded::byte(byte), at + 2))
}

/// Where a soft line break ends whose `=` ends at `at`.
fn soft_break(text: &[u8], at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let at = at + rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    match text.get(at..)? {
        [b'\r', b'\n', ..] => Some(at + 2),
        [b'\n', ..] => Some(at + 1),
        _ => None,
    }
}

/// What follows a backslash, in JSON or JavaScript.
fn json(text: &[u8], at: usize) -> Option<(Decoded, usize)> {
    let byte = match *text.get(at)? {
        byte @ (b'"' | b'\\' | b'/' | b'\'') => byte,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'f' => 12,
        b'u' => return utf16(text, at + 1),
        b'x' => return byte(text, at + 1, 2).map(|byte| (Decoded::byte(byte), at + 3)),
        _ => return None,
    };
    Some((Decoded::byte(byte), at + 1))
}

/// What follows `\u`: four digits, and the other half of the character if they are only one.
fn utf16(text: &[u8], at: usize) -> Option<(Decoded, usize)> {
    let first = hex(text, at, 4)?;
    if let Some(c) = char::from_u32(first) {
        return Some((Decoded::char(c), at + 4));
    }
    if text.get(at + 4..at + 6)? != b"\\u" {
        return None;
    }
    let second = hex(text, at + 6, 4)?;
    let units = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
    let c = char::decode_utf16(units).next()?.ok()?;
    Some((Decoded::char(c), at + 10))
}

/// What follows an ampersand in HTML. Browsers forgive a missing semicolon, so an encoder may leave it out.
fn entity(text: &[u8], at: usize) -> Option<(Decoded, usize)> {
    let (c, end) = if text.get(at) == Some(&b'#') { numeric(text, at + 1)? } else { named(text, at)? };
    match text.get(end) {
        Some(b';') => Some((Decoded::char(c), end + 1)),
        // The rest of it is still in an escape of its own, so it is the next layer's.
        Some(b'%' | b'\\' | b'&' | b'=') => None,
        _ => Some((Decoded::char(c), end)),
    }
}

/// `35` or `x23`, after `&#`.
fn numeric(text: &[u8], at: usize) -> Option<(char, usize)> {
    let (radix, at) = if matches!(text.get(at), Some(b'x' | b'X')) { (16, at + 1) } else { (10, at) };
    let digits = text.get(at..)?.iter().map_while(|b| char::from(*b).to_digit(radix)).take(MOST_DIGITS);
    let (code, end) =
        digits.fold((0_u32, at), |(code, end), digit| (code.saturating_mul(radix).saturating_add(digit), end + 1));
    if end == at {
        return None;
    }
    char::from_u32(code).map(|c| (c, end))
}

/// `amp`, after `&`.
fn named(text: &[u8], at: usize) -> Option<(char, usize)> {
    let rest = text.get(at..)?;
    let found = NAMED.iter().find(|(name, _)| rest.starts_with(name.as_bytes()));
    found.map(|(name, c)| (*c, at + name.len()))
}

/// The names that encoders use for characters which a token or a password may hold.
const NAMED: [(&str, char); 34] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", '\u{a0}'),
    ("num", '#'),
    ("percnt", '%'),
    ("plus", '+'),
    ("equals", '='),
    ("sol", '/'),
    ("bsol", '\\'),
    ("colon", ':'),
    ("semi", ';'),
    ("comma", ','),
    ("period", '.'),
    ("lowbar", '_'),
    ("excl", '!'),
    ("quest", '?'),
    ("commat", '@'),
    ("dollar", '$'),
    ("ast", '*'),
    ("lpar", '('),
    ("rpar", ')'),
    ("lsqb", '['),
    ("rsqb", ']'),
    ("lbrack", '['),
    ("rbrack", ']'),
    ("lcub", '{'),
    ("rcub", '}'),
    ("vert", '|'),
    ("verbar", '|'),
    ("grave", '`'),
    ("Hat", '^'),
];
