//! Reads one character in any spelling.
//!
//! Takes a text and a place in it; gives every way to read what stands there: `%2E` is a percent sign, but it is a
//! full stop too. Never chooses between them; the search does, because it knows what it looks for.

/// How deep spellings may nest: `&#37;252E` is a full stop, percent-encoded twice, in HTML.
const NESTING: u8 = 3;

/// The bytes at which a spelling can start.
pub(super) const fn introduces(byte: u8) -> bool {
    matches!(byte, b'%' | b'=' | b'\\' | b'&' | b'+')
}

/// One way to read what stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    bytes: [u8; 4],
    len: u8,
    /// Where what was read ends.
    pub(super) end: usize,
}

impl Reading {
    fn byte(byte: u8, end: usize) -> Reading {
        Reading { bytes: [byte, 0, 0, 0], len: 1, end }
    }

    fn char(c: char, end: usize) -> Reading {
        let mut bytes = [0; 4];
        let len = c.encode_utf8(&mut bytes).len() as u8;
        Reading { bytes, len, end }
    }

    /// What it reads as, in UTF-8; empty for a soft line break.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// Appends every reading of the spelling that starts at `at`; none if nothing does.
/// What stands there literally is not among them.
pub(super) fn readings(text: &[u8], at: usize, into: &mut Vec<Reading>) {
    if let Some(&byte) = text.get(at) {
        escape(text, byte, at + 1, NESTING, into);
    }
}

/// Appends the readings of an escape whose introducing character ends at `at`.
fn escape(text: &[u8], introducer: u8, at: usize, nesting: u8, into: &mut Vec<Reading>) {
    let first = into.len();
    match introducer {
        b'%' => hex_byte(text, at, nesting, into),
        b'=' => {
            if let Some(end) = soft_break_rest(text, at, nesting) {
                into.push(Reading { bytes: [0; 4], len: 0, end });
            }
            hex_byte(text, at, nesting, into);
        }
        b'+' => into.push(Reading::byte(b' ', at)),
        b'\\' => json(text, at, nesting, into),
        b'&' => into.extend(entity(text, at, nesting)),
        _ => return,
    }
    if nesting == 0 {
        return;
    }
    for index in first..into.len() {
        let outer = into[index];
        if outer.len == 1 && introduces(outer.bytes[0]) {
            escape(text, outer.bytes[0], outer.end, nesting - 1, into);
        }
    }
}

/// Calls `each` with every byte that may stand inside an escape at `at`, and where it ends, the plainest first. It may
/// be spelled itself, and a soft line break may stand before it.
fn units(text: &[u8], mut at: usize, nesting: u8, mut each: impl FnMut(u8, usize)) {
    while let Some(&byte) = text.get(at) {
        if byte == b'='
            && let Some(end) = soft_break_rest(text, at + 1, nesting)
        {
            at = end;
            continue;
        }
        each(byte, at + 1);
        if let Some(inner) = nesting.checked_sub(1)
            && introduces(byte)
        {
            let mut readings = Vec::new();
            escape(text, byte, at + 1, inner, &mut readings);
            readings.iter().filter(|r| r.len == 1).for_each(|r| each(r.bytes[0], r.end));
        }
        return;
    }
}

/// What the byte at `at` stands for, in the first way of reading it that `wanted` takes.
fn unit<T>(text: &[u8], at: usize, nesting: u8, wanted: impl Fn(u8) -> Option<T>) -> Option<(T, usize)> {
    let mut found = None;
    units(text, at, nesting, |byte, end| {
        if found.is_none() {
            found = wanted(byte).map(|what| (what, end));
        }
    });
    found
}

/// Where one byte ends, if it stands at `at`.
fn expect(text: &[u8], at: usize, nesting: u8, byte: u8) -> Option<usize> {
    unit(text, at, nesting, |b| (b == byte).then_some(())).map(|(_, end)| end)
}

/// Where a soft line break ends whose `=` ends at `at`: blanks and a line end, which may be spelled itself.
fn soft_break_rest(text: &[u8], at: usize, nesting: u8) -> Option<usize> {
    let rest = text.get(at..)?;
    let at = at + rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    // The level below, because a row of `=` must not be walked from each of them.
    let line_end = |at: usize| match text.get(at)? {
        byte @ (b'\r' | b'\n') => Some((*byte, at + 1)),
        byte if introduces(*byte) => {
            unit(text, at, nesting.checked_sub(1)?, |b| matches!(b, b'\r' | b'\n').then_some(b))
        }
        _ => None,
    };
    match line_end(at)? {
        (b'\r', end) => line_end(end).filter(|(byte, _)| *byte == b'\n').map(|(_, end)| end),
        (_, end) => Some(end),
    }
}

/// `digits` digits in base 16.
fn hex(text: &[u8], mut at: usize, digits: u8, nesting: u8) -> Option<(u32, usize)> {
    let mut number = 0;
    for _ in 0..digits {
        let (digit, end) = unit(text, at, nesting, |b| char::from(b).to_digit(16))?;
        number = number * 16 + digit;
        at = end;
    }
    Some((number, at))
}

/// `2E`, of `%2E` or `=2E`.
fn hex_byte(text: &[u8], at: usize, nesting: u8, into: &mut Vec<Reading>) {
    let Some((number, end)) = hex(text, at, 2, nesting) else {
        return;
    };
    let byte = number as u8;
    into.push(Reading::byte(byte, end));
    // Mail may be in ISO 8859-1, where one byte is a character that has two in UTF-8.
    if byte >= 0xa0 {
        into.push(Reading::char(char::from(byte), end));
    }
}

/// What follows a backslash in JSON.
fn json(text: &[u8], at: usize, nesting: u8, into: &mut Vec<Reading>) {
    // A second backslash may be what the first one escapes, or may spell the letter that follows the first: hence all.
    units(text, at, nesting, |byte, end| {
        let byte = match byte {
            b'"' | b'\\' | b'/' | b'\'' => byte,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'f' => 12,
            b'u' => return into.extend(utf16(text, end, nesting)),
            _ => return,
        };
        into.push(Reading::byte(byte, end));
    });
}

/// What follows `\u`: four digits, and the other half of the character if they are only one.
fn utf16(text: &[u8], at: usize, nesting: u8) -> Option<Reading> {
    let (first, end) = hex(text, at, 4, nesting)?;
    if let Some(c) = char::from_u32(first) {
        return Some(Reading::char(c, end));
    }
    let mut whole = None;
    units(text, end, nesting, |byte, end| {
        if byte == b'\\'
            && let Some(at) = expect(text, end, nesting, b'u')
            && let Some((second, end)) = hex(text, at, 4, nesting)
            && let Some(Ok(c)) = char::decode_utf16([first as u16, second as u16]).next()
        {
            whole = Some(Reading::char(c, end));
        }
    });
    whole
}

/// What follows an ampersand in HTML.
fn entity(text: &[u8], at: usize, nesting: u8) -> Option<Reading> {
    let (c, end) = match expect(text, at, nesting, b'#') {
        Some(at) => numeric(text, at, nesting)?,
        None => named(text, at, nesting)?,
    };
    // Browsers forgive a missing semicolon, so an encoder that leaves it out is possible.
    Some(Reading::char(c, expect(text, end, nesting, b';').unwrap_or(end)))
}

/// `35` or `x23`, after `&#`.
fn numeric(text: &[u8], at: usize, nesting: u8) -> Option<(char, usize)> {
    let (radix, mut at) = match unit(text, at, nesting, |b| matches!(b, b'x' | b'X').then_some(16)) {
        Some(hexadecimal) => hexadecimal,
        None => (10, at),
    };
    let mut code: u32 = 0;
    let mut digits = 0;
    // Leading zeros are lawful; no code point needs more than seven digits after them.
    while digits < 10
        && let Some((digit, end)) = unit(text, at, nesting, |b| char::from(b).to_digit(radix))
    {
        code = code.saturating_mul(radix).saturating_add(digit);
        digits += 1;
        at = end;
    }
    if digits == 0 {
        return None;
    }
    char::from_u32(code).map(|c| (c, at))
}

/// `amp`, after `&`.
fn named(text: &[u8], at: usize, nesting: u8) -> Option<(char, usize)> {
    NAMED.iter().find_map(|(name, c)| {
        let mut end = at;
        for letter in name.bytes() {
            end = expect(text, end, nesting, letter)?;
        }
        Some((*c, end))
    })
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
