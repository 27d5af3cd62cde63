//! One thing that is wrong with an exchange.
//!
//! Gives the data that the other parts hand to each other; it finds nothing itself.

use crate::scenario::Span;
use threepid_record::model::SpecRef;

/// One thing in an exchange that is not as it should be, found by other means than a pattern in the rule.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    /// What part of the answer.
    pub(super) subject: String,
    pub(super) expected: String,
    pub(super) actual: String,
    /// Where the files say so, and the specification, if not where the rule does.
    pub(super) source: Option<(Span, SpecRef)>,
}
