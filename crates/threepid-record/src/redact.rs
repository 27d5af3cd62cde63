//! Removes secrets from what is written down, by their value and in every spelling they may have.
//!
//! Takes the secrets of a run (passwords, tokens, sessions, client secrets) and a text or a trial's record.
//! Gives the same text with each secret replaced by a marker: `REDACTED-client-secret-1`. The same secret always
//! gets the same marker and different secrets different ones, so a wrong value still shows as a wrong value; and a
//! marker keeps to the characters that the specification allows for a client secret, so that a record can be judged
//! again after redaction.
//!
//! It knows these spellings, nested up to three deep and with any subset of the characters encoded: verbatim,
//! percent and form encoding, JSON escapes, HTML entities, quoted-printable with soft line breaks, and base64 of a
//! text around the secret in both alphabets, at any alignment, folded or not; also wrapped over lines by force. It does
//! not know compression, encryption, hashes, or an RFC 2047 header whose encoded words cut a secret in two.
//!
//! It never imports anything but `model`, does no I/O, and never decides what is a secret.

mod base64;
mod record;
mod scan;
mod spelling;

use std::borrow::Cow;
use std::collections::HashMap;

/// The shortest value that is replaced, in bytes. A shorter one (a `sid` of `7`, say) stands in too many innocent
/// places; replacing it would garble the text without hiding anything.
pub const SHORTEST_BYTES: usize = 6;

/// What every marker starts with.
const PREFIX: &str = "REDACTED-";

/// Knows the secrets and replaces them.
///
/// ```
/// let mut redactor = threepid_record::redact::Redactor::new();
/// assert!(redactor.add("client_secret", "d0nt.tell"));
/// assert_eq!(redactor.text("?client_secret=d0nt%2Etell"), "?client_secret=REDACTED-client-secret-1");
/// ```
#[derive(Debug, Clone)]
pub struct Redactor {
    /// Longest value first: of two secrets that start at the same place, the longer one is meant.
    secrets: Vec<Secret>,
    /// How many secrets of each kind there are; the next one gets the next number.
    counts: HashMap<String, usize>,
    /// Whether a secret (or a marker, which must be stepped over) starts with this byte.
    starts: [bool; 256],
}

/// One secret.
#[derive(Debug, Clone)]
struct Secret {
    value: Box<[u8]>,
    marker: Box<str>,
}

impl Default for Redactor {
    fn default() -> Self {
        Redactor::new()
    }
}

impl Redactor {
    /// Knows no secret yet.
    pub fn new() -> Redactor {
        let mut starts = [false; 256];
        starts[usize::from(PREFIX.as_bytes()[0])] = true;
        Redactor { secrets: Vec::new(), counts: HashMap::new(), starts }
    }

    /// Adds a secret; `kind` (`client_secret`, `session`, …) names it in its marker.
    ///
    /// Gives `false`, and leaves the value alone, if it is shorter than [`SHORTEST_BYTES`]. A value that is known
    /// keeps its first marker, and a marker is no secret, so adding either again is `true` and changes nothing.
    pub fn add(&mut self, kind: &str, value: &str) -> bool {
        if value.len() < SHORTEST_BYTES {
            return false;
        }
        if is_marker(value) || self.marker(value).is_some() {
            return true;
        }
        let kind: String =
            kind.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
        let count = self.counts.entry(kind.clone()).or_insert(0);
        *count += 1;
        let marker = format!("{PREFIX}{kind}-{count}").into_boxed_str();
        self.starts[usize::from(value.as_bytes()[0])] = true;
        let place = self.secrets.partition_point(|s| s.value.len() >= value.len());
        self.secrets.insert(place, Secret { value: value.as_bytes().into(), marker });
        true
    }

    /// What stands for a secret, if it is known.
    pub fn marker(&self, value: &str) -> Option<&str> {
        self.secrets.iter().find(|s| &*s.value == value.as_bytes()).map(|s| &*s.marker)
    }

    /// How many secrets are known.
    pub fn len(&self) -> usize {
        self.secrets.len()
    }

    /// Whether no secret is known.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// The text without secrets.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.bytes(text.as_bytes()) {
            None => Cow::Borrowed(text),
            // A match starts and ends where a character does, so what is left is text; but should that ever be
            // wrong, a broken character is better than a secret.
            Some(bytes) => Cow::Owned(
                String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()),
            ),
        }
    }

    /// The bytes without secrets, or `None` if there was none in them.
    fn bytes(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        if self.secrets.is_empty() || bytes.len() < SHORTEST_BYTES {
            return None;
        }
        let scanned = self.scan(bytes);
        let decoded = self.within_base64(scanned.as_deref().unwrap_or(bytes));
        decoded.or(scanned)
    }
}

/// Whether a value is a marker of this or of an earlier run.
fn is_marker(value: &str) -> bool {
    value
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.rsplit_once('-'))
        .is_some_and(|(kind, number)| !kind.is_empty() && number.parse::<usize>().is_ok())
}

#[cfg(test)]
mod tests;
