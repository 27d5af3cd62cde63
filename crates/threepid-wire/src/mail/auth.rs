//! SMTP AUTH, PLAIN and LOGIN: who says they are sending.
//!
//! Takes what a client sent, gives the user and the password. It checks neither and keeps nothing.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Base64 with or without padding, since clients differ.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The mechanisms we offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mechanism {
    Plain,
    Login,
}

/// Decodes one base64 answer; `=` alone stands for an empty one (RFC 4954).
pub(super) fn decode(answer: &str) -> Option<Vec<u8>> {
    match answer.trim() {
        "=" => Some(Vec::new()),
        answer => LENIENT.decode(answer).ok(),
    }
}

/// The user and the password of a PLAIN message: `[authzid] NUL authcid NUL password`.
pub(super) fn plain(message: &[u8]) -> Option<(String, String)> {
    let mut fields = message.split(|b| *b == 0);
    let (_authorize_as, user, password) = (fields.next()?, fields.next()?, fields.next()?);
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    fields.next().is_none().then(|| (text(user), text(password)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_gives_the_user_and_wants_three_fields() {
        let plain_user = |message: &[u8]| plain(message).map(|(user, _)| user);
        assert_eq!(plain(b"\0alice\0secret"), Some(("alice".to_owned(), "secret".to_owned())));
        assert_eq!(plain_user(b"\0alice\0secret").as_deref(), Some("alice"));
        assert_eq!(plain_user(b"root\0alice\0secret").as_deref(), Some("alice"));
        assert_eq!(plain_user(b"\0alice\0").as_deref(), Some("alice"));
        assert_eq!(plain_user(b"alice\0secret"), None);
        assert_eq!(plain_user(b"\0a\0b\0c"), None);
        assert_eq!(plain_user(b""), None);
    }

    #[test]
    fn base64_is_taken_with_and_without_padding() {
        assert_eq!(decode("YWxpY2U=").as_deref(), Some(&b"alice"[..]));
        assert_eq!(decode("YWxpY2U").as_deref(), Some(&b"alice"[..]));
        assert_eq!(decode("=").as_deref(), Some(&b""[..]));
        assert_eq!(decode("Y*"), None);
    }
}
