//! Finds all secrets in a reading of a text in one pass.
//!
//! Takes the values of secrets; gives an automaton for all of them at once, and with it the places of each in a text.
//! Letters are compared without their case and without the white space between them, so that a token which was wrapped,
//! is in UTF-16 or was put in capitals is found by the same pass; what the match was is looked at afterwards. The time of
//! a pass grows with the text, not with the number of secrets. Never changes a text.

use std::collections::HashMap;
use std::ops::Range;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind};

use super::layers::Layers;
use super::limits::{LONGEST_REST, SHORTEST_BYTES};

/// A longer secret is searched for by its blocks.
const LONGEST_PATTERN: usize = 256;
/// How long a block is, and how far from the last one the next one begins: of a long secret that was cut off, less than
/// this may stay.
const BLOCK: usize = 32;
const STRIDE: usize = 4;
/// A longer secret is not searched for backwards or in hexadecimal.
const LONGEST_TURNED: usize = 1024;
/// How many bytes of white space at its ends belong to a secret.
const MOST_BLANKS: usize = 16;

/// How a secret was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum How {
    /// As it is, perhaps escaped or wrapped.
    Plain,
    /// With capitals for small letters, or the other way round.
    OtherCase,
    Reversed,
    Hex,
    /// Inside base64 that cannot be written anew.
    Base64,
    /// Its beginning, where a text was cut off.
    Cut,
}

impl How {
    pub(super) const TURNED: [How; 5] = [How::OtherCase, How::Reversed, How::Hex, How::Base64, How::Cut];

    /// What stands before the kind in a marker.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            How::Plain => "",
            How::OtherCase => "other-case-",
            How::Reversed => "reversed-",
            How::Hex => "hex-",
            How::Base64 => "base64-",
            How::Cut => "cut-",
        }
    }
}

/// Which secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// One with this number.
    Known(usize),
    /// One of another trial.
    Other(u64),
}

/// A secret in a text.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    pub(super) range: Range<usize>,
    pub(super) secret: Which,
    pub(super) how: How,
}

/// The automaton for all secrets.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    automaton: Option<NFA>,
    patterns: Vec<Pattern>,
    /// Whose each spelling is, case and all.
    spellings: HashMap<Box<[u8]>, usize>,
    starts: Starts,
    /// How many bytes the longest pattern has.
    longest: usize,
}

/// How patterns begin: where none of these stands, the automaton need not look.
#[derive(Debug, Clone, Default)]
struct Starts {
    /// A bit for each hash of the first bytes of a pattern.
    bits: Vec<u64>,
    /// How many bytes that are.
    len: usize,
}

impl Starts {
    const MOST_BYTES: usize = 4;
    const HASH_BITS: u32 = 16;

    fn of(texts: &[Vec<u8>]) -> Starts {
        let len = texts.iter().map(Vec::len).min().unwrap_or(0).min(Starts::MOST_BYTES);
        let mut starts = Starts { bits: vec![0; 1 << (Starts::HASH_BITS - 6)], len };
        for text in texts {
            let hash = Starts::hash(text[..len].iter().fold(0, |window, byte| window << 8 | u32::from(*byte)));
            starts.bits[hash >> 6] |= 1 << (hash & 63);
        }
        starts
    }

    fn hash(window: u32) -> usize {
        (window.wrapping_mul(0x9e37_79b1) >> (32 - Starts::HASH_BITS)) as usize
    }

    fn may_be(&self, window: u32) -> bool {
        let hash = Starts::hash(window);
        self.bits[hash >> 6] >> (hash & 63) & 1 == 1
    }
}

#[derive(Debug, Clone)]
struct Pattern {
    secret: usize,
    how: How,
    /// How many bytes must match.
    len: usize,
    /// How much white space the secret has at its ends, which is not among them.
    blanks: (usize, usize),
    /// If what is found must be the secret byte by byte.
    exact: bool,
    /// If no letter or digit may stand beside it.
    word: bool,
}

/// The byte to compare, or [`BLANK`] for what is passed over.
const FOLD: [u16; 256] = {
    let mut fold = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        // `byte` is below 256.
        #[expect(clippy::cast_possible_truncation, reason = "a byte")]
        let value = byte as u8;
        fold[byte] = match value {
            0 | b'\t' | b'\n' | b'\r' | b' ' | b'+' => BLANK,
            _ => value.to_ascii_lowercase() as u16,
        };
        byte += 1;
    }
    fold
};
/// White space; a plus, which is a space in a form; and the zeros of UTF-16.
const BLANK: u16 = 256;

fn is_blank(byte: u8) -> bool {
    FOLD[usize::from(byte)] == BLANK
}

fn folded(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().filter_map(|b| u8::try_from(FOLD[usize::from(*b)]).ok()).collect()
}

fn joined(bytes: &[u8]) -> Box<[u8]> {
    bytes.iter().copied().filter(|b| !is_blank(*b)).collect()
}

fn spaced(bytes: &[u8]) -> Box<[u8]> {
    bytes.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect()
}

/// A secret to search for.
pub(super) struct Wanted<'s> {
    pub(super) number: usize,
    pub(super) value: &'s str,
    /// If it is so short that it counts only where it stands alone.
    pub(super) word: bool,
}

impl Index {
    pub(super) fn of<'s>(secrets: impl Iterator<Item = Wanted<'s>>) -> Index {
        let mut builder = Builder::default();
        secrets.for_each(|secret| builder.secret(&secret));
        let Builder { mut index, texts, .. } = builder;
        if !texts.is_empty() {
            // It fails for more than two thousand million patterns.
            index.automaton = NFA::builder().match_kind(MatchKind::Standard).build(&texts).ok();
            index.starts = Starts::of(&texts);
            index.longest = texts.iter().map(Vec::len).max().unwrap_or(0);
        }
        index
    }

    /// Shows every secret in all layers of a text; of several that end at one place the longest.
    pub(super) fn find(&self, layers: &Layers<'_>, work: &mut u64, found: &mut Vec<Hit>) {
        if self.automaton.is_none() {
            return;
        }
        // What stands beside a match belongs to it: white space, or a letter that makes it none.
        let reach = self.longest + MOST_BLANKS + 1;
        for layer in layers.all() {
            let bytes = layers.bytes(layer);
            for part in layers.new_parts(layer, reach, |byte| !is_blank(byte)) {
                *work += part.len() as u64;
                self.search(bytes, part, |range, secret, how| {
                    found.push(Hit { range: layers.source(layer, range), secret: Which::Known(secret), how });
                });
            }
        }
    }

    /// Shows what is found in a part of a text.
    fn search(&self, bytes: &[u8], part: Range<usize>, mut found: impl FnMut(Range<usize>, usize, How)) {
        let Some(automaton) = &self.automaton else { return };
        let Ok(root) = automaton.start_state(Anchored::No) else { return };
        let mask = u32::MAX >> (8 * (Starts::MOST_BYTES - self.starts.len.max(1)));
        // Where the last bytes stood that were compared.
        let mut places = [0_usize; LONGEST_PATTERN];
        let mut compared = 0_usize;
        let mut at = part.start;
        while at < part.end {
            // At its root the automaton knows of no beginning; the next one is found without it.
            let (mut window, mut seen) = (0_u32, 0);
            let begin = loop {
                let Some(byte) = bytes[..part.end].get(at) else { return };
                if let Ok(byte) = u8::try_from(FOLD[usize::from(*byte)]) {
                    window = window << 8 | u32::from(byte);
                    seen += 1;
                    if seen >= self.starts.len && self.starts.may_be(window & mask) {
                        break self.first_of(bytes, at);
                    }
                }
                at += 1;
            };
            at = begin;
            let mut state = root;
            while at < part.end {
                let byte = bytes[at];
                at += 1;
                let Ok(byte) = u8::try_from(FOLD[usize::from(byte)]) else { continue };
                places[compared % LONGEST_PATTERN] = at - 1;
                compared += 1;
                state = automaton.next_state(Anchored::No, state, byte);
                if state == root {
                    break;
                }
                if automaton.is_special(state) && automaton.is_match(state) {
                    let begin = |pattern: &Pattern| places[(compared - pattern.len) % LONGEST_PATTERN];
                    let hit = self.accepted(automaton, state, bytes, at, begin);
                    if let Some((range, secret, how)) = hit {
                        found(range, secret, how);
                    }
                }
            }
        }
    }

    /// Where the bytes begin that a beginning of a pattern is made of, the last of which is at a place.
    fn first_of(&self, bytes: &[u8], last: usize) -> usize {
        let compared = (0..=last).rev().filter(|at| !is_blank(bytes[*at]));
        compared.take(self.starts.len.max(1)).last().unwrap_or(last)
    }

    /// The longest match that ends at a place and is one.
    fn accepted(
        &self,
        automaton: &NFA,
        state: StateID,
        bytes: &[u8],
        end: usize,
        begin: impl Fn(&Pattern) -> usize,
    ) -> Option<(Range<usize>, usize, How)> {
        (0..automaton.match_len(state)).find_map(|index| {
            let pattern = &self.patterns[automaton.match_pattern(state, index).as_usize()];
            self.accept(pattern, bytes, begin(pattern)..end)
        })
    }

    fn accept(&self, pattern: &Pattern, bytes: &[u8], range: Range<usize>) -> Option<(Range<usize>, usize, How)> {
        let (mut start, mut end) = (range.start, range.end);
        let before = bytes[..start].iter().rev().take(pattern.blanks.0).take_while(|b| is_blank(**b)).count();
        let after = bytes[end..].iter().take(pattern.blanks.1).take_while(|b| is_blank(**b)).count();
        start -= before;
        end += after;
        let there = &bytes[start..end];
        let beside = |at: Option<&u8>| at.is_some_and(u8::is_ascii_alphanumeric);
        if pattern.word && (beside(start.checked_sub(1).map(|at| &bytes[at])) || beside(bytes.get(end))) {
            return None;
        }
        if pattern.how != How::Plain {
            return Some((start..end, pattern.secret, pattern.how));
        }
        if let Some(secret) = self.spellings.get(there) {
            return Some((start..end, *secret, How::Plain));
        }
        // In a form a plus is a space.
        if let Some(secret) = self.spellings.get(&spaced(there)) {
            return Some((start..end, *secret, How::Plain));
        }
        if pattern.exact {
            return None;
        }
        let wrapped = self.spellings.get(&joined(there));
        Some(wrapped.map_or((start..end, pattern.secret, How::OtherCase), |secret| (start..end, *secret, How::Plain)))
    }
}

#[derive(Default)]
struct Builder {
    index: Index,
    texts: Vec<Vec<u8>>,
    known: HashMap<Vec<u8>, usize>,
}

impl Builder {
    fn secret(&mut self, secret: &Wanted<'_>) {
        let number = secret.number;
        let value = secret.value.as_bytes();
        self.plain(number, value, secret.word);
        if secret.word {
            return;
        }
        // What is decoded in the text is decoded in a secret that looks like it.
        let layers = Layers::of(value, &mut 0);
        layers.all().flatten().for_each(|layer| self.plain(number, layers.bytes(Some(layer)), false));
        if value.len() > LONGEST_TURNED {
            return;
        }
        if !value.is_ascii() {
            let units: Vec<u16> = secret.value.encode_utf16().collect();
            self.plain(number, &units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<_>>(), false);
            self.plain(number, &units.iter().flat_map(|unit| unit.to_be_bytes()).collect::<Vec<_>>(), false);
            // Mail may be in ISO 8859-1, where a character is one byte.
            let latin: Option<Vec<u8>> = secret.value.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
            latin.into_iter().for_each(|latin| self.plain(number, &latin, false));
        }
        let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
        self.pattern(number, How::Hex, hex.as_bytes(), false);
        let reversed: String = secret.value.chars().rev().collect();
        self.pattern(number, How::Reversed, reversed.as_bytes(), false);
    }

    fn plain(&mut self, number: usize, value: &[u8], word: bool) {
        self.index.spellings.entry(value.into()).or_insert(number);
        self.index.spellings.entry(spaced(value)).or_insert(number);
        self.index.spellings.entry(joined(value)).or_insert(number);
        self.pattern(number, How::Plain, value, word);
    }

    fn pattern(&mut self, number: usize, how: How, value: &[u8], word: bool) {
        let text = folded(value);
        if text.len() <= LONGEST_PATTERN {
            let blanks = |bytes: &mut dyn Iterator<Item = &u8>| bytes.take_while(|b| is_blank(**b)).count();
            let exact = word || text.len() < SHORTEST_BYTES;
            let pattern = Pattern {
                secret: number,
                how,
                len: text.len(),
                blanks: (
                    blanks(&mut value.iter().take(MOST_BLANKS)),
                    blanks(&mut value.iter().rev().take(MOST_BLANKS)),
                ),
                exact,
                word,
            };
            // What is short for being turned would be found anywhere.
            if !text.is_empty() && (how == How::Plain || !exact) {
                self.add(text, pattern);
            }
            return;
        }
        let case_kept = joined(value);
        let last = text.len() - BLOCK;
        for start in (0..last).step_by(STRIDE).chain([last]) {
            let block = start..start + BLOCK;
            self.index.spellings.entry(case_kept[block.clone()].into()).or_insert(number);
            let pattern = Pattern { secret: number, how, len: BLOCK, blanks: (0, 0), exact: false, word: false };
            self.add(text[block].to_vec(), pattern);
        }
    }

    fn add(&mut self, text: Vec<u8>, pattern: Pattern) {
        if let Some(known) = self.known.get(&text) {
            // Of two that are alike the one that asks for less is kept, whose other spelling is still told apart.
            let known = &mut self.index.patterns[*known];
            known.blanks = (known.blanks.0.max(pattern.blanks.0), known.blanks.1.max(pattern.blanks.1));
            known.exact &= pattern.exact;
            known.word &= pattern.word;
            return;
        }
        self.known.insert(text.clone(), self.index.patterns.len());
        self.index.patterns.push(pattern);
        self.texts.push(text);
    }
}

/// How a secret of this value begins, as it is, in hexadecimal and backwards.
pub(super) fn beginnings(value: &str) -> [Vec<u8>; 3] {
    [
        value.bytes().take(LONGEST_REST).collect(),
        value.bytes().take(LONGEST_REST / 2).flat_map(|byte| format!("{byte:02x}").into_bytes()).collect(),
        value.bytes().rev().take(LONGEST_REST).collect(),
    ]
}
