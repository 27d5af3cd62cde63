//! The secrets of other trials, as words.
//!
//! Takes secrets; finds them in a text, where they stand as they are. Only a number is kept for each word, and only of the
//! last ones, so that a long run needs no more memory than a short one. Never tells a secret.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::Range;
use std::sync::{PoisonError, RwLock};

use super::layers::Layers;
use super::search::{Hit, How, Which};

/// The shortest word that is remembered of another trial's secret.
const SHORTEST_WORD: usize = 12;
/// How many are remembered.
const MOST_WORDS: usize = 16 * 1024;

/// Words that are secret.
#[derive(Debug, Default)]
pub(super) struct Words {
    known: RwLock<Known>,
    hashing: RandomState,
}

#[derive(Debug, Default)]
struct Known {
    numbers: HashMap<u64, u64>,
    order: VecDeque<u64>,
    next: u64,
}

impl Words {
    /// Remembers the words of a secret.
    pub(super) fn remember(&self, value: &str) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for (hash, _) in self.hashes(value.as_bytes(), |_| true) {
            if known.numbers.contains_key(&hash) {
                continue;
            }
            known.next += 1;
            let number = known.next;
            known.numbers.insert(hash, number);
            known.order.push_back(hash);
            if known.order.len() > MOST_WORDS
                && let Some(oldest) = known.order.pop_front()
            {
                known.numbers.remove(&oldest);
            }
        }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).order.is_empty()
    }

    /// Shows what of other trials stands in a text.
    pub(super) fn find(&self, layers: &Layers<'_>, work: &mut u64, found: &mut Vec<Hit>) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.order.is_empty() {
            return;
        }
        for layer in layers.all() {
            let bytes = layers.bytes(layer);
            *work += bytes.len() as u64;
            for (hash, range) in self.hashes(bytes, |word| layers.is_new(layer, word)) {
                if let Some(number) = known.numbers.get(&hash) {
                    let range = layers.source(layer, range);
                    found.push(Hit { range, secret: Which::Other(*number), how: How::Plain });
                }
            }
        }
    }

    /// The long words of a text that are wanted, each as a number that does not depend on its case.
    fn hashes<'t, W: Fn(&Range<usize>) -> bool>(
        &self,
        text: &'t [u8],
        wanted: W,
    ) -> impl Iterator<Item = (u64, Range<usize>)> + use<'_, 't, W> {
        let mut at = 0;
        std::iter::from_fn(move || {
            while at < text.len() {
                let start = at;
                at += text[at..].iter().take_while(|b| is_word(**b)).count();
                let word = start..at;
                at += 1;
                if word.len() >= SHORTEST_WORD && wanted(&word) {
                    let mut hasher = self.hashing.build_hasher();
                    hasher.write(&text[word.clone()].to_ascii_lowercase());
                    return Some((hasher.finish(), word));
                }
            }
            None
        })
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'~')
}
