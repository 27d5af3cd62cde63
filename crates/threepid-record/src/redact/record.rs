//! Redacts a trial's record and the facts of a target.
//!
//! The walk takes every structure apart by name, without `..`: a field that is added to the model later does not
//! compile until somebody has decided here whether it can hold a secret. What a scenario's author wrote and what tells
//! trials apart (ids, names of cases, titles, places, references) stays: a password of `password` must not rename
//! `add-email/wrong-password`.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Kind, MOST_BASE64, Redactor, is_secret_name};
use crate::model::{
    Ability, Arrival, Asked, Body, Browsed, Choice, Code, Delivery, Entry, Envelope, Event, Exchange, Failure, Finding,
    Headers, Instruction, Link, Mail, NoMailWindow, Part, Reason, RepeatResult, Request, RequestLogQuery, Response,
    SessionFacts, Stop, TargetInfo, Transcript, TrialRecord, Visit, VisitEnd,
};

impl Redactor {
    /// Replaces the secrets in everything that a trial recorded.
    pub fn record(&self, record: &mut TrialRecord) {
        if self.is_empty() {
            return;
        }
        let TrialRecord {
            id: _,
            case: _,
            variant: _,
            api: _,
            repetition: _,
            title: _,
            covers: _,
            spec: _,
            outcome: _,
            level: _,
            asked: _,
            reason: Reason { words, kind: _, tracked_at },
            duration_ms: _,
            findings,
            choices,
            // Counts, and reasons that are the program's.
            rule: _,
            transcript: Transcript { started_ms: _, origins, values, entries },
        } = record;
        self.excerpt_in(words);
        tracked_at.iter_mut().for_each(|link| self.excerpt_in(link));
        findings.iter_mut().for_each(|f| self.finding(f));
        for Choice { step, chosen } in choices {
            self.string(step);
            self.excerpt_in(chosen);
        }
        origins.iter_mut().for_each(|origin| self.string(origin));
        values.iter_mut().for_each(|(name, value)| self.member(name, value));
        entries.iter_mut().for_each(|e| self.entry(e));
    }

    fn json(&self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => self.string(text),
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| self.json(item)),
            serde_json::Value::Object(entries) => {
                entries.iter_mut().for_each(|(name, value)| self.member(name, value));
            }
            _ => {}
        }
    }

    fn member(&self, name: &str, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => self.field(name, text),
            other => self.json(other),
        }
    }

    /// What stands under a name: all of it may be a secret that is too short to be looked for elsewhere.
    fn field(&self, name: &str, text: &mut String) {
        match self.marker(text).filter(|_| is_secret_name(name)) {
            Some(marker) => *text = marker,
            None => self.string(text),
        }
    }

    fn body_string(&self, string: &mut String, cut: bool) {
        if let Cow::Owned(clean) = self.body(string, cut) {
            *string = clean;
        }
    }

    /// Replaces the secrets in the facts of a target: a reason may quote an answer.
    pub fn target(&self, target: &mut TargetInfo) {
        let TargetInfo { name: _, url, public_url, versions, server, abilities, defects: _, shapes: _ } = target;
        self.string(url);
        self.string(public_url);
        versions.iter_mut().for_each(|v| self.string(v));
        server.iter_mut().for_each(|s| self.string(s));
        for Ability { name: _, offered: _, reason } in abilities {
            self.excerpt_in(reason);
        }
    }

    fn excerpt_in(&self, string: &mut String) {
        if let Cow::Owned(clean) = self.excerpt(string) {
            *string = clean;
        }
    }

    fn string(&self, string: &mut String) {
        if let Cow::Owned(clean) = self.text(string) {
            *string = clean;
        }
    }

    fn finding(&self, finding: &mut Finding) {
        let Finding {
            kind: _,
            level: _,
            requirement,
            spec: _,
            // Words of the scenario.
            basis: _,
            step,
            step_index: _,
            place: _,
            subject,
            expected,
            actual,
            alternatives: _,
        } = finding;
        for string in [requirement, step, subject, expected, actual] {
            self.excerpt_in(string);
        }
    }

    fn entry(&self, entry: &mut Entry) {
        let Entry { step: _, turn: _, label, at_ms: _, event } = entry;
        self.string(label);
        match event {
            Event::Exchange(exchange) => self.exchange(exchange),
            Event::Delivery(Delivery { mailbox, wanted: _, mails, waited_ms: _, deadline_ms: _, strays }) => {
                self.string(mailbox);
                mails.iter_mut().for_each(|m| self.mail(m));
                for Arrival { to, subject } in strays {
                    self.string(to);
                    self.string(subject);
                }
            }
            Event::Visit(Visit { link, hops, submitted: _, end, text, browsed }) => {
                self.string(link);
                hops.iter_mut().for_each(|h| self.exchange(h));
                match end {
                    VisitEnd::Redirect(to) => self.string(to),
                    VisitEnd::NotFollowed(why) | VisitEnd::Undecided(why) => self.string(why),
                    VisitEnd::Page | VisitEnd::Failed => {}
                }
                self.body_string(text, false);
                if let Some(Browsed { browser, because, pressed, page: _, answer: _ }) = browsed {
                    self.string(browser);
                    self.string(because);
                    pressed.iter_mut().for_each(|label| self.string(label));
                }
            }
            Event::NoMailWindow(NoMailWindow { mailbox, window_ms: _, mails }) => {
                self.string(mailbox);
                mails.iter_mut().for_each(|m| self.mail(m));
            }
            Event::RepeatResult(RepeatResult { reached: _, times: _ }) => {}
            Event::Note(text) => self.string(text),
            Event::RequestLogQuery(RequestLogQuery { path, about, requests }) => {
                self.string(path);
                self.string(about);
                for Asked { method, path, query, authorization, body, at_ms: _ } in requests {
                    self.string(method);
                    self.string(path);
                    self.headers(query);
                    authorization.iter_mut().for_each(|a| self.string(a));
                    body.iter_mut().for_each(|b| self.json(b));
                }
            }
            Event::Instruction(Instruction { path, about, does }) => {
                [path, about, does].into_iter().for_each(|s| self.string(s));
            }
            Event::Stop(Stop { reason: _, message }) => self.excerpt_in(message),
        }
    }

    /// Replaces the secrets in a request and its answer.
    pub fn exchange(&self, exchange: &mut Exchange) {
        let Exchange { actor: _, request, response, failure, headers_ms: _, total_ms: _ } = exchange;
        let Request { method, url, headers, body } = request;
        self.string(method);
        self.string(url);
        self.headers(headers);
        self.whole_body(body);
        if let Some(Response { status: _, headers, body }) = response {
            self.headers(headers);
            self.whole_body(body);
        }
        if let Some(Failure { kind: _, message }) = failure {
            self.string(message);
        }
    }

    fn headers(&self, headers: &mut Headers) {
        for (name, value) in headers {
            self.field(name, value);
            self.string(name);
        }
    }

    fn whole_body(&self, body: &mut Body) {
        let Body { text, base64, size_bytes: _, truncated } = body;
        text.iter_mut().for_each(|t| self.body_string(t, *truncated));
        if let Some(encoded) = base64 {
            match STANDARD.decode(&*encoded) {
                Ok(bytes) => {
                    let kind = if *truncated { Kind::CutBody } else { Kind::Body };
                    if let Some(clean) = self.redact(&bytes, MOST_BASE64, kind, &mut 0) {
                        *encoded = STANDARD.encode(clean);
                    }
                }
                // Not what the model promises, but no reason to let a secret through.
                Err(_) => self.string(encoded),
            }
        }
    }

    fn mail(&self, mail: &mut Mail) {
        let Mail { envelope, session, raw, headers, parts, links, codes, cut: _ } = mail;
        let Envelope { from, to, params } = envelope;
        self.string(from);
        to.iter_mut().chain(params).for_each(|s| self.string(s));
        let SessionFacts { helo, esmtp: _, tls: _, auth_user } = session;
        self.string(helo);
        auth_user.iter_mut().for_each(|u| self.string(u));
        self.whole_body(raw);
        self.headers(headers);
        for Part { content_type, charset, transfer_encoding, text, alternative: _ } in parts {
            for string in [content_type, charset, transfer_encoding] {
                self.string(string);
            }
            self.body_string(text, raw.truncated);
        }
        for Link { url, part: _, source: _, score: _, carries: _, broken: _ } in links {
            self.string(url);
        }
        for Code { value, score: _ } in codes {
            self.string(value);
        }
    }
}

/// The bytes of a body that is no text.
pub(super) fn decoded(base64: &str) -> Option<Vec<u8>> {
    STANDARD.decode(base64).ok()
}
