//! Passwords as they are kept.
//!
//! *Takes* a password; *gives* a salted hash and the question whether another password is the same; *never* keeps the
//! password. One round of SHA-256 is deliberately cheap: accounts here live for one test run, and a slow hash would only
//! slow the tests down.

use sha2::{Digest as _, Sha256};

use super::random;

/// A salted hash of a password.
#[derive(Debug, Clone)]
pub(super) struct PasswordHash {
    salt: [u8; 16],
    hash: [u8; 32],
}

impl PasswordHash {
    pub(super) fn new(password: &str) -> Self {
        let salt = rand::random();
        Self { salt, hash: digest(salt, password) }
    }

    pub(super) fn matches(&self, password: &str) -> bool {
        random::same(&self.hash, &digest(self.salt, password))
    }
}

fn digest(salt: [u8; 16], password: &str) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(password).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_password_matches() {
        let kept = PasswordHash::new("correct horse");
        assert!(kept.matches("correct horse"));
        assert!(!kept.matches("correct horse "));
        assert!(!kept.matches(""));
    }

    #[test]
    fn equal_passwords_are_kept_differently() {
        assert_ne!(PasswordHash::new("x").hash, PasswordHash::new("x").hash);
    }
}
