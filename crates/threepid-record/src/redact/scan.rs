//! Finds secrets in a text, in every spelling but base64.
//!
//! One pass from left to right. Most places are passed over by one look into a table; only where a secret or a
//! spelling may start is anything compared. Searching for what is known, character by character, instead of decoding
//! the text first, is what lets spellings mix: a text need not be valid in any encoding to be searched.

use super::spelling::{Reading, introduces, readings};
use super::{PREFIX, Redactor, Secret, is_marker};

/// How much of a long secret must match. What follows is taken as far as it matches, so a long one cut off at the end
/// of a text is found too, and a server cannot make the search slow with a `sid` of a megabyte.
const HEAD_BYTES: usize = 256;

/// How often the way may fork before the search gives up: an honest text forks a few times, one made of nothing but
/// percent signs would fork at each of them.
const MOST_FORKS: usize = 512;

impl Redactor {
    /// The text with secrets replaced, or `None` if there was none.
    pub(super) fn scan(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut search = Search::default();
        let mut output = Vec::new();
        let mut copied = 0;
        let mut at = 0;
        while at < text.len() {
            let Some((mut secret, mut end)) = self.at(text, at, None, &mut search) else {
                // A marker is no secret, though a short secret (`client`) may stand in it.
                at += marker_len(&text[at..]).max(1);
                continue;
            };
            // Another secret may start inside this one and reach beyond it: none of its tail may stay.
            let mut inside = end.saturating_sub(HEAD_BYTES).max(at + 1);
            while inside < end {
                if let Some((other, further)) = self.at(text, inside, Some(secret), &mut search)
                    && further > end
                {
                    end = further;
                    if other.value.len() > secret.value.len() {
                        secret = other;
                    }
                }
                inside += 1;
            }
            output.extend_from_slice(&text[copied..at]);
            output.extend_from_slice(secret.marker.as_bytes());
            copied = end;
            at = end;
        }
        if copied == 0 {
            return None;
        }
        output.extend_from_slice(&text[copied..]);
        Some(output)
    }

    /// The longest secret (but for one) that starts at a place, and where it ends.
    fn at<'s>(
        &'s self,
        text: &[u8],
        at: usize,
        but: Option<&Secret>,
        search: &mut Search,
    ) -> Option<(&'s Secret, usize)> {
        let byte = text[at];
        let mut possible = self.starts[usize::from(byte)];
        if !possible && introduces(byte) {
            search.readings.clear();
            readings(text, at, &mut search.readings);
            possible =
                search.readings.iter().any(|r| r.as_bytes().first().is_some_and(|b| self.starts[usize::from(*b)]));
        }
        if !possible || (byte == PREFIX.as_bytes()[0] && marker_len(&text[at..]) > 0) {
            return None;
        }
        // The look ahead spares nearly every search: two characters that are plain must be the secret's first two.
        let next = text.get(at + 1).copied().filter(|b| !introduces(*b));
        let plausible = |secret: &&Secret| {
            let value = &secret.value;
            (introduces(byte) || (byte == value[0] && next.is_none_or(|next| next == value[1])))
                && but.is_none_or(|but| but.marker != secret.marker)
        };
        let mut secrets = self.secrets.iter().filter(plausible);
        secrets.find_map(|secret| search.end(text, at, &secret.value).map(|end| (secret, end)))
    }
}

/// How long the marker is that stands at the start of a text; 0 if none does.
fn marker_len(text: &[u8]) -> usize {
    if !text.starts_with(PREFIX.as_bytes()) {
        return 0;
    }
    let len = text.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').count();
    // What follows without a break (`REDACTED-token-1-and-more`) is not part of it.
    let Ok(word) = std::str::from_utf8(&text[..len]) else {
        return 0;
    };
    let mut end = PREFIX.len();
    for part in word[PREFIX.len()..].split_inclusive('-') {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 && is_marker(&word[..end + digits]) {
            return end + digits;
        }
        end += part.len();
    }
    0
}

/// Buffers that are used again for every place.
#[derive(Default)]
struct Search {
    readings: Vec<Reading>,
    /// Places still to be tried: how much of the secret has matched, and where in the text that ended.
    todo: Vec<(usize, usize)>,
    /// Places where the way forked, so that none is tried twice.
    seen: Vec<(usize, usize)>,
}

impl Search {
    /// Where `secret` ends if it starts at `start` in any spelling. Of several ends the last: a `%` at the end of a
    /// secret may stand for itself or start a `%25`, and a rest of `25` would make the marker another one.
    fn end(&mut self, text: &[u8], start: usize, secret: &[u8]) -> Option<usize> {
        let mut best = None;
        self.seen.clear();
        self.todo.clear();
        self.todo.push((0, start));
        while let Some((mut matched, mut at)) = self.todo.pop() {
            loop {
                if matched == secret.len() {
                    best = best.max(Some(at));
                    break;
                }
                if matched >= HEAD_BYTES {
                    best = best.max(Some(at));
                }
                let Some(&byte) = text.get(at) else { break };
                if introduces(byte) {
                    if self.seen.len() == MOST_FORKS || self.seen.contains(&(matched, at)) {
                        break;
                    }
                    self.seen.push((matched, at));
                    self.readings.clear();
                    readings(text, at, &mut self.readings);
                    for reading in &self.readings {
                        let bytes = reading.as_bytes();
                        // A soft break reads as nothing; before the first character it belongs to what precedes.
                        if secret[matched..].starts_with(bytes) && (matched > 0 || !bytes.is_empty()) {
                            self.todo.push((matched + bytes.len(), reading.end));
                        }
                    }
                }
                if byte != secret[matched] {
                    // A mail that was wrapped by force, or flows, has line ends where the secret has none.
                    match line_end(text, at) {
                        Some(end) if matched > 0 => {
                            at = end;
                            continue;
                        }
                        _ => break,
                    }
                }
                matched += 1;
                at += 1;
            }
        }
        best
    }
}

/// Where a line end that begins at `at` ends, with the one blank that may stand before it.
fn line_end(text: &[u8], at: usize) -> Option<usize> {
    let start = if text.get(at) == Some(&b' ') { at + 1 } else { at };
    match text.get(start..)? {
        [b'\r', b'\n', ..] => Some(start + 2),
        [b'\n', ..] => Some(start + 1),
        _ => None,
    }
}
