//! One mail: as a person sees it, its links, and as it came.

use maud::{Markup, html};

use super::code::{block, line};
use super::parts::{body, cut};
use super::sanitized_html::sanitized_html;
use threepid_record::model::{LinkSource, Mail};

/// The mail as an arrow from the homeserver.
pub(super) fn arrow(mail: &Mail) -> Markup {
    html! {
        span.say.b-c-say {
            "“" (line(&cut(mail.header("subject").unwrap_or("no subject")))) "” "
            span.soft { "to " (line(&cut(&mail.envelope.to.join(", ")))) }
        }
        span.arrow.right.b-to-c {}
    }
}

/// The mail with everything that is known of it.
pub(super) fn inside(mail: &Mail) -> Markup {
    let header = |name: &str| mail.header(name).unwrap_or_default();
    html! {
        article.mail {
            div.letter {
                b { (line(mail.header("subject").unwrap_or("(no subject)"))) }
                span.soft { "from " (line(header("from"))) " to " (line(header("to"))) }
            }
            div.content {
                @for part in &mail.parts {
                    h5 { (line(&part.content_type)) ", " (line(&part.charset)) ", " (line(&part.transfer_encoding)) }
                    @if part.content_type == "text/html" {
                        (sanitized_html(&part.text))
                        details.fold { summary { "Its source" } (block(&part.text)) }
                    } @else {
                        (block(&part.text))
                    }
                }
                @if mail.parts.is_empty() { p.soft { "It has no text part." } }
                @if !mail.links.is_empty() {
                    h5 { "Links, the likeliest first" }
                    ul.plainlist {
                        @for link in mail.links.iter().take(50) {
                            li { code { (line(&link.url)) } " " span.soft { "in part " (link.part + 1) ", "
                                @match link.source { LinkSource::Text => "written out", LinkSource::Href => "behind a word", LinkSource::Code => "as a code to type" } } }
                        }
                    }
                }
                details.fold {
                    summary { "As it came" }
                    p.timing {
                        "Envelope: from <" (line(&mail.envelope.from)) "> to " (line(&mail.envelope.to.join(", "))) " "
                        (line(&mail.envelope.params.join(" "))) "; "
                        @if mail.session.esmtp { "EHLO " } @else { "HELO " } (line(&mail.session.helo))
                        @if mail.session.tls { ", over TLS" }
                        @if let Some(user) = &mail.session.auth_user { ", as " (line(user)) }
                    }
                    (body("The message", &mail.raw))
                }
            }
        }
    }
}
