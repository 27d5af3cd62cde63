//! Removes secrets from what is written down, by their value and in every spelling they may have.
//!
//! Takes the secrets of a run (passwords, tokens, sessions, client secrets) and a text or a trial's record.
//! Gives the same text with each secret replaced by a marker: `REDACTED-client-secret-1`. The same secret always
//! gets the same marker and different secrets different ones, so a wrong value still shows as a wrong value; and a
//! marker keeps to the characters that the specification allows for a client secret, so that a record can be judged
//! again after redaction. Never does I/O; what is a secret is for [`collect`] to find out.
//!
//! A text is read in layers: as it is, and with each layer of escapes (percent, JSON, HTML, quoted-printable) decoded; one
//! pass over each, where it reads otherwise than the text, finds all secrets at once, whatever their number, and leads back
//! to where they stand in the text. So the time grows with the text alone, whatever is in it. Found are: every mix of these escapes up to four deep, base64
//! in both alphabets at any alignment and up to twice, hexadecimal, UTF-16, other case, reversed, and wrapped over lines.
//! It does not know compression, encryption, hashes, or an RFC 2047 header whose encoded words cut a secret in two.

mod base64;
pub mod collect;
mod cut;
mod escapes;
mod layers;
mod limits;
mod named;
mod others;
mod record;
mod runs;
mod search;
mod view;
mod words;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use layers::Layers;
use limits::MOST_BASE64;
pub use limits::{LONGEST_BYTES, SHORTEST_BYTES};
pub use named::{Named, is_secret_name, named, readings};
pub use others::Others;
use runs::Runs;
use search::{Hit, How, Index, Wanted, Which, beginnings};
use words::Words;

/// What every marker starts with.
const PREFIX: &str = "REDACTED-";

/// How long the kind in a marker may be.
const LONGEST_KIND: usize = 40;

/// What says that something is left out.
const ELLIPSIS: &str = "…";
/// At how many places of a text that is looked for.
const MOST_CUTS: usize = 64;
/// How long what follows [`PREFIX`] may be.
const LONGEST_MARKER: usize = LONGEST_KIND + 40;

/// Knows the secrets and replaces them.
///
/// ```
/// let mut redactor = threepid_record::redact::Redactor::new();
/// assert!(redactor.add("client_secret", "d0nt.tell"));
/// assert_eq!(redactor.text("?client_secret=d0nt%2Etell"), "?client_secret=REDACTED-client-secret-1");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    secrets: Vec<Secret>,
    numbers: HashMap<Box<str>, usize>,
    markers: HashSet<Box<str>>,
    /// How many secrets of each kind there are; the next one gets the next number.
    counts: HashMap<String, usize>,
    index: OnceLock<Arc<Index>>,
    /// How each secret that may stand anywhere begins, with its number.
    beginnings: OnceLock<Arc<Vec<Beginning>>>,
    /// The secrets of the whole run.
    run: Option<Arc<Redactor>>,
    /// Those of the run's other trials.
    others: Option<Arc<Words>>,
}

/// The number of a secret, and what it begins with.
type Beginning = (usize, Vec<u8>);

/// One secret.
#[derive(Debug, Clone)]
struct Secret {
    value: Box<str>,
    /// The kind and the number: `client-secret-1`.
    marker: Box<str>,
    scope: Scope,
}

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Body,
    /// A body whose end is missing.
    CutBody,
    /// What quotes others and says with `…` where it leaves something out.
    Excerpt,
}

/// Where a secret is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    /// Only under its name.
    Named,
    /// Where it stands alone.
    Word,
    Everywhere,
}

impl Redactor {
    /// Knows no secret yet.
    pub fn new() -> Redactor {
        Redactor::default()
    }

    /// Adds a secret; `kind` (`client_secret`, `session`, …) names it in its marker.
    ///
    /// Gives `false` if it is shorter than [`SHORTEST_BYTES`] or longer than [`LONGEST_BYTES`]: then it is replaced only
    /// where it stands under its name in a body. A value that is known keeps its first marker.
    pub fn add(&mut self, kind: &str, value: &str) -> bool {
        let everywhere = (SHORTEST_BYTES..=LONGEST_BYTES).contains(&value.len());
        self.insert(kind, value, if everywhere { Scope::Everywhere } else { Scope::Named });
        everywhere
    }

    /// Adds a secret that is replaced only where no letter or digit stands beside it: a short one, or one that looks like
    /// a common word.
    pub fn add_word(&mut self, kind: &str, value: &str) {
        self.insert(kind, value, Scope::Word);
    }

    /// Adds a secret that is replaced only where it stands under its name in a body.
    pub fn add_named(&mut self, kind: &str, value: &str) {
        self.insert(kind, value, Scope::Named);
    }

    fn insert(&mut self, kind: &str, value: &str, scope: Scope) {
        let known_to_run = self.run.as_ref().and_then(|run| run.number(value)).map(|number| self.secret(number).scope);
        if value.is_empty() || known_to_run.is_some_and(|known| known >= scope) {
            return;
        }
        (self.index, self.beginnings) = (OnceLock::new(), OnceLock::new());
        if let Some(number) = self.numbers.get(value) {
            let known = &mut self.secrets[*number].scope;
            *known = (*known).max(scope);
            return;
        }
        let kind: String = kind
            .chars()
            .take(LONGEST_KIND)
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
            .collect();
        let count = self.counts.entry(kind.clone()).or_insert(0);
        *count += 1;
        let marker = format!("{kind}-{count}").into_boxed_str();
        self.markers.insert(marker.clone());
        self.numbers.insert(value.into(), self.secrets.len());
        self.secrets.push(Secret { value: value.into(), marker, scope });
    }

    /// What stands for a secret, if it is known.
    pub fn marker(&self, value: &str) -> Option<String> {
        self.number(value).map(|number| self.written(&Which::Known(number), How::Plain))
    }

    /// How many secrets are known.
    pub fn len(&self) -> usize {
        self.of_run() + self.secrets.len()
    }

    /// Whether no secret is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0 && self.others.as_ref().is_none_or(|others| others.is_empty())
    }

    /// How many secrets are the run's; the trial's own are counted from there.
    fn of_run(&self) -> usize {
        self.run.as_ref().map_or(0, |run| run.len())
    }

    fn number(&self, value: &str) -> Option<usize> {
        let own = self.numbers.get(value).map(|number| self.of_run() + number);
        own.or_else(|| self.run.as_ref().and_then(|run| run.number(value)))
    }

    fn secret(&self, number: usize) -> &Secret {
        match &self.run {
            Some(run) if number < run.len() => run.secret(number),
            _ => &self.secrets[number - self.of_run()],
        }
    }

    /// The text without secrets.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.string_as(text, Kind::Text)
    }

    /// The text of a body without secrets: those that may stand anywhere, and those that stand under their name; and if
    /// the body was cut off, what its end has of one.
    pub fn body<'t>(&self, text: &'t str, cut: bool) -> Cow<'t, str> {
        self.string_as(text, if cut { Kind::CutBody } else { Kind::Body })
    }

    /// A text of the harness that quotes what was received, without secrets, and without the beginnings of those that
    /// were cut where it was shortened.
    pub fn excerpt<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.string_as(text, Kind::Excerpt)
    }

    fn string_as<'t>(&self, text: &'t str, kind: Kind) -> Cow<'t, str> {
        match self.redact(text.as_bytes(), MOST_BASE64, kind, &mut 0) {
            None => Cow::Borrowed(text),
            // A match starts and ends where a character does, so what is left is text; but should that ever be
            // wrong, a broken character is better than a secret.
            Some(bytes) => Cow::Owned(
                String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()),
            ),
        }
    }

    /// How many bytes are looked at for a text, all its readings counted.
    pub fn work(&self, text: &[u8]) -> u64 {
        let mut work = 0;
        self.redact(text, MOST_BASE64, Kind::CutBody, &mut work);
        work
    }

    /// The text without secrets, or `None` if there was none; base64 is looked into `depth` deep.
    fn redact(&self, text: &[u8], depth: u8, kind: Kind, work: &mut u64) -> Option<Vec<u8>> {
        if text.is_empty() || self.is_empty() {
            return None;
        }
        let layers = Layers::of(text, work);
        let mut hits = self.direct(&layers, work);
        if matches!(kind, Kind::Body | Kind::CutBody) {
            self.under_names(&layers, work, &mut hits);
        }
        match kind {
            Kind::CutBody => self.cut_off(text, text.len(), &mut hits),
            Kind::Excerpt => {
                let cuts = memchr::memmem::find_iter(text, ELLIPSIS).take(MOST_CUTS);
                cuts.for_each(|at| self.cut_off(text, at, &mut hits));
            }
            Kind::Text | Kind::Body => {}
        }
        let escaped = layers.last().next().is_some();
        let mut changed = self.replaced(text, hits);
        if depth == 0 {
            return changed;
        }
        if let Some(clean) = self.within_base64(changed.as_deref().unwrap_or(text), depth, work) {
            // Two in one run that do not begin alike.
            let hits = self.base64_hits(&clean, depth, work);
            changed = Some(self.replaced(&clean, hits).unwrap_or(clean));
        }
        if escaped {
            let text = changed.as_deref().unwrap_or(text);
            let hits = self.escaped_base64(&Layers::of(text, work), depth, work);
            changed = self.replaced(text, hits).or(changed);
        }
        changed
    }

    /// Every secret in a text, base64 and all.
    fn all(&self, text: &[u8], depth: u8, work: &mut u64) -> Vec<Hit> {
        let layers = Layers::of(text, work);
        let mut hits = self.direct(&layers, work);
        if depth > 0 {
            hits.extend(self.base64_hits(text, depth, work));
            hits.extend(self.escaped_base64(&layers, depth, work));
        }
        hits
    }

    fn direct(&self, layers: &Layers<'_>, work: &mut u64) -> Vec<Hit> {
        let mut hits = Vec::new();
        if let Some(run) = &self.run {
            run.index().find(layers, work, &mut hits);
        }
        self.index().find(layers, work, &mut hits);
        if let Some(others) = &self.others {
            others.find(layers, work, &mut hits);
        }
        hits
    }

    fn escaped_base64(&self, layers: &Layers<'_>, depth: u8, work: &mut u64) -> Vec<Hit> {
        let mut all = Vec::new();
        for layer in layers.last() {
            let runs = Runs::wanted(layers.bytes(layer), |run| layers.is_new(layer, run));
            let hits = self.hits_in(&runs, depth, work);
            all.extend(hits.into_iter().map(|hit| Hit { range: layers.source(layer, hit.range.clone()), ..hit }));
        }
        all
    }

    /// What stands under the name of a secret and is known as one.
    fn under_names(&self, layers: &Layers<'_>, work: &mut u64, hits: &mut Vec<Hit>) {
        for layer in layers.all() {
            let bytes = layers.bytes(layer);
            *work += bytes.len() as u64;
            for Named { range, .. } in named(bytes) {
                let number = std::str::from_utf8(&bytes[range.clone()]).ok().and_then(|value| self.number(value));
                if let Some(number) = number {
                    let range = layers.source(layer, range);
                    hits.push(Hit { range, secret: Which::Known(number), how: How::Plain });
                }
            }
        }
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let first = self.of_run();
            let searched = self.secrets.iter().enumerate().filter(|(_, secret)| secret.scope > Scope::Named);
            Arc::new(Index::of(searched.map(|(number, secret)| Wanted {
                number: first + number,
                value: &secret.value,
                word: secret.scope == Scope::Word,
            })))
        })
    }

    fn beginnings(&self) -> &[Beginning] {
        self.beginnings.get_or_init(|| {
            let numbers = (0..self.len()).filter(|number| self.secret(*number).scope == Scope::Everywhere);
            let all = numbers.flat_map(|number| beginnings(&self.secret(number).value).map(|text| (number, text)));
            Arc::new(all.collect())
        })
    }

    fn written(&self, which: &Which, how: How) -> String {
        match which {
            Which::Known(number) => format!("{PREFIX}{}{}", how.prefix(), self.secret(*number).marker),
            Which::Other(number) => format!("{PREFIX}of-another-trial-{number}"),
        }
    }

    /// The text with markers for what was found; `None` if that is nothing.
    fn replaced(&self, text: &[u8], mut hits: Vec<Hit>) -> Option<Vec<u8>> {
        if !hits.is_empty() {
            let own = self.own_markers(text);
            // What a marker of ours happens to have in it is no secret.
            hits.retain(|hit| {
                let before = own.partition_point(|marker| marker.start <= hit.range.start);
                before.checked_sub(1).is_none_or(|index| own[index].end < hit.range.end || own[index] == hit.range)
            });
        }
        if hits.is_empty() {
            return None;
        }
        let mut output = Vec::with_capacity(text.len());
        let mut copied = 0;
        for hit in self.merged(hits) {
            output.extend_from_slice(&text[copied..hit.range.start]);
            output.extend_from_slice(self.written(&hit.secret, hit.how).as_bytes());
            copied = hit.range.end;
        }
        output.extend_from_slice(&text[copied..]);
        Some(output)
    }

    /// Those that overlap made one, so that nothing of the tail of any stays; the longest secret names them.
    fn merged(&self, mut hits: Vec<Hit>) -> Vec<Hit> {
        let len = |hit: &Hit| match hit.secret {
            Which::Known(number) => self.secret(number).value.len(),
            Which::Other(_) => hit.range.len(),
        };
        hits.sort_by_key(|hit| (hit.range.start, std::cmp::Reverse(hit.range.end)));
        let mut merged: Vec<(Hit, usize)> = Vec::new();
        for hit in hits {
            let new = len(&hit);
            match merged.last_mut() {
                // The blocks of a long secret touch each other.
                Some((last, longest))
                    if hit.range.start < last.range.end
                        || (hit.range.start == last.range.end
                            && new > hit.range.len()
                            && last.secret == hit.secret) =>
                {
                    last.range.end = last.range.end.max(hit.range.end);
                    // Of two ways to read the same the plainer one is meant.
                    if (new, std::cmp::Reverse(hit.how)) > (*longest, std::cmp::Reverse(last.how)) {
                        *longest = new;
                        (last.secret, last.how) = (hit.secret, hit.how);
                    }
                }
                _ => merged.push((hit, new)),
            }
        }
        merged.into_iter().map(|(hit, _)| hit).collect()
    }

    /// Where markers stand that this redactor writes. One that only looks like it protects nothing.
    fn own_markers(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for start in memchr::memmem::find_iter(text, PREFIX) {
            let begin = start + PREFIX.len();
            let rest = text[begin..].iter().take(LONGEST_MARKER);
            let len = rest.take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').count();
            let word = std::str::from_utf8(&text[begin..begin + len]).unwrap_or_default();
            let longest = (1..=word.len()).rev().find(|len| self.is_own(&word[..*len]));
            if let Some(len) = longest {
                found.push(start..begin + len);
            }
        }
        found
    }

    fn is_own(&self, marker: &str) -> bool {
        let known = |marker: &str| {
            self.markers.contains(marker) || self.run.as_ref().is_some_and(|run| run.markers.contains(marker))
        };
        known(marker) || How::TURNED.iter().any(|how| marker.strip_prefix(how.prefix()).is_some_and(known))
    }
}

#[cfg(test)]
mod tests;
