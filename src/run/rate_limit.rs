//! 429 answers: how long the target asks to wait.

use std::time::Duration;

use crate::model::Response;
use crate::scenario::{Check, Pattern, PatternKind};

/// How long a 429 answer asks to wait: `Retry-After` in seconds, else `retry_after_ms` (Client-Server API, rate
/// limiting). `None` if the answer is no 429; one second if it does not say.
pub(super) fn asked_to_wait(response: &Response) -> Option<Duration> {
    if response.status != 429 {
        return None;
    }
    let header = response.header("retry-after").and_then(|value| value.trim().parse().ok()).map(Duration::from_secs);
    let body = || {
        let body: serde_json::Value = serde_json::from_str(response.body.text.as_deref()?).ok()?;
        Some(Duration::from_millis(body.get("retry_after_ms")?.as_u64()?))
    };
    Some(header.or_else(body).unwrap_or(Duration::from_secs(1)))
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
