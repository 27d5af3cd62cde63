//! What happened in a trial that passed, in short.
//!
//! Takes a trial; gives the same sequence as `sequence`, with the bodies as they came and without headers, times, sources
//! and commands: hundreds of trials that went well must not make the page slow for the one that did not. What happens
//! seldom is shown whole.

use maud::{Markup, html};

use super::super::phrases;
use super::code::content;
use super::parts::{cut, errcode};
use super::sequence::{self, MOST_EVENTS};
use threepid_record::model::{
    Body, Delivery, Entry, Event, Exchange, Mail, NoMailWindow, TrialRecord, Visit, VisitEnd,
};

/// How many mails of one wait are shown.
const MOST_MAILS: usize = 5;

/// The diagram of one trial. `id` is the trial's.
pub(super) fn diagram(trial: &TrialRecord, id: &str) -> Markup {
    let (before, rest) = sequence::split(&trial.transcript.entries);
    sequence::frame(
        trial,
        "brief",
        &html! {
            @if !before.is_empty() { p.soft { "Preparation: " (content(&asked_before(before))) } }
            @for ((index, entry), not_taken) in rest.iter().take(MOST_EVENTS).enumerate().zip(sequence::not_taken(rest)) {
                (not_taken)
                @match &entry.event {
                    Event::Exchange(one) => (exchange(entry, one, trial.transcript.is_to_identity(one))),
                    Event::Visit(one) => (visit(entry, one)),
                    Event::Delivery(one) => (delivery(entry, one)),
                    Event::NoMailWindow(one) => (silence(entry, one)),
                    _ => (sequence::event(trial, entry, &format!("{id}.e{}", index + 1))),
                }
            }
            @if rest.len() > MOST_EVENTS {
                span.note { (rest.len() - MOST_EVENTS) " more events are left out here; report.json has all." }
            }
        },
    )
}

/// What was asked to get accounts, and how it was answered.
fn asked_before(entries: &[Entry]) -> String {
    let asked = entries.iter().filter_map(|entry| match &entry.event {
        Event::Exchange(one) => {
            let status = one.response.as_ref().map_or("no answer".to_owned(), |response| response.status.to_string());
            Some(format!("{} {} {status}", one.request.method, sequence::short(&one.request.url)))
        }
        _ => None,
    });
    asked.take(MOST_EVENTS).collect::<Vec<_>>().join(", ")
}

fn exchange(entry: &Entry, one: &Exchange, identity: bool) -> Markup {
    let answered = one.response.as_ref().map(|response| &response.body);
    let bodies = [("→ ", Some(&one.request.body)), ("← ", answered)];
    let text: Vec<String> =
        bodies.into_iter().filter_map(|(sign, body)| body.and_then(|body| said(sign, body))).collect();
    folded(&html! { (name(entry)) (arrows(one, identity)) }, &text.join("\n"))
}

fn visit(entry: &Entry, one: &Visit) -> Markup {
    let end = match &one.end {
        VisitEnd::Page => {
            phrases::page(one).0.map_or("A page".to_owned(), |title| format!("The page “{}”", cut(&title)))
        }
        VisitEnd::Redirect(to) => format!("Sent on to {to}, which is not followed"),
        VisitEnd::NotFollowed(why) => format!("Not followed: {why}"),
        VisitEnd::Undecided(why) => format!("A page that does not tell how to go on: {why}"),
        VisitEnd::Failed => "No page came".to_owned(),
    };
    let head = html! {
        (name(entry))
        @for hop in &one.hops { (arrows(hop, false)) }
        span.note { (content(&end)) @if one.submitted { ", after its form was submitted" } }
    };
    folded(&head, one.text.trim())
}

fn delivery(entry: &Entry, one: &Delivery) -> Markup {
    let head = html! {
        (name(entry))
        @if one.mails.is_empty() {
            span.note { "No mail to " (content(&one.mailbox)) " in " (phrases::duration(one.waited_ms)) }
        }
        (mails(&one.mails))
    };
    folded(&head, &letters(&one.mails))
}

fn silence(entry: &Entry, one: &NoMailWindow) -> Markup {
    let head = html! {
        (name(entry))
        @if one.mails.is_empty() {
            span.note { "No mail to " (content(&one.mailbox)) " for " (phrases::duration(one.window_ms)) ", as should be" }
        }
        (mails(&one.mails))
    };
    folded(&head, &letters(&one.mails))
}

/// A row that opens where there is something to see.
fn folded(head: &Markup, text: &str) -> Markup {
    if text.is_empty() {
        return html! { div.row { (head) } };
    }
    html! { details { summary.row { (head) } pre { (content(text)) } } }
}

fn name(entry: &Entry) -> Markup {
    html! {
        span.step {
            @if let Some(step) = entry.step { (step + 1) ". " }
            @if sequence::is_named(entry) { b { (content(&entry.label)) } }
        }
    }
}

/// Request and answer; the arrows below them are the style's.
fn arrows(one: &Exchange, identity: bool) -> Markup {
    let to = if identity { " far" } else { "" };
    html! {
        span class={ "to" (to) } {
            b { (content(&one.request.method)) } " " (content(sequence::short(&one.request.url)))
            @if let Some(actor) = &one.actor { " as " (content(actor)) }
        }
        span class={ "fro" (to) } {
            @match (&one.response, &one.failure) {
                (Some(response), None) => {
                    (response.status) @if let Some(code) = errcode(one) { " " (content(&cut(&code))) }
                }
                _ => "no complete answer",
            }
        }
    }
}

fn mails(mails: &[Mail]) -> Markup {
    html! {
        @for mail in mails.iter().take(MOST_MAILS) {
            span.in { "“" (content(&cut(mail.header("subject").unwrap_or("no subject")))) "”" }
        }
    }
}

/// What the mails say: the first part of each that has a text.
fn letters(mails: &[Mail]) -> String {
    let letters = mails.iter().take(MOST_MAILS).map(|mail| {
        let text = mail.parts.first().map(|part| part.text.trim()).unwrap_or_default();
        format!("To: {}\n\n{text}", mail.envelope.to.join(", "))
    });
    letters.collect::<Vec<_>>().join("\n\n")
}

fn said(sign: &str, body: &Body) -> Option<String> {
    match (&body.text, &body.base64) {
        (Some(text), _) if text.is_empty() => None,
        (Some(text), _) => Some(format!("{sign}{text}")),
        (None, Some(_)) => Some(format!("{sign}{} that are not text", phrases::bytes(body.size_bytes as usize))),
        (None, None) => None,
    }
}
