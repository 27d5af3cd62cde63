//! Finds secrets inside base64: the body of a mail, a `Basic` authorization, a token that wraps another.
//!
//! Takes a text and the runs of base64 characters in it; searches them like any text. A run that has a secret is redacted and encoded again in the same alphabet and folded as it was, so
//! that a mail can still be read as a mail. Never looks deeper than it is told.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::runs::{PHASES, Run, Runs, decode, value};
use super::search::{Hit, How};
use super::{Kind, Redactor};

impl Redactor {
    /// The text with secrets replaced inside its base64, or `None` if there was none.
    pub(super) fn within_base64(&self, text: &[u8], depth: u8, work: &mut u64) -> Option<Vec<u8>> {
        let runs = Runs::of(text);
        let mut found: Vec<(usize, usize)> = Vec::new();
        for phase in 0..PHASES {
            let decoded = runs.decode(phase);
            let hits = self.all(&decoded.bytes, depth - 1, work);
            found.extend(hits.iter().filter_map(|hit| decoded.run(hit.range.start)).map(|run| (run, phase)));
        }
        found.sort_unstable();
        found.dedup_by_key(|(run, _)| *run);
        let mut output = Vec::new();
        let mut copied = 0;
        for (index, phase) in found {
            let run = &runs.runs[index];
            let source = &text[run.source.clone()];
            if let Some(clean) = self.clean(run, &runs.symbols.bytes[run.symbols.clone()], source, phase, depth, work) {
                output.extend_from_slice(&text[copied..run.source.start]);
                output.extend_from_slice(&clean);
                copied = run.source.end;
            }
        }
        if copied == 0 {
            return None;
        }
        output.extend_from_slice(&text[copied..]);
        Some(output)
    }

    /// The places of secrets in the base64 of a text.
    pub(super) fn base64_hits(&self, text: &[u8], depth: u8, work: &mut u64) -> Vec<Hit> {
        self.hits_in(&Runs::of(text), depth, work)
    }

    /// The places of secrets in these runs.
    pub(super) fn hits_in(&self, runs: &Runs, depth: u8, work: &mut u64) -> Vec<Hit> {
        let mut found = Vec::new();
        for phase in 0..PHASES {
            let decoded = runs.decode(phase);
            for hit in self.all(&decoded.bytes, depth - 1, work) {
                if let Some(range) = decoded.source(runs, phase, &hit.range) {
                    found.push(Hit { range, secret: hit.secret, how: How::Base64 });
                }
            }
        }
        found
    }

    /// A run without secrets, or `None` if it has none.
    fn clean(
        &self,
        run: &Run,
        symbols: &[u8],
        source: &[u8],
        phase: usize,
        depth: u8,
        work: &mut u64,
    ) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        decode(symbols.get(phase..)?, &mut bytes);
        let bytes = self.redact(&bytes, depth - 1, Kind::Text, work)?;
        let url_safe = source.iter().any(|b| matches!(b, b'-' | b'_'));
        let encoded = if url_safe { URL_SAFE_NO_PAD.encode(&bytes) } else { STANDARD_NO_PAD.encode(&bytes) };
        let mut text: Vec<u8> = source.iter().copied().filter(|b| value(*b).is_some()).take(phase).collect();
        text.extend_from_slice(encoded.as_bytes());
        // A run of whole groups does not show whether it would be padded; mail and headers are.
        let padded = source.ends_with(b"=") || (!url_safe && (symbols.len() - phase).is_multiple_of(4));
        if padded {
            text.resize(text.len() + (4 - encoded.len() % 4) % 4, b'=');
        }
        let Some(fold) = &run.fold else {
            return Some(text);
        };
        let lines: Vec<&[u8]> = text.chunks(fold.width.max(4)).collect();
        Some(lines.join(&fold.line_end[..]))
    }
}
