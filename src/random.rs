//! Randomness of the system.
//!
//! Gives bytes, numbers and letters that nobody can guess, by the library that the rest of the cryptography is from. What
//! must be the same whenever the seed of a run is the same is made by `run::generate`.

use ring::rand::{SecureRandom as _, SystemRandom};

/// Letters and digits.
pub(crate) const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// As many random bytes.
pub(crate) fn bytes<const COUNT: usize>() -> [u8; COUNT] {
    let mut bytes = [0; COUNT];
    if SystemRandom::new().fill(&mut bytes).is_err() {
        // No system that runs this lacks a source; what is made of the clock is still new each time.
        fastrand::fill(&mut bytes);
    }
    bytes
}

/// A random number.
pub(crate) fn number() -> u64 {
    u64::from_be_bytes(bytes())
}

/// Random letters and digits, `COUNT` of them.
pub(crate) fn letters<const COUNT: usize>() -> String {
    bytes::<COUNT>().iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_random_is_new_each_time() {
        let many: std::collections::BTreeSet<String> = (0..100).map(|_| letters::<24>()).collect();
        assert_eq!(many.len(), 100);
        assert!(many.iter().all(|text| text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())));
        assert_ne!(number(), number());
    }
}
