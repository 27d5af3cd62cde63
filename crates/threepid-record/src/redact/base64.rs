//! Finds secrets inside base64: the body of a mail, a `Basic` authorization, a token that wraps another.
//!
//! Each run of base64 characters is decoded at all four places its first group could start, because a run may begin
//! with something else (`basic-c2Vj…`); where the decoded bytes hold a secret they are redacted and encoded again, in
//! the same alphabet and folded as they were, so that a mail can still be read as a mail.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::{Redactor, SHORTEST_BYTES};

/// The shortest run that can hold a secret.
const SHORTEST_RUN: usize = SHORTEST_BYTES * 8 / 6;

impl Redactor {
    /// The text with secrets replaced inside its base64, or `None` if there was none.
    pub(super) fn within_base64(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut output = Vec::new();
        let mut copied = 0;
        let mut at = 0;
        let mut run = Run::default();
        while at < text.len() {
            if value(text[at]).is_none() {
                at += 1;
                continue;
            }
            let start = at;
            at = run.read(text, at);
            if run.values.len() < SHORTEST_RUN {
                continue;
            }
            if let Some(clean) = self.clean(&run, &text[start..at]) {
                output.extend_from_slice(&text[copied..start]);
                output.extend_from_slice(&clean);
                copied = at;
            }
        }
        if copied == 0 {
            return None;
        }
        output.extend_from_slice(&text[copied..]);
        Some(output)
    }

    /// A run without secrets, or `None` if it has none.
    fn clean(&self, run: &Run, source: &[u8]) -> Option<Vec<u8>> {
        let (skipped, bytes) = (0..4).find_map(|skipped| {
            let bytes = decode(run.values.get(skipped..)?);
            self.scan(&bytes).map(|clean| (skipped, clean))
        })?;
        let url_safe = source.iter().any(|b| matches!(b, b'-' | b'_'));
        let encoded = if url_safe { URL_SAFE_NO_PAD.encode(&bytes) } else { STANDARD_NO_PAD.encode(&bytes) };
        let mut symbols: Vec<u8> = source.iter().copied().filter(|b| value(*b).is_some()).take(skipped).collect();
        symbols.extend_from_slice(encoded.as_bytes());
        // A run of whole groups does not show whether it would be padded; mail and headers are.
        let padded = source.ends_with(b"=") || (!url_safe && (run.values.len() - skipped).is_multiple_of(4));
        if padded {
            symbols.resize(symbols.len() + (4 - encoded.len() % 4) % 4, b'=');
        }
        let Some(fold) = &run.fold else {
            return Some(symbols);
        };
        let lines: Vec<&[u8]> = symbols.chunks(fold.width.max(4)).collect();
        Some(lines.join(&fold.line_end[..]))
    }
}

/// One run of base64 characters, perhaps over several lines.
#[derive(Default)]
struct Run {
    values: Vec<u8>,
    fold: Option<Fold>,
}

struct Fold {
    width: usize,
    line_end: Vec<u8>,
}

impl Run {
    /// Reads the run that starts at `at`, padding included; gives where it ends.
    fn read(&mut self, text: &[u8], mut at: usize) -> usize {
        self.values.clear();
        self.fold = None;
        while let Some(&byte) = text.get(at) {
            if let Some(value) = value(byte) {
                self.values.push(value);
                at += 1;
                continue;
            }
            let line_end = [&b"\r\n"[..], b"\n", b"\\r\\n", b"\\n"].into_iter().find(|e| text[at..].starts_with(e));
            let Some(line_end) = line_end else { break };
            let next = at + line_end.len();
            if text.get(next).is_none_or(|b| value(*b).is_none()) {
                break;
            }
            let width = self.values.len();
            self.fold.get_or_insert_with(|| Fold { width, line_end: line_end.to_vec() });
            at = next;
        }
        at + text[at..].iter().take(2).take_while(|b| **b == b'=').count()
    }
}

/// The six bits of a base64 character, of either alphabet.
fn value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// The bytes of a run; a last group of one character says nothing and is dropped.
fn decode(values: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(values.len() * 3 / 4);
    for group in values.chunks(4) {
        let bits = group.iter().fold(0_u32, |bits, v| bits << 6 | u32::from(*v)) << (6 * (4 - group.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len().max(1)]);
    }
    bytes
}
