//! One mail as the sink took it.

use serde::{Deserialize, Serialize};

use super::{Body, Headers};

/// A mail with everything that is known of how it came.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// What in the subject and the text parts could be a code to type, the likeliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<Code>,
    /// Whether some of its text was left out, because it is more than is read of one mail (`--mail-text-limit`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Part {
    /// `text/plain` or `text/html`, lower case, without parameters.
    pub content_type: String,
    /// The charset as declared, lower case; empty if none was.
    pub charset: String,
    /// The content transfer encoding as declared, lower case; `7bit` if none was.
    pub transfer_encoding: String,
    /// The decoded text.
    pub text: String,
    /// Of which alternatives it is one, if it stands in a `multipart/alternative`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternative: Option<Alternative>,
}

/// The place of a part among alternatives: a reader is shown one branch of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Alternative {
    /// Which `multipart/alternative` of the message, counted from 0.
    pub group: usize,
    /// Which of its alternatives, counted from 0. One may consist of several parts.
    pub branch: usize,
}

/// A link found in a mail.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Link {
    /// The absolute URL, entities decoded and folded lines rejoined.
    pub url: String,
    /// Which part it stands in (index into `Mail::parts`).
    pub part: usize,
    /// Where in that part.
    pub source: LinkSource,
    /// How much it looks like the link to follow; larger is likelier.
    pub score: i32,
    /// Where it carries what could be its proof: a parameter, an opaque segment of its path, or its fragment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carries: Option<Carrier>,
    /// Whether line ends that are really there cut it in several pieces: mail programs open the first one only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub broken: bool,
}

/// Where a link carries what nobody could guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Carrier {
    /// In its query, which the server sees.
    Query,
    /// In a segment of its path.
    Path,
    /// Behind the `#`, which a browser keeps for the page's script.
    Fragment,
}

/// What could be a code that a person types where the client asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Code {
    /// The code, without the white space that groups its digits.
    pub value: String,
    /// How much it looks like one; larger is likelier.
    pub score: i32,
}

impl Link {
    /// The score of a link to the target that carries nothing which could be a secret: its home page, say.
    pub const ON_TARGET: i32 = 100;
}

/// How a link was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LinkSource {
    /// Written out in a text.
    #[default]
    Text,
    /// The `href` of an anchor.
    Href,
    /// Made by the harness of a code in the mail: the address to submit it to, with what is submitted as its query.
    Code,
}
