//! Inputs changed at random: the same for the same seed, on every system.
//!
//! The fuzzers that follow a program's coverage need a compiler that is not released; this needs none, so it is part of
//! every test run.

use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// An input grows no further.
const MOST_BYTES: usize = 64 * 1024;

/// What many formats mean something by.
const BYTES: &[u8] = b"\0\r\n\t \"'%&=\\<>{}[]():+/;#,.-_@*|!?~`$^\x1b\x7f\x80\xc3\xff";

pub(crate) struct Mutator {
    rng: ChaCha8Rng,
    /// Words of the format.
    words: Vec<Vec<u8>>,
}

impl Mutator {
    pub(crate) fn new(seed: u64, words: &[&str]) -> Mutator {
        let words = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        Mutator { rng: ChaCha8Rng::seed_from_u64(seed), words }
    }

    /// One of the seeds with up to a dozen changes.
    pub(crate) fn change(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut input = seeds.choose(&mut self.rng).cloned().unwrap_or_default();
        for _ in 0..self.rng.random_range(1..=12) {
            self.once(&mut input, seeds);
            input.truncate(MOST_BYTES);
        }
        input
    }

    fn once(&mut self, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let rng = &mut self.rng;
        let at = rng.random_range(0..=input.len());
        let to = rng.random_range(at..=input.len());
        match rng.random_range(0..9) {
            0 if at < input.len() => input[at] = rng.random(),
            1 if at < input.len() => input[at] = *BYTES.choose(rng).unwrap(),
            2 => input.insert(at, *BYTES.choose(rng).unwrap()),
            3 => drop(input.drain(at..to)),
            4 => input.truncate(at),
            // A piece again and again: what is linear stays quick.
            5 => {
                let piece = input[at..to.min(at + 64)].repeat(rng.random_range(1..200));
                drop(input.splice(at..at, piece));
            }
            6 => {
                let word = self.words.choose(rng).cloned().unwrap_or_default();
                drop(input.splice(at..at, word));
            }
            // The beginning of one, the end of another.
            7 => {
                let other = seeds.choose(rng).unwrap();
                let from = rng.random_range(0..=other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ => {
                let piece = input[at..to].to_vec();
                let place = rng.random_range(0..=input.len());
                drop(input.splice(place..place, piece));
            }
        }
    }
}
