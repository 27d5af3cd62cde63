//! What happened in a trial, as a sequence between client, homeserver, mail and identity server.

use maud::{Markup, html};

use super::super::phrases;
use super::code::line;
use super::parts::{cut, errcode};
use super::{exchange, mail};
use threepid_record::model::{Entry, Event, Exchange, FindingKind, Level, TrialRecord, VisitEnd};

/// How many events of one trial are shown.
pub(super) const MOST_EVENTS: usize = 300;

/// The diagram of one trial. `id` is the trial's, from which those of its events are made.
pub(super) fn diagram(trial: &TrialRecord, id: &str) -> Markup {
    let (before, rest) = split(&trial.transcript.entries);
    frame(
        trial,
        "",
        &html! {
            @if !before.is_empty() {
                details.prep {
                    summary { "Preparation: " (phrases::count(before.len(), "request")) " to get accounts" }
                    (list(trial, before, id, "p"))
                }
            }
            (list(trial, rest, id, "e"))
        },
    )
}

/// What was done to get accounts, and what the scenario's own steps did.
pub(super) fn split(entries: &[Entry]) -> (&[Entry], &[Entry]) {
    entries.split_at(entries.iter().take_while(|e| is_preparation(e)).count())
}

/// The lanes around the rows of a trial.
pub(super) fn frame(trial: &TrialRecord, kind: &str, rows: &Markup) -> Markup {
    let identity = trial.transcript.entries.iter().any(|entry| match &entry.event {
        Event::RequestLogQuery(_) | Event::Instruction(_) => true,
        Event::Exchange(exchange) => trial.transcript.is_to_identity(exchange),
        _ => false,
    });
    html! {
        h5 { "What happened" }
        div class={ "seq lanes-" @if identity { "4" } @else { "3" } @if !kind.is_empty() { " " (kind) } } {
            div.lanes aria-hidden="true" {
                span { "Client" } span { "Homeserver" } span { "Mail" }
                @if identity { span { "Identity server" } }
            }
            (rows)
        }
    }
}

fn is_preparation(entry: &Entry) -> bool {
    entry.step.is_none() && matches!(entry.event, Event::Exchange(_))
}

/// For each entry, the steps before it that were not taken: without a word, their numbers would seem to be lost.
pub(super) fn not_taken(entries: &[Entry]) -> impl Iterator<Item = Markup> {
    let mut next = 0;
    entries.iter().map(move |entry| {
        let from = next;
        next = entry.step.map_or(next, |step| next.max(step.saturating_add(1)));
        let to = entry.step.unwrap_or(from);
        html! {
            @if to > from {
                div.row { span.step { span.soft {
                    (from + 1) @if to > from + 1 { "–" (to) } ". not taken"
                } } }
            }
        }
    })
}

fn list(trial: &TrialRecord, entries: &[Entry], id: &str, kind: &str) -> Markup {
    html! {
        @for ((index, entry), not_taken) in entries.iter().take(MOST_EVENTS).enumerate().zip(not_taken(entries)) {
            (not_taken)
            (event(trial, entry, &format!("{id}.{kind}{}", index + 1)))
        }
        @if entries.len() > MOST_EVENTS {
            span.note { (entries.len() - MOST_EVENTS) " more events are left out here; report.json has all." }
        }
    }
}

pub(super) fn event(trial: &TrialRecord, entry: &Entry, id: &str) -> Markup {
    let wrong = is_wrong(trial, entry);
    let head = head(entry, wrong);
    match &entry.event {
        Event::Exchange(one) => html! {
            details id=(id) {
                summary.row { (head) (asked(one, trial.transcript.is_to_identity(one), wrong)) }
                div.inside { (exchange::inside(one)) }
            }
        },
        Event::Visit(visit) => html! {
            details id=(id) {
                summary.row {
                    (head)
                    @for hop in &visit.hops { (asked(hop, false, wrong)) }
                    span.note {
                        @match &visit.end {
                            VisitEnd::Page => {
                                @let (title, text) = phrases::page(visit);
                                @if let Some(title) = title { "The page, titled “" (line(&cut(&title))) "”, says: “" }
                                @else { "The page says: “" }
                                (line(&cut(text))) "”"
                            }
                            VisitEnd::Redirect(to) => { "Sent on to " (line(to)) ", which is not followed" }
                            VisitEnd::NotFollowed(why) => { "Not followed: " (line(why)) }
                            VisitEnd::Undecided(why) => { "A page that does not tell how to go on: " (line(why)) }
                            VisitEnd::Failed => { "No page came" }
                        }
                    }
                }
                div.inside {
                    p { "Followed " code { (line(&visit.link)) }
                        @if visit.submitted && visit.browsed.is_none() { ", and submitted the form of its page" } }
                    @if let Some(browsed) = phrases::browsed(visit) { p { (line(&browsed)) "." } }
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
                            (phrases::duration(delivery.waited_ms)) }
                    }
                }
                div.inside {
                    p.timing {
                        "Waited " (phrases::duration(delivery.waited_ms)) " (at most " (phrases::duration(delivery.deadline_ms))
                        ") for " (phrases::count(delivery.wanted, "mail")) " to " (line(&delivery.mailbox)) "; "
                        (delivery.mails.len()) " came."
                    }
                    @for stray in &delivery.strays { p { "Mail came to " (line(&stray.to)) " instead: " (line(&stray.subject)) } }
                    @for one in delivery.mails.iter().take(20) { (mail::inside(one)) }
                }
            }
        },
        Event::NoMailWindow(silence) => html! {
            details id=(id) {
                summary.row {
                    (head)
                    @if silence.mails.is_empty() {
                        span.note { "No mail to " (line(&silence.mailbox)) " for " (phrases::duration(silence.window_ms)) ", as should be" }
                    }
                    @for one in silence.mails.iter().take(5) { (mail::arrow(one)) }
                }
                div.inside {
                    p.timing { "Watched " (line(&silence.mailbox)) " for " (phrases::duration(silence.window_ms)) "." }
                    @for one in silence.mails.iter().take(20) { (mail::inside(one)) }
                }
            }
        },
        Event::RequestLogQuery(inquiry) => html! {
            details id=(id) {
                summary.row {
                    (head)
                    @for one in inquiry.requests.iter().take(5) {
                        span.say.b-d-say { code { b { (line(&one.method)) } " " (line(&one.path)) } }
                        span.arrow.right.b-to-d {}
                    }
                    @if inquiry.requests.is_empty() { span.note { "The identity server was not asked" } }
                }
                div.inside { (exchange::inquiry(inquiry)) }
            }
        },
        Event::Stop(_) => html! {
            div.row id=(id) { (head) span.note.stop { (line(&phrases::capital(&entry.event.told()))) } }
        },
        other => html! { div.row id=(id) { (head) span.note { (line(&phrases::capital(&other.told()))) } } },
    }
}

/// Whether a step has a name of its own. One without is called what it asks, which the arrow says already.
pub(super) fn is_named(entry: &Entry) -> bool {
    match &entry.event {
        Event::Exchange(exchange) => {
            let asked = format!("{} ", exchange.request.method);
            !entry.label.strip_prefix(&asked).is_some_and(|path| exchange.request.url.ends_with(path))
        }
        _ => true,
    }
}

/// The step's name, whether something is wrong with it, and when it was.
fn head(entry: &Entry, wrong: bool) -> Markup {
    html! {
        span.step {
            span {
                @if let Some(step) = entry.step { (step + 1) ". " }
                @if is_named(entry) { b { (line(&entry.label)) } }
                @if wrong { " " span.flag { "✗ failed" } }
            }
            span { (phrases::duration(entry.at_ms)) }
        }
    }
}

/// Whether something that is required is not so at the step of an entry.
fn is_wrong(trial: &TrialRecord, entry: &Entry) -> bool {
    let own = trial.findings.iter().filter(|f| f.step_index == entry.step && f.step_index.is_some());
    own.into_iter().any(|f| f.kind == FindingKind::Requirement && matches!(f.level, Level::Must | Level::Security))
}

/// Request and answer as two arrows, to the identity server or the homeserver.
fn asked(exchange: &Exchange, identity: bool, wrong: bool) -> Markup {
    let request = &exchange.request;
    let to = if identity { "a-to-d" } else { "a-to-b" };
    html! {
        span.say.a-b-say {
            code { b { (line(&request.method)) } " " (line(short(&request.url))) }
            @if let Some(actor) = &exchange.actor { " " span.soft { "as " (line(actor)) } }
        }
        span class={ "arrow right " (to) } {}
        span.say.a-b-say { (answer(exchange, wrong)) " " span.soft { (phrases::duration(exchange.total_ms)) } }
        span class={ "arrow left back " (to) } {}
    }
}

/// The status and, if there is one, the error code.
fn answer(exchange: &Exchange, wrong: bool) -> Markup {
    match (&exchange.response, &exchange.failure) {
        (_, Some(failure)) => html! { span.lost { "no complete answer: " (line(&cut(&failure.message))) } },
        (None, None) => html! { span.lost { "no answer" } },
        (Some(response), None) => {
            // A refusal may be just what is required.
            let kind = match response.status {
                _ if wrong => "bad",
                ..400 => "good",
                _ => "other",
            };
            html! {
                span class=(kind) { (response.status) }
                @if let Some(code) = errcode(exchange) { " " code { (line(&cut(&code))) } }
            }
        }
    }
}

/// What follows the host in an address.
fn path(url: &str) -> &str {
    url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])).unwrap_or(url)
}

/// An address without what is the same in all requests of clients.
pub(super) fn short(url: &str) -> &str {
    path(url).strip_prefix("/_matrix/client").unwrap_or(path(url))
}
