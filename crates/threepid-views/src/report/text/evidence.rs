//! What happened at a step: the exchange, the mail, the visit.

use super::super::curl::curl;
use super::super::style::{Role, Style};
use super::super::{phrases, visible};
use super::parts::brief;
use super::quote::quote;
use threepid_record::model::{
    Delivery, Entry, Event, Exchange, Mail, NoMailWindow, RequestLogQuery, StopReason, TrialRecord, Visit, VisitEnd,
};

/// How many events of one step are shown: parallel and repeated steps may have hundreds.
const MOST_EVENTS: usize = 4;
/// How many mails of one event are shown.
const MOST_MAILS: usize = 3;

/// What happened at a step.
pub(super) fn of_step(record: &TrialRecord, step: Option<usize>, style: &Style) -> String {
    let entries: Vec<&Entry> = record.transcript.entries.iter().filter(|e| e.step == step).collect();
    let mut output = events(&entries, style);
    repeat(&entries, style, &mut output);
    output
}

/// What happened last before the trial stopped, for one whose end is not explained by a finding.
pub(super) fn of_the_end(record: &TrialRecord, style: &Style) -> String {
    let entries = &record.transcript.entries;
    let stop = entries.iter().enumerate().find_map(|(at, entry)| match &entry.event {
        Event::Stop(stop) => Some((at, stop)),
        _ => None,
    });
    let before = stop.map_or(&entries[..], |(at, _)| &entries[..at]);
    // What was done without a step (making accounts, waiting for a rate limit) explains only those two reasons.
    let outside =
        matches!(stop, Some((_, stop)) if matches!(stop.reason, StopReason::NoAccount | StopReason::RateLimited));
    let last = before.iter().rev().find(|entry| outside || entry.step.is_some());
    let shown: Vec<&Entry> = match last {
        Some(last) if last.step.is_some() => {
            before.iter().filter(|e| e.step == last.step && e.label == last.label).collect()
        }
        last => last.into_iter().collect(),
    };
    let mut output = events(&shown, style);
    if let Some((_, stop)) = stop {
        let text = if stop.message == record.reason.words {
            format!("stopped here: {}", stop.reason.told())
        } else {
            format!("stopped here, {}: {}", stop.reason.told(), visible(&stop.message))
        };
        output.push('\n');
        output.push_str(&style.wrap("  ", "    ", &text));
    }
    repeat(&shown, style, &mut output);
    output
}

fn events(entries: &[&Entry], style: &Style) -> String {
    let mut output = String::new();
    for entry in entries.iter().take(MOST_EVENTS) {
        output.push('\n');
        match &entry.event {
            Event::Exchange(one) => exchange(one, style, &mut output),
            Event::Delivery(delivery) => wait(delivery, style, &mut output),
            Event::Visit(visit) => follow(visit, style, &mut output),
            Event::NoMailWindow(silence) => quiet(silence, style, &mut output),
            Event::RequestLogQuery(inquiry) => asked(inquiry, style, &mut output),
            other => output.push_str(&style.wrap("  ", "    ", &visible(&other.told()))),
        }
    }
    if entries.len() > MOST_EVENTS {
        let text = format!(
            "… and {} of this step; report.json has all",
            phrases::count(entries.len() - MOST_EVENTS, "more event")
        );
        output.push_str(&style.wrap("  ", "    ", &text));
    }
    output
}

/// The command that repeats the last exchange of several.
fn repeat(entries: &[&Entry], style: &Style, output: &mut String) {
    let last = entries.iter().rev().find_map(|entry| entry.event.answer());
    if let Some(exchange) = last {
        // One line, however long: it is there to be copied.
        output.push_str(&format!("\n  repeat it\n  {}\n", style.paint(Role::Faint, &curl(exchange))));
    }
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
        phrases::duration(exchange.total_ms)
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
                let bytes = phrases::bytes(usize::try_from(body.size_bytes).unwrap_or(usize::MAX));
                output.push_str(&format!("    {name} {bytes} that are not text\n"));
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
        phrases::duration(*waited_ms),
        phrases::duration(*deadline_ms),
        phrases::count(*wanted, "mail"),
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

fn quiet(silence: &NoMailWindow, style: &Style, output: &mut String) {
    let text = format!(
        "watched {} for {}, when no mail should come: {}",
        visible(&silence.mailbox),
        phrases::duration(silence.window_ms),
        came(silence.mails.len())
    );
    output.push_str(&style.wrap("  ", "    ", &text));
    show_mails(&silence.mails, style, output);
}

fn asked(inquiry: &RequestLogQuery, style: &Style, output: &mut String) {
    let RequestLogQuery { path, about, requests } = inquiry;
    let text = format!(
        "the identity server was asked at {} about {}: {}",
        visible(path),
        visible(about),
        phrases::count(requests.len(), "request")
    );
    output.push_str(&style.wrap("  ", "    ", &text));
    for one in requests.iter().take(MOST_EVENTS) {
        let authorization = one.authorization.as_deref().unwrap_or("no authorization");
        let text = format!("{} {} ({})", visible(&one.method), visible(&one.path), visible(authorization));
        output.push_str(&style.wrap("    ", "      ", &text));
        if let Some(body) = &one.body {
            output.push_str(&quote(&body.to_string(), "      │ ", style));
        }
    }
    if requests.len() > MOST_EVENTS {
        output.push_str(&format!("    … and {} more\n", requests.len() - MOST_EVENTS));
    }
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
    if let Some(browsed) = phrases::browsed(visit) {
        output.push_str(&style.wrap("    ", "      ", &visible(&browsed)));
    }
    let end = match &visit.end {
        VisitEnd::Page => match phrases::page(visit) {
            (Some(title), text) => format!("came to a page titled “{}”: {}", brief(&title), brief(text)),
            (None, text) => format!("came to a page: {}", brief(text)),
        },
        VisitEnd::Redirect(to) => format!("was sent on to {} (not followed)", visible(to)),
        VisitEnd::NotFollowed(why) => format!("was not followed: {}", visible(why)),
        VisitEnd::Undecided(why) => format!("led to a page that does not tell how to go on: {}", visible(why)),
        VisitEnd::Failed => "came to nothing".to_owned(),
    };
    output.push_str(&style.wrap("    ", "      ", &end));
}
