//! Unguessable strings and the comparison that goes with them.
//!
//! *Gives* strings from the operating system's entropy; *never* a counter, a time or anything derived from a request.

use rand::{Rng as _, distr::Alphanumeric};

/// Letters in a token of a mail: 190 bits, well over the 128 that make guessing pointless.
const TOKEN_LETTERS: usize = 32;
/// Letters in an id that is not a secret on its own: 142 bits.
const ID_LETTERS: usize = 24;

/// A secret: an access token, a link's token.
pub(super) fn token() -> String {
    letters(TOKEN_LETTERS)
}

/// An opaque id: a `sid`, a UIA session, a device id.
pub(super) fn id() -> String {
    letters(ID_LETTERS)
}

/// So many letters and digits.
pub(super) fn letters(count: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(count).map(char::from).collect()
}

/// Whether two secrets are the same, in a time that does not tell how much of them is.
pub(super) fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_differ_and_fit_the_grammar() {
        let (one, other) = (token(), token());
        assert_ne!(one, other);
        assert!(one.len() == 32 && one.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn only_equal_secrets_are_the_same() {
        assert!(same(b"abc", b"abc"));
        assert!(!same(b"abc", b"abd"));
        assert!(!same(b"abc", b"ab"));
    }
}
