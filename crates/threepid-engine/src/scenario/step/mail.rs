//! `mail: <email>` and `no_mail: <email>`: waiting for mail, and for its absence.

use std::time::Duration;

use crate::scenario::node::Node;
use crate::scenario::read::{Fields, Reader};
use crate::scenario::template::Text;

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
