//! 429 answers: for how long one request is held up by them.

use std::time::Duration;

use threepid_engine::scenario::{Check, Pattern, PatternKind};
use threepid_record::model::{Response, Stop, StopReason};
use threepid_wire::http::asked_to_wait;

/// What is left of the waiting that one request, or several at once, may do.
pub(super) struct Patience {
    limit: Duration,
    left: Duration,
}

impl Patience {
    pub(super) fn new(limit: Duration) -> Patience {
        Patience { limit, left: limit }
    }

    /// How long to wait after this answer; `None` if it asks for nothing. `before` is how many there were before it.
    ///
    /// # Errors
    ///
    /// A stop, if the wait is longer than what is left.
    pub(super) fn wait(&mut self, response: Option<&Response>, before: u32) -> Result<Option<Duration>, Stop> {
        let Some(wait) = response.and_then(|response| asked_to_wait(response, before)) else {
            return Ok(None);
        };
        self.left = self.left.checked_sub(wait).ok_or_else(|| Stop {
            reason: StopReason::RateLimited,
            message: format!(
                "the target limits how often it is asked: it wants {wait:?} of waiting, and {:?} are allowed for one \
                 request; lift its limits for this run, or set --rate-limit-wait",
                self.limit
            ),
        })?;
        Ok(Some(wait))
    }
}

/// Whether a step names 429 among what it expects. A class (`4xx`) does not: being limited is not being refused.
pub(super) fn expected(checks: &[Check]) -> bool {
    checks.iter().any(|check| {
        std::iter::once(&check.pattern)
            .chain(check.one_of.iter().map(|alternative| &alternative.pattern))
            .any(names_429)
    })
}

fn names_429(pattern: &Pattern) -> bool {
    match &pattern.kind {
        PatternKind::Literal(value) => value.as_u64() == Some(429),
        PatternKind::Object { fields, .. } => fields.iter().any(|(name, field)| name == "status" && names_429(field)),
        PatternKind::AnyOf(items) | PatternKind::All(items) => items.iter().any(names_429),
        _ => false,
    }
}
