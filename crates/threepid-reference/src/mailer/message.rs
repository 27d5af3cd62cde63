//! The mail itself.
//!
//! *Takes* a letter; *gives* an RFC 5322 message, as plain text and as HTML unless a shape says otherwise; *never* anything
//! secret but the link.

use lettre::{
    Message,
    message::{
        Body, Mailbox, MessageBuilder, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};
use maud::{DOCTYPE, html};

use super::letter::Letter;
use crate::{random, switches::Switches};

/// Characters in a line of a mail.
const LINE_LIMIT: usize = 998;

/// `None` if the address cannot stand in a message.
pub(super) fn compose(switches: &Switches, sender: &Mailbox, letter: &Letter) -> Option<Message> {
    let to = lettre::Address::new(letter.to.local_part(), letter.to.ascii_domain()?).ok()?;
    let id = format!("<{}@{}>", random::id(), sender.email.domain());
    let head = Message::builder()
        .message_id(Some(id))
        .from(sender.clone())
        .to(Mailbox::new(None, to))
        .date_now()
        .subject(letter.subject.as_str())
        // RFC 3834: nobody's out-of-office reply is wanted.
        .raw_header(raw_header("Auto-Submitted", "auto-generated"));
    finish(switches, head, letter)
}

fn raw_header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

fn finish(switches: &Switches, head: MessageBuilder, letter: &Letter) -> Option<Message> {
    let text = || part(switches, ContentType::TEXT_PLAIN, plain_text(switches, letter));
    let html = || part(switches, ContentType::TEXT_HTML, page(switches, letter));
    let message = if switches.has_shape("text-only-mail") {
        head.singlepart(text())
    } else if switches.has_shape("html-only-mail") {
        head.singlepart(html())
    } else {
        // RFC 2046, 5.1.4: the plainest part first.
        head.multipart(MultiPart::alternative().singlepart(text()).singlepart(html()))
    };
    message.ok()
}

fn part(switches: &Switches, kind: ContentType, content: String) -> SinglePart {
    let body = if switches.has_shape("folded-quoted-printable") {
        // Its soft line breaks fold the link, which is longer than a line.
        Body::new_with_encoding(content, ContentTransferEncoding::QuotedPrintable)
    } else if switches.has_shape("base64-mail") {
        Body::new_with_encoding(content, ContentTransferEncoding::Base64)
    } else if fits_seven_bit(&content) {
        // As it is, so that the link stands unbroken in the source of the mail.
        Ok(Body::dangerous_pre_encoded(content.into_bytes(), ContentTransferEncoding::SevenBit))
    } else {
        Ok(Body::new(content))
    };
    // An encoding that a text does not fit is replaced by one that it does.
    SinglePart::builder().header(kind).body(body.unwrap_or_else(Body::new))
}

/// Whether a text may travel unencoded: ASCII, in lines of at most 998 characters that end in CRLF (RFC 5322, 2.1.1).
fn fits_seven_bit(content: &str) -> bool {
    let fits = |line: &str| line.len() <= LINE_LIMIT && !line.contains(['\r', '\n', '\0']);
    content.is_ascii() && content.split("\r\n").all(fits)
}

fn plain_text(switches: &Switches, letter: &Letter) -> String {
    let Letter { before, after, link, .. } = letter;
    let is_missing = switches.has_defect("mail-without-link") || switches.has_defect("text-part-without-link");
    let link = if is_missing { "" } else { link };
    let cut = if switches.has_defect("link-cut-by-a-line-end") { link.rfind('&').map(|at| at + 3) } else { None };
    let (link, rest) = link.split_at(cut.unwrap_or(link.len()));
    let rest = if rest.is_empty() { String::new() } else { format!("\r\n{rest}") };
    // CRLF from the start: quoted-printable would encode a bare line feed literally.
    format!("{before}\r\n\r\n{link}{rest}\r\n\r\n{after}\r\n")
}

fn page(switches: &Switches, letter: &Letter) -> String {
    let link = if switches.has_defect("html-link-differs") {
        // The same link with a token that nobody issued.
        letter.link.replace("token=", "token=x")
    } else {
        letter.link.clone()
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { (letter.subject) } }
            body {
                p { (letter.before) }
                @if switches.has_shape("code-mail") {
                    p { (link) }
                } @else if !switches.has_defect("mail-without-link") && !switches.has_defect("html-part-without-link") && !link.is_empty() {
                    p { a href=(link) { (link) } }
                }
                p { (letter.after) }
            }
        }
    };
    page.into_string()
}
