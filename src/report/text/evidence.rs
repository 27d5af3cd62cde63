//! What happened at a step: the exchange, the mail, the visit.

use super::super::curl::curl;
use super::super::style::{Role, Style};
use super::super::{visible, words};
use super::quote::quote;
use super::trial::brief;
use crate::model::{Delivery, Entry, Event, Exchange, Mail, Silence, StopReason, TrialRecord, Visit, VisitEnd};

/// How many events of one step are shown: parallel and repeated steps may have hundreds.
const MOST_EVENTS: usize = 4;
/// How many mails of one event are shown.
const MOST_MAILS: usize = 3;

/// What happened at a step.
pub(super) fn of_step(record: &TrialRecord, step: Option<usize>, style: &Style) -> String {
    let entries: Vec<&Entry> = record.transcript.entries.iter().filter(|e| e.step == step).collect();
    show(&entries, style)
}

/// What happened last, for a trial whose end is not explained by a finding.
pub(super) fn of_the_end(record: &TrialRecord, style: &Style) -> String {
    let Some(last) = record.transcript.entries.last() else {
        return String::new();
    };
    of_step(record, last.step, style)
}

fn show(entries: &[&Entry], style: &Style) -> String {
    let mut output = String::new();
    for entry in entries.iter().take(MOST_EVENTS) {
        output.push('\n');
        match &entry.event {
            Event::Exchange(one) => exchange(one, style, &mut output),
            Event::Delivery(delivery) => wait(delivery, style, &mut output),
            Event::Visit(visit) => follow(visit, style, &mut output),
            Event::Silence(silence) => quiet(silence, style, &mut output),
            Event::Rounds(rounds) => {
                let end = if rounds.reached { "ended as it should" } else { "never came to its end" };
                let text = format!("repeated {}: it {end}", words::count(rounds.times, "time"));
                output.push_str(&style.wrap("  ", "    ", &text));
            }
            Event::Note(text) => output.push_str(&style.wrap("  ", "    ", &visible(text))),
            Event::Stop(stop) => {
                let text = format!("stopped, {}: {}", reason(stop.reason), visible(&stop.message));
                output.push_str(&style.wrap("  ", "    ", &text));
            }
        }
    }
    if entries.len() > MOST_EVENTS {
        let text = format!(
            "… and {} of this step; report.json has all",
            words::count(entries.len() - MOST_EVENTS, "more event")
        );
        output.push_str(&style.wrap("  ", "    ", &text));
    }
    let last = entries.iter().rev().find_map(|entry| match &entry.event {
        Event::Exchange(exchange) => Some(exchange),
        Event::Visit(visit) => visit.hops.last(),
        _ => None,
    });
    if let Some(exchange) = last {
        // One line, however long: it is there to be copied.
        output.push_str(&format!("\n  repeat it\n  {}\n", style.paint(Role::Faint, &curl(exchange))));
    }
    output
}

fn exchange(exchange: &Exchange, style: &Style, output: &mut String) {
    let request = &exchange.request;
    let actor = exchange.actor.as_deref().map(|a| format!(" as {}", visible(a))).unwrap_or_default();
    let end = match (&exchange.response, &exchange.failure) {
        (_, Some(failure)) => format!("no complete answer: {}", visible(&failure.message)),
        (Some(response), None) => response.status.to_string(),
        (None, None) => "no answer".to_owned(),
    };
    let line = format!(
        "{} {}{actor} → {end} ({})",
        visible(&request.method),
        visible(&request.url),
        words::duration(exchange.total_ms)
    );
    output.push_str(&style.wrap("  ", "    ", &line));
    for (name, body) in [("sent", Some(&request.body)), ("received", exchange.response.as_ref().map(|r| &r.body))] {
        let Some(body) = body.filter(|b| b.size_bytes > 0) else {
            continue;
        };
        match (&body.text, &body.base64) {
            (Some(text), _) => {
                output.push_str(&format!("    {name}\n"));
                output.push_str(&quote(text, "    │ ", style));
            }
            (None, _) => {
                let bytes = words::bytes(usize::try_from(body.size_bytes).unwrap_or(usize::MAX));
                output.push_str(&format!("    {name} {bytes} that are no text\n"));
            }
        }
        if body.truncated {
            output.push_str(&style.wrap("    ", "    ", "Reading stopped here, at the limit for a body."));
        }
    }
}

fn wait(delivery: &Delivery, style: &Style, output: &mut String) {
    let Delivery { mailbox, wanted, mails, waited_ms, deadline_ms, strays } = delivery;
    let text = format!(
        "waited {} (at most {}) for {} to {}: {}",
        words::duration(*waited_ms),
        words::duration(*deadline_ms),
        words::count(*wanted, "mail"),
        visible(mailbox),
        came(mails.len())
    );
    output.push_str(&style.wrap("  ", "    ", &text));
    show_mails(mails, style, output);
    for stray in strays.iter().take(MOST_MAILS) {
        let text = format!("mail came to {} instead: {}", visible(&stray.to), brief(&stray.subject));
        output.push_str(&style.wrap("    ", "      ", &text));
    }
}

fn quiet(silence: &Silence, style: &Style, output: &mut String) {
    let text = format!(
        "watched {} for {}, when no mail should come: {}",
        visible(&silence.mailbox),
        words::duration(silence.window_ms),
        came(silence.mails.len())
    );
    output.push_str(&style.wrap("  ", "    ", &text));
    show_mails(&silence.mails, style, output);
}

fn came(mails: usize) -> String {
    if mails == 0 { "none came".to_owned() } else { format!("{mails} came") }
}

fn show_mails(mails: &[Mail], style: &Style, output: &mut String) {
    for mail in mails.iter().take(MOST_MAILS) {
        let parts: Vec<_> = mail.parts.iter().map(|p| visible(&p.content_type)).collect();
        let text = format!(
            "mail from <{}> to {}: {} ({})",
            visible(&mail.envelope.from),
            visible(&mail.envelope.to.join(", ")),
            mail.header("subject").map_or_else(|| "no subject".to_owned(), |s| format!("\"{}\"", brief(s))),
            if parts.is_empty() { "no text part".to_owned() } else { parts.join(" + ") }
        );
        output.push_str(&style.wrap("    ", "      ", &text));
        let link = mail.link().map_or_else(|| "no link in it".to_owned(), |l| format!("link {}", visible(&l.url)));
        output.push_str(&style.wrap("      ", "      ", &link));
    }
    if mails.len() > MOST_MAILS {
        output.push_str(&format!("    … and {} more\n", mails.len() - MOST_MAILS));
    }
}

fn follow(visit: &Visit, style: &Style, output: &mut String) {
    output.push_str(&style.wrap("  ", "    ", &format!("followed {}", visible(&visit.link))));
    for hop in &visit.hops {
        exchange(hop, style, output);
    }
    let end = match &visit.end {
        VisitEnd::Page => format!("came to a page: {}", brief(&visit.text)),
        VisitEnd::Redirect(to) => format!("was sent on to {} (not followed)", visible(to)),
        VisitEnd::NotFollowed(why) => format!("was not followed: {}", visible(why)),
        VisitEnd::Failed => "came to nothing".to_owned(),
    };
    output.push_str(&style.wrap("    ", "      ", &end));
}

fn reason(reason: StopReason) -> &'static str {
    match reason {
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
