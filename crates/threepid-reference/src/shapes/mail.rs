//! Differences in the mail.

use super::declare;

declare! {
    TEXT_ONLY_MAIL = "text-only-mail" {
        summary: "The mail is plain text, without an HTML part.",
        seen_in: "Continuwuity",
        aspect: "the parts of the mail",
    }
    HTML_ONLY_MAIL = "html-only-mail" {
        summary: "The mail is HTML, without a text part; the link's ampersands are escaped.",
        seen_in: "Tuwunel",
        aspect: "the parts of the mail",
    }
    FOLDED_QUOTED_PRINTABLE = "folded-quoted-printable" {
        summary: "The mail is quoted-printable, and soft line breaks fold the link.",
        seen_in: "mailers that assume 7-bit transport; RFC 2045, 6.7",
        aspect: "the transfer encoding of the mail",
    }
    BASE64_MAIL = "base64-mail" {
        summary: "The mail is base64.",
        seen_in: "Synapse; RFC 2045, 6.8",
        aspect: "the transfer encoding of the mail",
    }
}
