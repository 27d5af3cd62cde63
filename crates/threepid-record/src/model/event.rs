//! What all consumers ask of an event, whatever its kind.
//!
//! Takes an event; gives its exchanges, its mails, how long it took, and its words where it has no more to show than those. A
//! new kind of event answers here, and is then judged, redacted, reported and told; it never looks at what surrounds it.

use super::{Event, Exchange, Mail, StopReason};

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
