//! Values that a client chooses: addresses, secrets, passwords.
//!
//! Takes the run's seed and a trial's name; gives values that are unique to the trial and the same whenever the seed
//! is the same.

use fastrand::Rng;
use ring::digest::{Context, SHA256};

use super::MAIL_DOMAIN;
use crate::random::LETTERS;
use threepid_engine::scenario::ValueType;

/// Makes values for one trial.
pub(super) struct Generator {
    rng: Rng,
}

const SMALL: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

impl Generator {
    pub(super) fn new(seed: u64, trial: &str) -> Generator {
        let mut hash = Context::new(&SHA256);
        hash.update(&seed.to_be_bytes());
        hash.update(trial.as_bytes());
        let own = hash.finish().as_ref().iter().take(8).fold(0, |own, byte| own << 8 | u64::from(*byte));
        Generator { rng: Rng::with_seed(own) }
    }

    fn text(&mut self, letters: &[u8], count: usize) -> String {
        (0..count).filter_map(|_| self.rng.choice(letters)).map(|letter| char::from(*letter)).collect()
    }

    /// A value of a generated type; what is known of it is in its name, for people who read mail and logs.
    pub(super) fn value(&mut self, value_type: ValueType, name: &str) -> String {
        let name = name.split('~').next().unwrap_or(name).replace('_', "-");
        match value_type.facts().name {
            "email" => format!("{name}-{}@{MAIL_DOMAIN}", self.text(SMALL, 14)),
            "localpart" => format!("{name}-{}", self.text(SMALL, 14)),
            // Servers may ask for several kinds of characters.
            "password" => format!("{}-aZ5!", self.text(LETTERS, 22)),
            "device_id" => self.text(LETTERS, 10).to_uppercase(),
            _ => self.text(LETTERS, 32),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_grammar_and_follow_the_seed() {
        for facts in threepid_engine::scenario::TYPES.iter().filter(|facts| facts.generated) {
            let value_type = ValueType::named(facts.name).unwrap();
            let make = |seed, trial| Generator::new(seed, trial).value(value_type, "wrong~2");
            assert!(value_type.accepts(&make(1, "t").into()), "{}: {}", facts.name, make(1, "t"));
            assert_eq!(make(1, "t"), make(1, "t"));
            assert_ne!(make(1, "t"), make(2, "t"));
            assert_ne!(make(1, "t"), make(1, "u"));
        }
    }
}
