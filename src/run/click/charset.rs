//! The text of a page, whatever its encoding.
//!
//! Takes an answer as it was read and puts the page's text in place of its bytes: by the byte order mark, else what the
//! header says, else what the page says itself (HTML, determining the character encoding). It leaves alone what is no page.

use base64::Engine as _;
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252, X_USER_DEFINED};
use threepid_record::html::tokens::{self, Reader, Tag, attribute, opens};
use threepid_record::model::Response;

/// How much of a page a browser reads to find its encoding.
const PRESCAN_BYTES: usize = 1024;

/// In what a page was encoded, and so are the forms that it sends.
pub(super) type Decoded = &'static Encoding;

/// Decodes a page.
pub(super) fn decode(response: &mut Response) -> Decoded {
    let content_type = response.header("content-type").unwrap_or_default().to_ascii_lowercase();
    let is_html = content_type.is_empty() || content_type.contains("html");
    if !is_html && !content_type.starts_with("text/") {
        return UTF_8;
    }
    let encoded = response.body.base64.as_deref();
    let decoded = encoded.and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok());
    let text = response.body.text.clone();
    let Some(bytes) = decoded.or(text.map(String::into_bytes)) else {
        return UTF_8;
    };
    let encoding = Encoding::for_bom(&bytes)
        .map(|(encoding, _)| encoding)
        .or_else(|| of_header(&content_type))
        .or_else(|| if is_html { of_page(&bytes) } else { None })
        .unwrap_or_else(|| if std::str::from_utf8(&bytes).is_ok() { UTF_8 } else { WINDOWS_1252 });
    let (text, _) = encoding.decode_with_bom_removal(&bytes);
    response.body.text = Some(text.into_owned());
    response.body.base64 = None;
    encoding
}

fn of_header(content_type: &str) -> Option<Decoded> {
    charset_in(content_type)
}

/// What stands behind `charset=`.
fn charset_in(text: &str) -> Option<Decoded> {
    let (_, value) = text.split_once("charset")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let end = |c: char| c == ';' || c == '"' || c == '\'' || c.is_ascii_whitespace();
    let value = value.trim_start_matches(['"', '\'']).split(end).next()?;
    Encoding::for_label(value.as_bytes())
}

/// What the page says of itself. A page that can be read so far is in no encoding of two bytes a letter.
fn of_page(bytes: &[u8]) -> Option<Decoded> {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(PRESCAN_BYTES)]);
    let found = tokens::read(&start, Meta::default()).found.get()?;
    Some(match found {
        it if it == encoding_rs::UTF_16BE || it == encoding_rs::UTF_16LE => UTF_8,
        it if it == X_USER_DEFINED => WINDOWS_1252,
        it => it,
    })
}

#[derive(Default)]
struct Meta {
    found: std::cell::Cell<Option<Decoded>>,
}

impl Reader for Meta {
    fn tag(&self, tag: &Tag) {
        if &*tag.name != "meta" || !opens(tag) || self.found.get().is_some() {
            return;
        }
        let given = |name: &str| attribute(tag, name).unwrap_or_default().to_ascii_lowercase();
        let by_content = || if given("http-equiv") == "content-type" { charset_in(&given("content")) } else { None };
        self.found.set(Encoding::for_label(given("charset").as_bytes()).or_else(by_content));
    }

    fn text(&self, _text: &str) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use threepid_record::model::Body;

    fn read(content_type: &str, bytes: &[u8]) -> (String, &'static str) {
        let body = match std::str::from_utf8(bytes) {
            Ok(text) => Body { text: Some(text.to_owned()), ..Body::default() },
            Err(_) => Body { base64: Some(base64::engine::general_purpose::STANDARD.encode(bytes)), ..Body::default() },
        };
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        let mut response = Response { status: 200, headers, body };
        let encoding = decode(&mut response);
        (response.body.text.unwrap_or_default(), encoding.name())
    }

    #[test]
    fn a_page_is_read_as_it_is_encoded() {
        let text = |content_type: &str, bytes: &[u8]| read(content_type, bytes).0;
        assert_eq!(text("text/html", b"Best\xe4tigen"), "Bestätigen");
        assert_eq!(text("text/html; charset=ISO-8859-1", b"Best\xe4tigen"), "Bestätigen");
        assert_eq!(text("text/html; Charset=\"shift_jis\"", b"\x8am\x94F"), "確認");
        assert_eq!(text("text/html", b"<meta charset=shift_jis>\x8am\x94F"), "<meta charset=shift_jis>確認");
        let meta = b"<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>\xc1";
        assert!(text("text/html", meta).ends_with('а'));
        assert_eq!(text("text/html; charset=iso-8859-1", b"\xef\xbb\xbf\xc3\xa4"), "ä");
        assert_eq!(text("text/html", b"\xff\xfea\0"), "a");
        assert_eq!(text("text/html", "ä".as_bytes()), "ä");
        // ASCII on the wire, and something else to the reader.
        assert_eq!(text("text/html; charset=iso-2022-jp", b"\x1b$B3NG'\x1b(B"), "確認");
    }

    #[test]
    fn what_is_no_page_stays_as_it_is() {
        assert_eq!(read("image/png", b"\xff"), (String::new(), "UTF-8"));
    }
}
