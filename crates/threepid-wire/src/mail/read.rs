//! A received mail, read: headers, text parts, links.
//!
//! Takes the bytes that came, gives `model::Mail`. It never fails and never judges: what cannot be understood is
//! shown as it is, and what is too much is left out.

use base64::Engine as _;
use url::Url;

use super::router::Received;
use super::{codes, links, mime};
use threepid_record::model::{Body, Mail};

/// How much of a message the record keeps.
const RAW_BYTES: usize = 1 << 20;

/// How many bytes of text are read of one part of a mail unless a run says otherwise.
pub const TEXT_LIMIT: usize = 512 * 1024;

/// Reads a mail: of each part up to `text_limit` bytes, and four times as many of all. `public_origins` are the origins under which the homeserver is known to its users: links to one of
/// them are likelier to be the one to follow.
pub fn read_mail(received: &Received, public_origins: &[Url], text_limit: usize) -> Mail {
    let raw = &received.raw[..];
    let mime::Texts { parts, cut } = mime::texts(raw, text_limit);
    let (links, links_cut) = links::find(&parts, public_origins);
    let headers = mime::headers(raw);
    let subject = headers.iter().find(|(name, _)| name == "subject").map_or("", |(_, value)| value.as_str());
    Mail {
        envelope: received.envelope.clone(),
        session: received.session.clone(),
        raw: body(raw),
        links,
        codes: codes::find(subject, &parts),
        headers,
        parts,
        cut: cut || links_cut,
    }
}

/// The bytes for the record, cut at its limit.
fn body(raw: &[u8]) -> Body {
    let kept = &raw[..raw.len().min(RAW_BYTES)];
    let (text, base64) = match std::str::from_utf8(kept) {
        Ok(text) => (Some(text.to_owned()), None),
        // A cut may fall into the middle of a character; that alone does not make it binary.
        Err(error) if kept.len() < raw.len() && error.error_len().is_none() => {
            (Some(String::from_utf8_lossy(&kept[..error.valid_up_to()]).into_owned()), None)
        }
        Err(_) => (None, Some(base64::engine::general_purpose::STANDARD.encode(kept))),
    };
    Body { text, base64, size_bytes: raw.len() as u64, truncated: kept.len() < raw.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_text_or_base64_and_says_when_it_is_cut() {
        assert_eq!(body("é\r\n".as_bytes()).text.as_deref(), Some("é\r\n"));
        assert_eq!(body(b"\xff").base64.as_deref(), Some("/w=="));
        assert_eq!(body(b"\xff").text, None);

        let mut long = vec![b'x'; RAW_BYTES - 1];
        long.extend_from_slice("é".as_bytes());
        let cut = body(&long);
        assert!(cut.truncated && cut.size_bytes == RAW_BYTES as u64 + 1);
        assert_eq!(cut.text.map(|text| text.len()), Some(RAW_BYTES - 1));
    }
}
