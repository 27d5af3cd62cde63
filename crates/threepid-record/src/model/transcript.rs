//! What happened in one trial, in order.

use serde::{Deserialize, Serialize};
use url::Url;

use super::{Exchange, FailureKind, Instruction, Mail, RequestLogQuery};

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

/// The kinds of things that happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A request and its answer.
    Exchange(Exchange),
    /// A wait for mail that ended, with mail or without.
    Delivery(Delivery),
    /// A link followed as a browser would.
    Visit(Visit),
    /// A window in which no mail should come.
    #[serde(alias = "silence")]
    NoMailWindow(NoMailWindow),
    /// Steps repeated, and how that ended.
    #[serde(alias = "rounds")]
    RepeatResult(RepeatResult),
    /// Something that the harness did itself: a pause, an order to its sink. In words.
    Note(String),
    /// A look at what the identity server was asked.
    #[serde(alias = "inquiry")]
    RequestLogQuery(RequestLogQuery),
    /// The identity server was told to misbehave.
    Instruction(Instruction),
    /// The trial could not go on.
    Stop(Stop),
}

/// How a repetition ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RepeatResult {
    /// Whether a round ended as it was repeated for.
    pub reached: bool,
    /// How many rounds there were.
    pub times: usize,
}

/// A wait for mail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Delivery {
    /// The address that was watched.
    pub mailbox: String,
    /// How many mails were waited for.
    pub wanted: usize,
    /// What came.
    pub mails: Vec<Mail>,
    /// How long the wait took, in milliseconds.
    pub waited_ms: f64,
    /// The deadline, in milliseconds.
    pub deadline_ms: f64,
    /// Recipients of mail that nobody waits for, seen when the wait timed out (bounded).
    #[serde(default)]
    pub strays: Vec<Arrival>,
}

/// Mail that arrived for an address nobody waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Arrival {
    /// The recipient.
    pub to: String,
    /// The subject.
    pub subject: String,
}

/// A link followed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Visit {
    /// The link as it stood in the mail (after any alteration the step asked for).
    pub link: String,
    /// Each request: the first GET or HEAD, redirects on the target, a form's submission, what a browser asked it for.
    pub hops: Vec<Exchange>,
    /// Whether a form was submitted on the way, or a browser or its script went on otherwise.
    #[serde(default)]
    pub submitted: bool,
    /// How it ended.
    pub end: VisitEnd,
    /// The text of the last page, without markup, white space folded.
    pub text: String,
    /// What a browser did, where plain HTTP could not tell how a person would go on. Its exchanges are among the hops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browsed: Option<Browsed>,
}

/// A page opened in a browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Browsed {
    /// Which browser: `chrome 148.0.7778.167`.
    pub browser: String,
    /// Why plain HTTP was not enough.
    pub because: String,
    /// What stands on the buttons and links that were pressed, in order.
    pub pressed: Vec<String>,
    /// The hop that brought the page that is shown at the end. Scripts may ask for more after it.
    pub page: usize,
    /// The hop whose status answers for the visit: where a script sent the token on, the answer to that.
    pub answer: usize,
}

impl Visit {
    /// The exchange that brought the page that is shown at the end.
    pub fn page(&self) -> Option<&Exchange> {
        match &self.browsed {
            Some(browsed) => self.hops.get(browsed.page),
            None => self.hops.last(),
        }
    }

    /// The exchange whose status says how it went.
    pub fn answer(&self) -> Option<&Exchange> {
        match &self.browsed {
            Some(browsed) => self.hops.get(browsed.answer),
            None => self.hops.last(),
        }
    }
}

/// How following a link ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum VisitEnd {
    /// On a page.
    Page,
    /// On a redirect, which is never followed off the target: where it points.
    Redirect(String),
    /// The link does not lead to the target, or on and on, and was not followed to an end: why.
    NotFollowed(String),
    /// On a page of which it cannot be told how a person would go on: what stands on it. Nobody is judged by it.
    Undecided(String),
    /// No complete answer; the last hop has the failure.
    Failed,
}

/// A window without mail, or one that was broken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NoMailWindow {
    /// The address that was watched.
    pub mailbox: String,
    /// How long, in milliseconds.
    pub window_ms: f64,
    /// What came all the same.
    pub mails: Vec<Mail>,
}

/// Why a trial ended before its last step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stop {
    /// What kind of reason.
    pub reason: StopReason,
    /// In words.
    pub message: String,
}

/// The kinds of reasons to stop a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// A value that a later step needs was not in an answer.
    Unbound,
    /// The target did not answer, or what came was not HTTP.
    Unreachable,
    /// The step could not be done as the scenario asks: a value makes no valid URL, say.
    Impossible,
    /// The step does not apply to this target: its links have no such parameter, say.
    NotApplicable,
    /// An account could not be made.
    NoAccount,
    /// The target refused because of its rate limits.
    RateLimited,
    /// The trial's deadline passed.
    Deadline,
    /// The person pressed Ctrl-C, or another trial's failure ended the run.
    Interrupted,
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
