//! The answers of two trials, step by step.
//!
//! Requests that race, and all that follows them, are left out: what they get depends on who is served first.

use similar::TextDiff;

use super::normal::Normal;
use crate::model::{AnswerChange, Event, Exchange, Mail, TrialRecord, VisitEnd};

/// How much of a difference is kept, in bytes.
const MOST_BYTES: usize = 16 * 1024;

/// What the server answered otherwise, at the steps that are in both trials.
pub fn differences(before: &TrialRecord, after: &TrialRecord) -> Vec<AnswerChange> {
    let race = [before, after].into_iter().filter_map(|trial| trial.transcript.race()).min().unwrap_or(usize::MAX);
    let (mut old, mut new) = (answers(before), answers(after));
    old.retain(|answer| answer.key.0 < race);
    new.retain(|answer| answer.key.0 < race);
    let mut changes = Vec::new();
    for answer in &new {
        let Some(earlier) = old.iter().find(|old| old.key == answer.key) else {
            continue;
        };
        if earlier.text == answer.text {
            continue;
        }
        let mut diff = TextDiff::from_lines(&earlier.text, &answer.text).unified_diff().context_radius(2).to_string();
        if diff.len() > MOST_BYTES {
            diff.truncate(diff.floor_char_boundary(MOST_BYTES));
            diff.push_str("\n…\n");
        }
        changes.push(AnswerChange { step: answer.step.clone(), diff });
    }
    changes
}

struct Answer {
    /// Which step, and which of its turns.
    key: (usize, usize),
    step: String,
    text: String,
}

fn answers(trial: &TrialRecord) -> Vec<Answer> {
    let normal = Normal::of(&trial.transcript);
    let mut answers: Vec<Answer> = Vec::new();
    for entry in &trial.transcript.entries {
        let Some(step) = entry.step else { continue };
        let text = match &entry.event {
            Event::Exchange(exchange) => said(exchange, &normal),
            Event::Visit(visit) => {
                let end = match &visit.end {
                    VisitEnd::Page => "page".to_owned(),
                    VisitEnd::Redirect(to) => format!("redirect to {}", normal.text(to)),
                    VisitEnd::NotFollowed(why) => format!("not followed: {}", normal.text(why)),
                    VisitEnd::Undecided(why) => format!("undecided: {}", normal.text(why)),
                    VisitEnd::Failed => "failed".to_owned(),
                };
                let last = visit.answer().map(|hop| said(hop, &normal)).unwrap_or_default();
                format!("{end}{}\n{last}", if visit.submitted { ", form submitted" } else { "" })
            }
            Event::Delivery(delivery) => mails(&delivery.mails, &normal),
            Event::NoMailWindow(silence) => mails(&silence.mails, &normal),
            Event::RequestLogQuery(inquiry) => {
                let requests = inquiry.requests.iter().map(|one| {
                    let body = one.body.as_ref().map(ToString::to_string).unwrap_or_default();
                    format!("{} {}\n{}\n", one.method, normal.text(&one.path), normal.body(&body))
                });
                requests.collect()
            }
            // How often it took is a matter of time, and what the harness did is the same.
            _ => continue,
        };
        // Of a request that was repeated because of a limit, the last answer counts.
        let key = (step, entry.turn);
        answers.retain(|answer| answer.key != key);
        answers.push(Answer { key, step: entry.label.clone(), text });
    }
    answers
}

fn said(exchange: &Exchange, normal: &Normal<'_>) -> String {
    match (&exchange.response, &exchange.failure) {
        (_, Some(failure)) => format!("no complete answer: {:?}\n", failure.kind),
        (None, None) => "no answer\n".to_owned(),
        (Some(response), None) => {
            let kind = response.header("content-type").unwrap_or("no content-type");
            let body = match (&response.body.text, &response.body.base64) {
                (Some(text), _) => normal.body(text),
                (None, Some(_)) => format!("{} bytes that are not text", response.body.size_bytes),
                (None, None) => String::new(),
            };
            format!("{} {kind}\n{body}\n", response.status)
        }
    }
}

fn mails(mails: &[Mail], normal: &Normal<'_>) -> String {
    let mut text = format!("mails: {}\n", mails.len());
    for mail in mails {
        text.push_str(&format!("subject: {}\n", normal.text(mail.header("subject").unwrap_or_default())));
        for part in &mail.parts {
            text.push_str(&format!("{}\n{}\n", part.content_type, normal.text(&part.text)));
        }
    }
    text
}
