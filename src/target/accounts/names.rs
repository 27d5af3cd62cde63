//! Names and passwords of accounts: what a name's local part is, and fresh ones.

use crate::random;

/// `alice` of `@alice:h.test`.
pub(super) fn localpart_of(user_id: &str) -> String {
    user_id.trim_start_matches('@').split(':').next().unwrap_or_default().to_owned()
}

/// A name nobody has: the hint, reduced to what every server allows, and chance.
pub(super) fn fresh_localpart(hint: &str) -> String {
    let hint: String = hint.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).take(24).collect();
    let hint = if hint.is_empty() { "user".to_owned() } else { hint };
    format!("{hint}-{:010x}", random::number() & 0xff_ffff_ffff)
}

/// A password that nobody knows.
pub(super) fn fresh_password() -> String {
    // Some servers want each kind of character.
    format!("{}-Aa1", random::letters::<24>())
}
