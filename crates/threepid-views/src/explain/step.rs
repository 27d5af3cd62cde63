//! One step: what is sent, what comes back, and what is expected of it.

use std::fmt::Write as _;

use super::markup::{block, body, code, plain, template, without_marks, written};
use crate::report::{browsed, capital, page};
use threepid_engine::matching::{Values, describe};
use threepid_engine::scenario::{Action, BodyTemplate, Check, Pattern, PatternKind, Request, Sender, Step};
use threepid_record::model::{Entry, Event, Exchange, Finding, Mail, TrialRecord, VisitEnd};

/// How many events of one step are shown.
const MOST_EVENTS: usize = 3;

/// What happened at a step, if it was done.
pub(super) fn events(trial: Option<&TrialRecord>, index: usize) -> Vec<&Entry> {
    trial.iter().flat_map(|trial| &trial.transcript.entries).filter(|entry| entry.step == Some(index)).collect()
}

/// The step as it was done; as it is written, if it was not.
pub(super) fn done(step: &Step, events: &[&Entry], trial: Option<&TrialRecord>) -> String {
    let mut output = String::new();
    if events.is_empty() {
        return as_written(step);
    }
    for entry in events.iter().take(MOST_EVENTS) {
        output.push_str(&event(entry, trial));
    }
    if events.len() > MOST_EVENTS {
        let _ = writeln!(output, "… and {} more like these.\n", events.len() - MOST_EVENTS);
    }
    output
}

fn as_written(step: &Step) -> String {
    match &step.action {
        Action::Request(request) => request_as_written(request),
        Action::Parallel(requests) => requests.iter().map(request_as_written).collect(),
        _ => String::new(),
    }
}

fn request_as_written(request: &Request) -> String {
    let who = match &request.sender {
        Sender::Actor(name, _) => format!(" as {}", plain(name)),
        Sender::Nobody => String::new(),
    };
    let mut output = format!("{}{who}\n\n", code(&format!("{} {}", request.method, written(&request.path))));
    match &request.body {
        Some(BodyTemplate::Json(json)) => output.push_str(&block("json", &format!("{:#}", template(json)))),
        Some(BodyTemplate::Raw(text)) => output.push_str(&block("text", &written(text))),
        None => {}
    }
    output.push('\n');
    output
}

fn event(entry: &Entry, trial: Option<&TrialRecord>) -> String {
    match &entry.event {
        Event::Exchange(exchange) => asked(exchange) + &answered(exchange, trial),
        Event::Visit(visit) => {
            let mut output = String::new();
            for hop in &visit.hops {
                let _ = writeln!(output, "{}\n", code(&format!("{} {}", hop.request.method, hop.request.url)));
            }
            let status = visit.answer().and_then(|hop| hop.response.as_ref()).map(|response| response.status);
            let status = status.map(|status| format!(" ({status})")).unwrap_or_default();
            if let Some(browsed) = browsed(visit) {
                let _ = writeln!(output, "A browser opens it: {}.\n", plain(&browsed));
            }
            match &visit.end {
                VisitEnd::Page => {
                    let by_form = visit.submitted && visit.browsed.is_none();
                    let submitted = if by_form { "The page's form is submitted. " } else { "" };
                    let (title, text) = page(visit);
                    let title = title.map(|title| format!(", titled “{}”", plain(&title))).unwrap_or_default();
                    let _ = writeln!(output, "{submitted}The browser displays{status}{title}:\n");
                    output.push_str(&block("text", text));
                }
                VisitEnd::Redirect(to) => {
                    let _ = writeln!(output, "The browser is sent on{status} to {}.", code(to));
                }
                VisitEnd::NotFollowed(why) => {
                    let _ = writeln!(output, "The link is not followed: {}.", plain(why));
                }
                VisitEnd::Undecided(why) => {
                    let _ = writeln!(output, "Nothing tells how a person would go on: {}.", plain(why));
                }
                VisitEnd::Failed => output.push_str("No page comes.\n"),
            }
            output + "\n"
        }
        Event::Delivery(delivery) if delivery.mails.is_empty() => "None came.\n\n".to_owned(),
        Event::Delivery(delivery) => delivery.mails.iter().take(MOST_EVENTS).map(mail).collect(),
        Event::NoMailWindow(silence) if silence.mails.is_empty() => {
            format!("For {:.1} s nothing came.\n\n", silence.window_ms / 1000.0)
        }
        Event::NoMailWindow(silence) => silence.mails.iter().take(MOST_EVENTS).map(mail).collect(),
        Event::RequestLogQuery(inquiry) if inquiry.requests.is_empty() => "It was not asked.\n\n".to_owned(),
        Event::RequestLogQuery(inquiry) => inquiry
            .requests
            .iter()
            .take(MOST_EVENTS)
            .map(|one| {
                let sent = one.body.as_ref().map(|sent| body(&sent.to_string())).unwrap_or_default();
                format!("{}\n\n{sent}\n", code(&format!("{} {}", one.method, one.path)))
            })
            .collect(),
        Event::RepeatResult(rounds) => format!("It took {} rounds.\n\n", rounds.times),
        Event::Instruction(told) => format!("It {} at {}.\n\n", plain(&told.does), code(&told.path)),
        Event::Stop(stop) => format!("Here it ended: {}\n\n", plain(&stop.message)),
        other => format!("{}\n\n", plain(&other.told())),
    }
}

fn asked(exchange: &Exchange) -> String {
    let request = &exchange.request;
    let mut output = format!("{}\n\n", code(&format!("{} {}", request.method, request.url)));
    if let Some(text) = request.body.text.as_deref().filter(|text| !text.is_empty()) {
        output.push_str(&body(text));
        output.push('\n');
    }
    output
}

/// How an answer begins, by who gives it.
const ANSWERS: [&str; 2] = ["The homeserver answers ", "The identity server answers "];

/// Where the first answer begins in the text of a step that was done.
pub(super) fn answer_at(said: &str) -> Option<usize> {
    ANSWERS.iter().filter_map(|start| said.find(start)).min()
}

/// The answer of an exchange: who gives it, its status, and its body.
pub(super) fn answered(exchange: &Exchange, trial: Option<&TrialRecord>) -> String {
    let identity = trial.is_some_and(|trial| trial.transcript.is_to_identity(exchange));
    let answers = ANSWERS[usize::from(identity)];
    match (&exchange.response, &exchange.failure) {
        (Some(response), None) => {
            let text = response.body.text.as_deref().unwrap_or_default();
            let shown = if text.is_empty() { String::new() } else { body(text) };
            format!("{answers}{}\n\n{shown}\n", code(&response.status.to_string()))
        }
        (_, Some(failure)) => format!("No complete answer came: {}\n\n", plain(&failure.message)),
        (None, None) => "No answer came.\n\n".to_owned(),
    }
}

fn mail(mail: &Mail) -> String {
    let subject = mail.header("subject").unwrap_or("(no subject)");
    let part = mail.parts.iter().find(|part| part.content_type == "text/plain").or(mail.parts.first());
    let text = part.map(|part| part.text.as_str()).unwrap_or_default();
    let kinds: Vec<&str> = mail.parts.iter().map(|part| part.content_type.as_str()).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", plain(&kinds.join(" and "))) };
    format!("From {}: **{}**{kinds}\n\n{}\n", code(&mail.envelope.from), plain(subject), block("text", text))
}

/// What is expected of a step, one line a level, and whether it was so.
pub(super) fn expected(step: &Step, index: usize, trial: Option<&TrialRecord>, seen: bool) -> String {
    let mut output = String::new();
    for check in &step.checks {
        let broken = trial.iter().flat_map(|trial| &trial.findings).any(|finding| is_about(finding, index, check));
        let sign = match (seen, broken) {
            (false, _) => "",
            (true, false) => "✓ ",
            (true, true) => "✗ ",
        };
        let wanted = wanted(check);
        let _ = match &check.because {
            Some(because) => write!(output, "- {sign}**{}:** {} ({wanted})", check.level, plain(because)),
            None => write!(output, "- {sign}**{}:** {wanted}", check.level),
        };
        if let Some(basis) = check.basis.line() {
            let _ = write!(output, ". {}", plain(&capital(&basis)));
        }
        match (check.since, check.until) {
            (None, None) => {}
            (Some(since), None) => output.push_str(&format!(". Since {since}")),
            (None, Some(until)) => output.push_str(&format!(". Until {until}")),
            (Some(since), Some(until)) => output.push_str(&format!(". From {since} to {until}")),
        }
        output.push('\n');
    }
    if output.is_empty() { output } else { output + "\n" }
}

fn is_about(finding: &Finding, index: usize, check: &Check) -> bool {
    finding.step_index == Some(index)
        && finding.level == check.level
        && check.because.as_ref().is_none_or(|because| *because == finding.requirement)
}

/// What one level expects, in the notation of scenarios.
pub(super) fn wanted(check: &Check) -> String {
    let mut parts = fields(&check.pattern);
    if !check.one_of.is_empty() {
        let alternatives: Vec<String> = check
            .one_of
            .iter()
            .map(|one| format!("{} ({})", plain(&one.name), fields(&one.pattern).join(", ")))
            .collect();
        parts.push(format!("one of: {}", alternatives.join("; ")));
    }
    parts.join(", ")
}

fn fields(pattern: &Pattern) -> Vec<String> {
    let values = Values::default();
    match &pattern.kind {
        PatternKind::Object { fields, .. } => fields
            .iter()
            .map(|(name, wanted)| format!("{} {}", plain(name), code(&without_marks(&describe(wanted, &values)))))
            .collect(),
        _ => vec![code(&without_marks(&describe(pattern, &values)))],
    }
}
