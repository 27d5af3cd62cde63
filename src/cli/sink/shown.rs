//! One mail for a person or a program.
//!
//! Takes a mail as it came; gives it as text, whole, or as JSON. It looks for links and codes as a run does, and prefers none.

use serde::Serialize;

use crate::cli::args::SinkArgs;
use threepid_views::report::{visible, visible_lines};
use threepid_wire::mail::{Received, TEXT_LIMIT, read_mail};

/// How mails are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Shape {
    /// Who, what about, and the links.
    Text,
    /// As they came.
    Raw,
    /// A line of JSON each.
    Json,
}

impl Shape {
    pub(super) fn of(args: &SinkArgs) -> Shape {
        match (args.raw, args.json) {
            (true, _) => Shape::Raw,
            (_, true) => Shape::Json,
            _ => Shape::Text,
        }
    }

    /// A mail in this shape.
    pub(super) fn text(self, received: &Received) -> String {
        match self {
            Shape::Raw => format!("{}\n", visible_lines(&String::from_utf8_lossy(&received.raw))),
            Shape::Json => {
                let mail = serde_json::to_string(&Shown::of(received)).unwrap_or_default();
                format!("{mail}\n")
            }
            Shape::Text => {
                let Shown { from, to, subject, links, .. } = Shown::of(received);
                let mut text = format!(
                    "\nfrom     {}\nto       {}\nsubject  {}\n",
                    visible(&from),
                    visible(&to),
                    visible(&subject)
                );
                for link in links {
                    text.push_str(&format!("link     {}\n", visible(&link)));
                }
                text
            }
        }
    }
}

/// A mail as programs get it. More members may come.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    /// The sender of the envelope; empty for the null sender.
    pub(super) from: String,
    /// The recipient.
    pub(super) to: String,
    pub(super) subject: String,
    /// The likeliest first.
    pub(super) links: Vec<String>,
    /// What may be a code to type, the likeliest first.
    pub(super) codes: Vec<String>,
    /// The decoded text parts.
    pub(super) parts: Vec<ShownPart>,
    /// Whether it came over TLS.
    pub(super) tls: bool,
    /// The user of the login it came with.
    pub(super) user: Option<String>,
}

/// A text part.
#[derive(Debug, Serialize)]
pub(super) struct ShownPart {
    pub(super) content_type: String,
    pub(super) text: String,
}

impl Shown {
    pub(super) fn of(received: &Received) -> Shown {
        let mail = read_mail(received, &[], TEXT_LIMIT);
        let subject = mail.header("subject").unwrap_or_default().to_owned();
        let parts = mail.parts.into_iter().map(|part| ShownPart { content_type: part.content_type, text: part.text });
        Shown {
            from: mail.envelope.from,
            to: received.recipient.clone(),
            subject,
            links: mail.links.into_iter().map(|link| link.url).collect(),
            codes: mail.codes.into_iter().map(|code| code.value).collect(),
            parts: parts.collect(),
            tls: mail.session.tls,
            user: mail.session.auth_user,
        }
    }
}
