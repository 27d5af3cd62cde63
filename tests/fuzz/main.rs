//! Everything that reads what others wrote, with inputs that were changed at random.
//!
//! `tests/fuzz/seeds/` has what each target begins with: sound inputs, and those that were once too much. Rounds are bounded:
//! `THREEPID_FUZZ_ROUNDS` makes more of them (the nightly workflow does), `THREEPID_FUZZ_SEED` others. An input that fails
//! is kept in the folder for temporary files, and its name is in the message; put into the seeds, it is tried each time.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod mutate;
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use mutate::Mutator;

/// How many inputs each target gets unless told otherwise.
const ROUNDS: u64 = 400;
/// How long one input may take, on a machine that has other things to do.
const MOST: Duration = Duration::from_secs(10);

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

/// The seeds of a target, in the order of their names.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds").join(target);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "there are no seeds for {target}");
    files.into_iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// Gives the seeds as they are, then changed ones, to what must hold of all.
fn holds(target: &str, words: &[&str], holds: impl Fn(&[u8])) {
    let seeds = seeds(target);
    let (rounds, seed) = (number("THREEPID_FUZZ_ROUNDS", ROUNDS), number("THREEPID_FUZZ_SEED", 1));
    let mut mutator = Mutator::new(seed, words);
    let unchanged = seeds.iter().cloned();
    let changed = (0..rounds).map(|_| mutator.change(&seeds));
    for (round, input) in unchanged.chain(changed).enumerate() {
        let begun = Instant::now();
        let ended = catch_unwind(AssertUnwindSafe(|| holds(&input)));
        let took = begun.elapsed();
        if ended.is_ok() && took < MOST {
            continue;
        }
        let kept = std::env::temp_dir().join(format!("fuzz-{target}-{seed}-{round}"));
        std::fs::write(&kept, &input).unwrap();
        panic!("round {round} of seed {seed} does not hold ({took:?}): {}", kept.display());
    }
}
