//! What to write to whom, before it is a mail.

use crate::address::Address;

/// What to write to whom.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) to: Address,
    pub(crate) subject: String,
    /// What the text says before the link, and after it.
    pub(crate) before: String,
    pub(crate) after: &'static str,
    pub(crate) link: String,
}
