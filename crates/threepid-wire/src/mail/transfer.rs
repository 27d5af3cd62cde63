//! Content transfer encodings and charsets, undone.
//!
//! Takes the bytes of a part, gives its text. It never refuses: what is malformed stays as it is, since a person's
//! mail program would show it too.

use std::borrow::Cow;

/// Undoes a content transfer encoding; `encoding` in lower case.
pub(super) fn decode<'a>(encoding: &str, body: &'a [u8]) -> Cow<'a, [u8]> {
    match encoding {
        "quoted-printable" => Cow::Owned(quoted_printable(body)),
        "base64" => Cow::Owned(base64(body)),
        _ => Cow::Borrowed(body),
    }
}

/// Bytes as text. An unknown charset, or none, is read as UTF-8.
pub(super) fn text(charset: &str, bytes: &[u8]) -> String {
    let encoding = encoding_rs::Encoding::for_label(charset.as_bytes())
        // Charsets that browsers refuse to decode are at least ASCII enough for a link.
        .filter(|encoding| *encoding != encoding_rs::REPLACEMENT)
        .unwrap_or(encoding_rs::UTF_8);
    encoding.decode(bytes).0.into_owned()
}

/// Undoes quoted-printable: soft line breaks are joined, white space before a line's end is dropped.
fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    // How many bytes at the end of `out` are white space that was written as such.
    let mut loose = 0;
    let mut at = 0;
    while at < body.len() {
        let rest = &body[at..];
        match rest[0] {
            b'=' => {
                if let Some(length) = soft_break(rest) {
                    at += length;
                } else if let Some(byte) = hex_pair(rest.get(1..3)) {
                    out.push(byte);
                    at += 3;
                } else {
                    out.push(b'=');
                    at += 1;
                }
                loose = 0;
                continue;
            }
            byte @ (b' ' | b'\t') => {
                out.push(byte);
                loose += 1;
            }
            b'\n' => {
                out.truncate(out.len() - loose);
                loose = 0;
                out.push(b'\n');
            }
            b'\r' if rest.get(1) == Some(&b'\n') => {
                out.truncate(out.len() - loose);
                loose = 0;
                out.push(b'\r');
            }
            byte => {
                out.push(byte);
                loose = 0;
            }
        }
        at += 1;
    }
    out
}

/// The length of a soft line break at the start of `rest`: `=`, white space, line end (or nothing more).
fn soft_break(rest: &[u8]) -> Option<usize> {
    let blank = rest[1..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    match &rest[1 + blank..] {
        [b'\r', b'\n', ..] => Some(blank + 3),
        [b'\n', ..] => Some(blank + 2),
        [] | [b'\r'] => Some(rest.len()),
        _ => None,
    }
}

fn hex_pair(pair: Option<&[u8]>) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    match pair? {
        [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
        _ => None,
    }
}

/// Undoes base64: what is not of the alphabet is skipped, padding ends a group, a cut last group gives what it holds.
fn base64(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in body {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                (bits, held) = (0, 0);
                continue;
            }
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn qp(body: &str) -> String {
        String::from_utf8(quoted_printable(body.as_bytes())).unwrap()
    }

    #[test]
    fn quoted_printable_lines_are_rejoined() {
        assert_eq!(qp("a=3Db=\r\nc=\n d \t\r\ne=  \r\nf=20\r\n"), "a=bc d\r\nef \r\n");
        assert_eq!(qp("end="), "end");
    }

    #[test]
    fn malformed_quoted_printable_stays_as_it_is() {
        assert_eq!(qp("a=ZZ b=4 c==3D ?a=b&c=d"), "a=ZZ b=4 c== ?a=b&c=d");
    }

    #[test]
    fn base64_survives_line_breaks_and_a_cut() {
        assert_eq!(base64(b"aGVs\r\nbG8g\r\n d29y bGQ="), b"hello world");
        assert_eq!(base64(b"aGVsbG8"), b"hello");
        assert_eq!(base64(b"aGk=aGk="), b"hihi");
        assert_eq!(base64(b"====\xff\0"), b"");
    }

    #[test]
    fn charsets_are_decoded_and_unknown_ones_are_read_as_utf_8() {
        assert_eq!(text("iso-8859-1", b"caf\xe9"), "café");
        assert_eq!(text("iso-2022-jp", b"\x1b$B3NG'\x1b(B ok"), "確認 ok");
        assert_eq!(text("utf-16le", b"h\0i\0"), "hi");
        assert_eq!(text("x-unknown", "café".as_bytes()), "café");
        assert_eq!(text("", b"\xff\xfe\xfd".as_slice()).chars().count(), 1, "a byte order mark decides");
        assert_eq!(text("hz-gb-2312", b"https://x.test"), "https://x.test");
    }
}
