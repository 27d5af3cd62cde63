//! The base64 in a text.
//!
//! Takes a text; gives the runs of base64 characters in it, decoded at all four places a run's first group could start,
//! because it may begin with something else (`basic-c2Vj…`). All runs are decoded into one buffer, with the way back to
//! where they stand. Never decides whether something is meant as base64.

use std::ops::Range;

use super::limits::SHORTEST_BYTES;
use super::view::View;

/// The shortest run that can hold a secret.
const SHORTEST_RUN: usize = SHORTEST_BYTES * 8 / 6;
/// How many characters of a run may stand before the first group.
pub(super) const PHASES: usize = 4;
/// Stands between runs; no text and no secret has it.
const BETWEEN: &[u8] = &[0xff, 0xfe, 0xff];

/// All runs of base64 characters in a text that could hold a secret.
pub(super) struct Runs {
    /// The six bits of each character.
    pub(super) symbols: View,
    pub(super) runs: Vec<Run>,
}

/// One run, perhaps over several lines.
pub(super) struct Run {
    pub(super) symbols: Range<usize>,
    /// Where it stands, padding included.
    pub(super) source: Range<usize>,
    pub(super) fold: Option<Fold>,
}

/// How a run was folded.
pub(super) struct Fold {
    pub(super) width: usize,
    pub(super) line_end: Vec<u8>,
}

impl Runs {
    pub(super) fn of(text: &[u8]) -> Runs {
        Runs::wanted(text, |_| true)
    }

    /// Those that are wanted, by where they stand.
    pub(super) fn wanted(text: &[u8], wanted: impl Fn(&Range<usize>) -> bool) -> Runs {
        let mut all = Runs { symbols: View::default(), runs: Vec::new() };
        let mut at = 0;
        while let Some(before) = text[at..].iter().position(|byte| VALUES[usize::from(*byte)] != NO_VALUE) {
            at = all.read(text, at + before, &wanted);
        }
        all.symbols.bytes.iter_mut().for_each(|symbol| *symbol = value(*symbol).unwrap_or_default());
        all
    }

    /// Reads the run that starts at `start`, padding included; gives where it ends.
    fn read(&mut self, text: &[u8], start: usize, wanted: &impl Fn(&Range<usize>) -> bool) -> usize {
        let begin = self.symbols.bytes.len();
        let first = start + length(&text[start..]);
        let mut end = first;
        let mut others: Vec<Range<usize>> = Vec::new();
        let mut len = end - start;
        let mut fold = None;
        while let Some(line_end) = line_end(&text[end..]) {
            fold.get_or_insert_with(|| Fold { width: len, line_end: text[end..end + line_end].to_vec() });
            let line = end + line_end;
            end = line + length(&text[line..]);
            len += end - line;
            others.push(line..end);
        }
        if len >= SHORTEST_RUN && wanted(&(start..end)) {
            self.symbols.copy(text, start..first);
            others.into_iter().for_each(|line| self.symbols.copy(text, line));
            let padding = text[end..].iter().take(2).take_while(|b| **b == b'=').count();
            self.runs.push(Run { symbols: begin..begin + len, source: start..end + padding, fold });
        }
        end
    }

    /// All runs, each decoded from its `phase`th character on.
    pub(super) fn decode(&self, phase: usize) -> Decoded {
        let mut decoded = Decoded { bytes: Vec::with_capacity(self.symbols.bytes.len()), runs: Vec::new() };
        for run in &self.runs {
            decoded.runs.push(decoded.bytes.len());
            decode(&self.symbols.bytes[run.symbols.start + phase..run.symbols.end], &mut decoded.bytes);
            decoded.bytes.extend_from_slice(BETWEEN);
        }
        decoded
    }
}

/// The runs of a text, decoded, one after the other.
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    /// Where each begins.
    runs: Vec<usize>,
}

impl Decoded {
    /// Which run a byte is of.
    pub(super) fn run(&self, at: usize) -> Option<usize> {
        self.runs.partition_point(|begin| *begin <= at).checked_sub(1)
    }

    /// What was decoded to a range.
    pub(super) fn source(&self, runs: &Runs, phase: usize, range: &Range<usize>) -> Option<Range<usize>> {
        let index = self.run(range.start)?;
        let (begin, run) = (self.runs[index], &runs.runs[index]);
        let first = run.symbols.start + phase;
        let start = first + (range.start - begin) * 8 / 6;
        let end = first + ((range.end - begin) * 8).div_ceil(6);
        Some(runs.symbols.source(&(start..end.min(run.symbols.end))))
    }
}

/// How long the line end at the start of a text is, with the indentation of the next line, if base64 goes on there. It
/// may be written in JSON.
fn line_end(text: &[u8]) -> Option<usize> {
    let ends = [&b"\r\n"[..], b"\n", b"\\r\\n", b"\\n"];
    let end = ends.into_iter().find(|end| text.starts_with(end))?.len();
    let indentation = text[end..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let next = text.get(end + indentation)?;
    value(*next).map(|_| end + indentation)
}

/// How many characters of base64 a text begins with.
fn length(text: &[u8]) -> usize {
    text.iter().position(|byte| VALUES[usize::from(*byte)] == NO_VALUE).unwrap_or(text.len())
}

/// The six bits of each character of base64, of either alphabet; [`NO_VALUE`] for all others.
const VALUES: [u8; 256] = {
    let mut values = [NO_VALUE; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut at = 0;
    while at < 64 {
        // There are 64 of them.
        #[expect(clippy::cast_possible_truncation, reason = "below 64")]
        let value = at as u8;
        values[alphabet[at] as usize] = value;
        at += 1;
    }
    values[b'-' as usize] = 62;
    values[b'_' as usize] = 63;
    values
};
const NO_VALUE: u8 = 64;

/// The six bits of a base64 character, of either alphabet.
pub(super) fn value(byte: u8) -> Option<u8> {
    Some(VALUES[usize::from(byte)]).filter(|value| *value != NO_VALUE)
}

/// Appends the bytes of a run; a last group of one character says nothing and is dropped.
pub(super) fn decode(symbols: &[u8], bytes: &mut Vec<u8>) {
    for group in symbols.chunks(4) {
        let bits = group.iter().fold(0_u32, |bits, v| bits << 6 | u32::from(*v)) << (6 * (4 - group.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len().max(1)]);
    }
}

/// Shows what is base64 in a text, decoded in each way it can be.
pub(super) fn decoded(text: &[u8], mut each: impl FnMut(&[u8])) {
    let runs = Runs::of(text);
    if runs.runs.is_empty() {
        return;
    }
    (0..PHASES).for_each(|phase| each(&runs.decode(phase).bytes));
}

/// Shows the base64 that a text ends with, decoded in each way it can be, with where in the text a decoded byte begins.
pub(super) fn last(text: &[u8], mut each: impl FnMut(&[u8], &dyn Fn(usize) -> usize)) {
    let runs = Runs::of(text);
    let Some(run) = runs.runs.last().filter(|run| run.source.end == text.len()) else { return };
    for phase in 0..PHASES {
        let first = run.symbols.start + phase;
        let mut bytes = Vec::new();
        decode(&runs.symbols.bytes[first..run.symbols.end], &mut bytes);
        each(&bytes, &|at| runs.symbols.source(&(first + at * 8 / 6..run.symbols.end)).start);
    }
}
