//! What happened in one trial, in order.

use serde::{Deserialize, Serialize};
use url::Url;

use super::{Event, Exchange, FailureKind, StopReason};

/// Everything that happened in one trial, in order. Enough to judge the trial again without a network. In a record its
/// fields stand beside those of its trial.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Transcript {
    /// When the trial began, in milliseconds since the epoch.
    #[serde(default)]
    pub started_ms: u64,
    /// The addresses of the target, the one that its links should carry first: variants of a target may have their own.
    #[serde(default)]
    pub origins: Vec<String>,
    /// The values that the harness chose or was given (addresses, secrets, accounts), by placeholder name, in the
    /// order they came up. What was read from answers is not here; it is read again.
    #[serde(default)]
    pub values: Vec<(String, serde_json::Value)>,
    /// What happened, in order: the `transcript` of a record.
    #[serde(rename = "transcript")]
    pub entries: Vec<Entry>,
}

impl Transcript {
    /// The first step whose requests raced, if one did: only those have several turns. Who is served first is chance, and
    /// so is what that step and all that follow are answered.
    pub fn race(&self) -> Option<usize> {
        self.entries.iter().filter(|entry| entry.turn > 0).filter_map(|entry| entry.step).min()
    }

    /// Whether it ended because of something that concerns the whole target and no single trial.
    pub fn trouble(&self) -> Option<Trouble> {
        let stop = self.entries.iter().rev().find_map(|entry| match &entry.event {
            Event::Stop(stop) => Some(stop),
            _ => None,
        })?;
        let last = self.entries.iter().rev().find_map(|entry| entry.event.exchanges().last());
        let refused = || last?.failure.as_ref().filter(|failure| failure.kind == FailureKind::Connect);
        let limited = || last?.response.as_ref().filter(|response| response.status == 429);
        match stop.reason {
            StopReason::RateLimited => Some(Trouble::Limited),
            StopReason::NoAccount if limited().is_some() => Some(Trouble::Limited),
            StopReason::Unreachable | StopReason::NoAccount if refused().is_some() => Some(Trouble::Gone),
            _ => None,
        }
    }

    /// Whether a client asked the identity server itself, and not the target. A target may have paths like those of an
    /// identity server, so the address decides; a record that lacks the target's is read by the path.
    pub fn is_to_identity(&self, exchange: &Exchange) -> bool {
        let Ok(asked) = Url::parse(&exchange.request.url) else {
            return false;
        };
        if self.origins.is_empty() {
            return asked.path().starts_with("/_matrix/identity/");
        }
        let own = self.origins.iter().filter_map(|origin| Url::parse(origin).ok());
        !own.into_iter().any(|own| own.origin() == asked.origin())
    }
}

/// What keeps more than one trial from being told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// No connection to the target could be made.
    Gone,
    /// The target limits how often it is asked.
    Limited,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Entry {
    /// Index of the planned step that caused it; `None` for preparations (accounts).
    pub step: Option<usize>,
    /// Which of a parallel or repeated step's requests this is, counted from 0.
    #[serde(default)]
    pub turn: usize,
    /// The step's name, for people.
    pub label: String,
    /// Since the start of the trial, in milliseconds.
    pub at_ms: f64,
    /// What it was.
    pub event: Event,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Request;

    #[test]
    fn the_address_decides_who_was_asked() {
        let asked = |url: &str| Exchange {
            actor: None,
            request: Request { method: "GET".into(), url: url.into(), headers: Vec::new(), body: Default::default() },
            response: None,
            failure: None,
            headers_ms: 0.0,
            total_ms: 0.0,
        };
        let identity = asked("https://127.0.0.1:9/_matrix/identity/v2/lookup");
        let own = asked("http://hs.example/_matrix/identity/v2/lookup");
        let known = Transcript { origins: vec!["http://hs.example:80/".into()], ..Transcript::default() };
        assert!(known.is_to_identity(&identity) && !known.is_to_identity(&own));
        let unknown = Transcript::default();
        assert!(unknown.is_to_identity(&own) && !unknown.is_to_identity(&asked("http://hs.example/_matrix/client")));
    }
}
