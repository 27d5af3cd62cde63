//! What happened in a trial, as a sequence between client, homeserver and mail.

use maud::{Markup, html};

use super::super::words;
use super::code::{self, line};
use super::{exchange, mail};
use crate::model::{Entry, Event, Exchange, FindingKind, Level, TrialRecord, VisitEnd};

/// How many events of one trial are shown.
const MOST_EVENTS: usize = 300;

/// The diagram of one trial. `id` is the trial's, from which those of its events are made.
pub(super) fn diagram(trial: &TrialRecord, id: &str) -> Markup {
    let entries = &trial.transcript.entries;
    let (before, rest) = entries.split_at(entries.iter().take_while(|e| is_preparation(e)).count());
    html! {
        h5 { "What happened" }
        div.seq.lanes-3 {
            div.lanes aria-hidden="true" { span { "Client" } span { "Homeserver" } span { "Mail" } }
            @if !before.is_empty() {
                details.prep {
                    summary { "Preparation: " (words::count(before.len(), "request")) " to get accounts" }
                    (list(trial, before, id, "p"))
                }
            }
            (list(trial, rest, id, "e"))
        }
    }
}

fn is_preparation(entry: &Entry) -> bool {
    entry.step.is_none() && matches!(entry.event, Event::Exchange(_))
}

fn list(trial: &TrialRecord, entries: &[Entry], id: &str, kind: &str) -> Markup {
    html! {
        @for (index, entry) in entries.iter().take(MOST_EVENTS).enumerate() {
            (event(trial, entry, &format!("{id}.{kind}{}", index + 1)))
        }
        @if entries.len() > MOST_EVENTS {
            span.note { (entries.len() - MOST_EVENTS) " more events are left out here; report.json has all." }
        }
    }
}

fn event(trial: &TrialRecord, entry: &Entry, id: &str) -> Markup {
    let head = head(trial, entry);
    match &entry.event {
        Event::Exchange(one) => html! {
            details id=(id) {
                summary.row { (head) (asked(one)) }
                div.inside { (exchange::inside(one)) }
            }
        },
        Event::Visit(visit) => html! {
            details id=(id) {
                summary.row {
                    (head)
                    @for hop in &visit.hops { (asked(hop)) }
                    span.note {
                        @match &visit.end {
                            VisitEnd::Page => { "The page says: “" (line(&cut(&visit.text))) "”" }
                            VisitEnd::Redirect(to) => { "Sent on to " (line(to)) ", which is not followed" }
                            VisitEnd::NotFollowed(why) => { "Not followed: " (line(why)) }
                            VisitEnd::Failed => { "No page came" }
                        }
                    }
                }
                div.inside {
                    p { "Followed " code { (line(&visit.link)) } @if visit.submitted { ", and submitted the form of its page" } }
                    @for hop in &visit.hops { (exchange::inside(hop)) }
                }
            }
        },
        Event::Delivery(delivery) => html! {
            details id=(id) {
                summary.row {
                    (head)
                    @for one in delivery.mails.iter().take(5) { (mail::arrow(one)) }
                    @if delivery.mails.is_empty() {
                        span.note { "Waited for mail to " (line(&delivery.mailbox)) ": none came in "
                            (words::duration(delivery.waited_ms)) }
                    }
                }
                div.inside {
                    p.timing {
                        "Waited " (words::duration(delivery.waited_ms)) " (at most " (words::duration(delivery.deadline_ms))
                        ") for " (words::count(delivery.wanted, "mail")) " to " (line(&delivery.mailbox)) "; "
                        (delivery.mails.len()) " came."
                    }
                    @for stray in &delivery.strays { p { "Mail came to " (line(&stray.to)) " instead: " (line(&stray.subject)) } }
                    @for one in delivery.mails.iter().take(20) { (mail::inside(one)) }
                }
            }
        },
        Event::Silence(silence) => html! {
            details id=(id) {
                summary.row {
                    (head)
                    @if silence.mails.is_empty() {
                        span.note { "No mail to " (line(&silence.mailbox)) " for " (words::duration(silence.window_ms)) ", as should be" }
                    }
                    @for one in silence.mails.iter().take(5) { (mail::arrow(one)) }
                }
                div.inside {
                    p.timing { "Watched " (line(&silence.mailbox)) " for " (words::duration(silence.window_ms)) "." }
                    @for one in silence.mails.iter().take(20) { (mail::inside(one)) }
                }
            }
        },
        Event::Rounds(rounds) => note(
            id,
            &head,
            &format!(
                "Repeated {}; {}",
                words::count(rounds.times, "time"),
                if rounds.reached {
                    "then it came as it was repeated for"
                } else {
                    "and it never came as it was repeated for"
                }
            ),
        ),
        Event::Note(text) => note(id, &head, text),
        Event::Inquiry(inquiry) => html! {
            details id=(id) {
                summary.row {
                    (head)
                    span.note {
                        "The identity server was asked " (line(&inquiry.path)) " about " (line(&inquiry.about)) " "
                        (words::count(inquiry.requests.len(), "time"))
                    }
                }
                div.inside { pre { (line(&serde_json::to_string(&inquiry.requests).unwrap_or_default())) } }
            }
        },
        Event::Instruction(told) => {
            note(id, &head, &format!("The identity server {} to {} about {}", told.does, told.path, told.about))
        }
        Event::Stop(stop) => html! {
            div.row id=(id) { (head) span.note.stop { "Stopped, " (words::stop(stop.reason)) ": " (line(&stop.message)) } }
        },
    }
}

/// The step's name, what is wrong with it, and when it was.
fn head(trial: &TrialRecord, entry: &Entry) -> Markup {
    let failed = trial
        .findings
        .iter()
        .filter(|f| f.step_index == entry.step && f.step_index.is_some())
        .filter(|f| f.kind == FindingKind::Requirement && matches!(f.level, Level::Must | Level::Security))
        .count();
    html! {
        span.step {
            span {
                @if let Some(step) = entry.step { (step + 1) ". " }
                b { (line(&entry.label)) }
                @if failed > 0 { " " span.flag { "✗ not as required" } }
            }
            span { (words::duration(entry.at_ms)) }
        }
    }
}

/// Request and answer as two arrows.
fn asked(exchange: &Exchange) -> Markup {
    let request = &exchange.request;
    html! {
        span.say.a-b-say {
            code { b { (line(&request.method)) } " " (line(path(&request.url))) }
            @if let Some(actor) = &exchange.actor { " " span.soft { "as " (line(actor)) } }
        }
        span.arrow.right.a-to-b {}
        span.say.a-b-say { (answer(exchange)) " " span.soft { (words::duration(exchange.total_ms)) } }
        span.arrow.left.back.a-to-b {}
    }
}

/// The status and, if there is one, the error code.
pub(super) fn answer(exchange: &Exchange) -> Markup {
    match (&exchange.response, &exchange.failure) {
        (_, Some(failure)) => html! { span.lost { "no complete answer: " (line(&cut(&failure.message))) } },
        (None, None) => html! { span.lost { "no answer" } },
        (Some(response), None) => {
            let kind = if response.status < 400 { "good" } else { "bad" };
            html! {
                span class=(kind) { (response.status) }
                @if let Some(code) = errcode(exchange) { " " code { (line(&cut(&code))) } }
            }
        }
    }
}

/// The error code of a Matrix error.
pub(super) fn errcode(exchange: &Exchange) -> Option<String> {
    let text = exchange.response.as_ref()?.body.text.as_deref()?;
    let body: serde_json::Value = serde_json::from_str(text).ok()?;
    Some(body.get("errcode")?.as_str()?.to_owned())
}

/// An address without what is the same in all requests.
fn path(url: &str) -> &str {
    let path = url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])).unwrap_or(url);
    path.strip_prefix("/_matrix/client").unwrap_or(path)
}

pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(160) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A body under its title, or a word about why it is not shown.
pub(super) fn body(title: &str, body: &crate::model::Body) -> Markup {
    html! {
        @match (&body.text, &body.base64) {
            (Some(text), _) if !text.is_empty() => { h5 { (title) } (code::body(text)) }
            (None, Some(base64)) => { h5 { (title) " (no text; in base64)" } (code::block(base64)) }
            _ => {}
        }
        @if body.truncated { p.soft { "Reading stopped here, at the limit for a body." } }
    }
}

/// Something that happened beside the exchanges, in words.
fn note(id: &str, head: &Markup, text: &str) -> Markup {
    html! { div.row id=(id) { (head) span.note { (line(text)) } } }
}
