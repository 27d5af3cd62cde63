//! `mail: <email>` and `no_mail: <email>`: waiting for mail, and for its absence.

use std::time::Duration;

use crate::scenario::keys::{Key, Kind, Shape, key};
use crate::scenario::node::Node;
use crate::scenario::read::{Fields, Reader};
use crate::scenario::template::Text;

/// A wait for mail.
pub(in crate::scenario) static MAIL: Kind = Kind {
    names: &["mail"],
    about: "Wait for mail to this address. The step takes its mails: a later one sees only what came besides. Mail that \
            does not come fails the step at the strongest of its levels, `security` aside (mail that does not come harms \
            nobody): at `must` where it expects nothing else, at `convention` beside `security` alone.",
    value: Shape::Text,
    keys: MAIL_KEYS,
    seen: Some(DELIVERY),
};

/// The keys of a step that waits for mail.
static MAIL_KEYS: &[Key] = &[
    key("count", Shape::Count, "How many mails with a link or a code to wait for, and to take; 1 if not given."),
    key("within", Shape::Duration, "How long to wait; `--mail-timeout` if not given."),
];

/// What can be expected of mail.
static DELIVERY: &[Key] = &[
    key(
        "count",
        Shape::Pattern,
        "How many of the mails that were waited for came: never more. A `no_mail` after it says that no more came.",
    ),
    key("envelope", Shape::Pattern, "`from`, `to` (a list), `params` (a list) of the SMTP envelope."),
    key("session", Shape::Pattern, "`helo`, `esmtp`, `tls`, `auth_user` of the SMTP session."),
    key("headers", Shape::Patterns, "Headers of the first mail, by their names in lower case."),
    key("text", Shape::Pattern, "The readable text of the first mail: its plain text, else its HTML without markup."),
    key("parts", Shape::Pattern, "The text parts: `content_type`, `charset`, `transfer_encoding`, `text`."),
    key(
        "link",
        Shape::Pattern,
        "The link to follow, or what stands for the code to submit: `url`, `origin`, `path`, `query` (by name), \
         `on_public`, `on_target`, `same_in_all_parts` (that are alternatives), `carries` (`query`, `path` or \
         `fragment`: where its token may be; absent if nowhere), `broken` (by a line end), `by_code`.",
    ),
    key("raw", Shape::Pattern, "The first mail as it was transferred."),
    key("mails", Shape::Pattern, "The mails that were taken, each with the fields above."),
];

/// A window without mail.
pub(in crate::scenario) static NO_MAIL: Kind = Kind {
    names: &["no_mail"],
    about: "See that no mail comes to this address: required without saying so, as strongly as the step's expectations.",
    value: Shape::Text,
    keys: NO_MAIL_KEYS,
    seen: Some(NO_MAIL_SEEN),
};

/// The keys of a step that waits for no mail.
static NO_MAIL_KEYS: &[Key] =
    &[key("for", Shape::Duration, "How long no mail may come; `--quiet-window` if not given.")];

/// What can be expected of silence.
static NO_MAIL_SEEN: &[Key] = &[
    key(
        "count",
        Shape::Pattern,
        "How many mails with a link or a code came all the same; 0 is required without saying so.",
    ),
    key(
        "links",
        Shape::Pattern,
        "Those links in mail that came all the same that could validate something; a home page does not count.",
    ),
];

/// A wait for mail.
#[derive(Debug, Clone, PartialEq)]
pub struct MailWait {
    /// The address.
    pub to: Text,
    /// How many mails.
    pub count: usize,
    /// How long; the run's own limit if not given.
    pub within: Option<Duration>,
}

/// A window without mail.
#[derive(Debug, Clone, PartialEq)]
pub struct Quiet {
    /// The address.
    pub to: Text,
    /// How long; the run's own window if not given.
    pub window: Option<Duration>,
}

/// How many mails one step may wait for.
const MAX_MAILS: usize = 1000;

impl Reader<'_> {
    pub(super) fn mail(&self, to: &Node, fields: &Fields<'_>) -> Option<MailWait> {
        Some(MailWait {
            to: self.text_or_none(to, "the address"),
            count: fields.get("count").and_then(|node| self.count(node, "`count`", MAX_MAILS)).unwrap_or(1),
            within: fields.get("within").and_then(|node| self.duration(node, "`within`")),
        })
    }

    pub(super) fn quiet(&self, to: &Node, fields: &Fields<'_>) -> Option<Quiet> {
        Some(Quiet {
            to: self.text_or_none(to, "the address"),
            window: fields.get("for").and_then(|node| self.duration(node, "`for`")),
        })
    }
}
