//! Nonces for creating accounts with a shared secret.
//!
//! *Gives* nonces; *takes* each back once; *never* keeps more than so many.

use std::collections::VecDeque;

use super::random;

/// Nonces that were given out and not used; a further one forgets the oldest.
const MAX_NONCES: usize = 1_000;

/// Nonces that were given out and not used.
#[derive(Debug, Default)]
pub(super) struct Nonces(VecDeque<String>);

impl Nonces {
    /// A new one.
    pub(super) fn give(&mut self) -> String {
        let nonce = random::token();
        self.0.push_back(nonce.clone());
        if self.0.len() > MAX_NONCES {
            self.0.pop_front();
        }
        nonce
    }

    /// Whether it was given out and not used; now it is.
    pub(super) fn take(&mut self, nonce: &str) -> bool {
        let found = self.0.iter().position(|known| known == nonce);
        found.is_some_and(|at| self.0.remove(at).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_good_for_one_account() {
        let mut nonces = Nonces::default();
        let nonce = nonces.give();
        assert!(nonces.take(&nonce));
        assert!(!nonces.take(&nonce));
        assert!(!nonces.take("made up"));
    }
}
