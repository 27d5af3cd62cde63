//! One mail as the sink took it.

use serde::{Deserialize, Serialize};

use super::{Body, Headers};

/// A mail with everything that is known of how it came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mail {
    /// The SMTP envelope.
    pub envelope: Envelope,
    /// Facts of the SMTP session it came in.
    pub session: SessionFacts,
    /// The message as it was transferred, dot-stuffing removed.
    pub raw: Body,
    /// The message's headers, names in lower case, values unfolded and decoded (RFC 2047).
    pub headers: Headers,
    /// The text parts in the order they stand.
    pub parts: Vec<Part>,
    /// The links found in the text parts, the likeliest first.
    pub links: Vec<Link>,
}

impl Mail {
    /// The first value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The link that a person is meant to follow, if there is any.
    pub fn link(&self) -> Option<&Link> {
        self.links.first()
    }
}

/// The SMTP envelope of one mail.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Envelope {
    /// The reverse path; empty for the null sender.
    pub from: String,
    /// All recipients that were accepted, in order.
    pub to: Vec<String>,
    /// Parameters of `MAIL FROM` as they were sent: `SIZE=123`, `BODY=8BITMIME`, `SMTPUTF8`.
    pub params: Vec<String>,
}

/// Facts of the SMTP session that brought a mail.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SessionFacts {
    /// The name given with EHLO or HELO.
    pub helo: String,
    /// Whether it was EHLO.
    pub esmtp: bool,
    /// Whether the session had been upgraded by STARTTLS.
    pub tls: bool,
    /// The user name of a successful AUTH.
    pub auth_user: Option<String>,
}

/// One text part of a mail, decoded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// `text/plain` or `text/html`, lower case, without parameters.
    pub content_type: String,
    /// The charset as declared, lower case; empty if none was.
    pub charset: String,
    /// The content transfer encoding as declared, lower case; `7bit` if none was.
    pub transfer_encoding: String,
    /// The decoded text.
    pub text: String,
}

/// A link found in a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The absolute URL, entities decoded and folded lines rejoined.
    pub url: String,
    /// Which part it stands in (index into `Mail::parts`).
    pub part: usize,
    /// Where in that part.
    pub source: LinkSource,
    /// How much it looks like the link to follow; larger is likelier.
    pub score: i32,
}

/// How a link was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkSource {
    /// Written out in a text.
    Text,
    /// The `href` of an anchor.
    Href,
}
