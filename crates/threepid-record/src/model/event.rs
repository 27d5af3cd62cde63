//! The kinds of things that happen, and what all consumers ask of one, whatever its kind.
//!
//! Takes an event; gives its exchanges, its mails, how long it took, and its words where it has no more to show than those. A
//! new kind of event answers here, and is then judged, redacted, reported and told; it never looks at what surrounds it.

use serde::{Deserialize, Serialize};

use super::{Exchange, Instruction, Mail, RequestLogQuery};

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

impl Event {
    /// The requests with their answers, in order.
    pub fn exchanges(&self) -> &[Exchange] {
        match self {
            Event::Exchange(exchange) => std::slice::from_ref(exchange),
            Event::Visit(visit) => &visit.hops,
            Event::Delivery(_)
            | Event::NoMailWindow(_)
            | Event::RepeatResult(_)
            | Event::Note(_)
            | Event::RequestLogQuery(_)
            | Event::Instruction(_)
            | Event::Stop(_) => &[],
        }
    }

    /// The mails that came.
    pub fn mails(&self) -> &[Mail] {
        match self {
            Event::Delivery(delivery) => &delivery.mails,
            Event::NoMailWindow(window) => &window.mails,
            Event::Exchange(_)
            | Event::Visit(_)
            | Event::RepeatResult(_)
            | Event::Note(_)
            | Event::RequestLogQuery(_)
            | Event::Instruction(_)
            | Event::Stop(_) => &[],
        }
    }

    /// How long it took, in milliseconds.
    pub fn took_ms(&self) -> f64 {
        match self {
            Event::Exchange(exchange) => exchange.total_ms,
            Event::Visit(visit) => visit.hops.iter().map(|hop| hop.total_ms).sum(),
            Event::Delivery(delivery) => delivery.waited_ms,
            Event::NoMailWindow(window) => window.window_ms,
            Event::RepeatResult(_)
            | Event::Note(_)
            | Event::RequestLogQuery(_)
            | Event::Instruction(_)
            | Event::Stop(_) => 0.0,
        }
    }

    /// It in one sentence without a full stop, for those who show no more of it. It may have what a server said.
    pub fn told(&self) -> String {
        match self {
            Event::Exchange(exchange) => format!("{} {}", exchange.request.method, exchange.request.url),
            Event::Visit(visit) => format!("followed {}", visit.link),
            Event::Delivery(delivery) => format!("waited for mail to {}", delivery.mailbox),
            Event::NoMailWindow(window) => format!("watched {} for mail", window.mailbox),
            Event::RepeatResult(result) => {
                let end = if result.reached { "ended as it should" } else { "never came to its end" };
                format!("repeated {} {}: it {end}", result.times, if result.times == 1 { "time" } else { "times" })
            }
            Event::Note(text) => text.clone(),
            Event::RequestLogQuery(query) => format!("looked what was asked at {}", query.path),
            Event::Instruction(told) => {
                let (path, about, does) = (&told.path, &told.about, &told.does);
                format!("from here the identity server {does}, when asked at {path} about {about}")
            }
            Event::Stop(stop) => format!("stopped, {}: {}", stop.reason.told(), stop.message),
        }
    }

    /// The last answer, if it has one.
    pub fn answer(&self) -> Option<&Exchange> {
        match self {
            Event::Visit(visit) => visit.answer(),
            other => other.exchanges().last(),
        }
    }
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

impl StopReason {
    /// It in words.
    pub fn told(self) -> &'static str {
        match self {
            StopReason::Unbound => "a value that is needed later was missing",
            StopReason::Unreachable => "the target did not answer",
            StopReason::Impossible => "the step could not be done as the scenario asks",
            StopReason::NotApplicable => "the step does not apply to this target",
            StopReason::NoAccount => "no account could be made",
            StopReason::RateLimited => "the target limits the rate",
            StopReason::Deadline => "the trial's time was up",
            StopReason::Interrupted => "the run was interrupted",
        }
    }
}
