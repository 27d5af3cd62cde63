//! Finds out what of a trial is secret.
//!
//! Takes what was sent and received; gives the values that must not be shown: what stands under the name of a secret in
//! any body, header or address, cookies, and whatever in a link that was mailed, in a page or in the text of a mail may
//! be a token or a code. It looks at what came and not at what a parser made of it, so a limit of a parser hides nothing.
//! Never changes what it looks at.

mod address;
mod mail;
mod page;
mod shape;

use std::collections::HashMap;

use serde_json::Value;

use shape::{links, looks_random};

use super::{LONGEST_BYTES, Redactor, SHORTEST_BYTES, is_secret_name, named, readings};
use crate::model::{Asked, Body, Event, Exchange, Headers, VisitEnd};

/// The shortest word of small letters that is replaced wherever it stands, if it stands once under the name of a secret.
const SHORTEST_PLAIN_WORD: usize = 12;

/// A value that must not be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// What it is: `client_secret`.
    pub kind: String,
    /// The value.
    pub value: String,
    /// Where it is replaced.
    pub reach: Reach,
}

impl Secret {
    /// One that is known to be secret, whatever it looks like; a short one is replaced where it stands alone.
    pub fn known(kind: &str, value: &str) -> Secret {
        let reach = if value.len() < SHORTEST_BYTES { Reach::Word } else { Reach::Everywhere };
        Secret { kind: kind.to_owned(), value: value.to_owned(), reach }
    }
}

/// Where a secret is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Where it stands under its name in a body.
    Name,
    /// Where no letter or digit stands beside it.
    Word,
    /// Wherever it stands.
    Everywhere,
}

impl Redactor {
    /// Adds a secret that was collected.
    pub fn learn(&mut self, secret: &Secret) {
        match secret.reach {
            Reach::Name => self.add_named(&secret.kind, &secret.value),
            Reach::Word => self.add_word(&secret.kind, &secret.value),
            Reach::Everywhere => {
                self.add(&secret.kind, &secret.value);
            }
        }
    }
}

/// Collects the secrets of a trial.
#[derive(Debug, Default)]
pub struct Collector {
    secrets: Vec<Secret>,
    /// Which of them a value is.
    known: HashMap<String, usize>,
    /// Values that are no secrets: addresses, sids, the names of users.
    open: Vec<String>,
}

impl Collector {
    /// Begins with the values that are known to be no secrets, though some of them look like it.
    pub fn new(open: impl IntoIterator<Item = String>) -> Collector {
        Collector { open: open.into_iter().collect(), ..Collector::default() }
    }

    /// All that was found.
    pub fn into_secrets(self) -> Vec<Secret> {
        self.secrets
    }

    /// How many were found, and how long they are together.
    pub fn size(&self) -> (usize, usize) {
        (self.secrets.len(), self.secrets.iter().map(|secret| secret.value.len()).sum())
    }

    /// Adds a value that is known to be secret.
    pub fn add(&mut self, kind: &str, value: &str) {
        self.put(kind, value, Reach::Everywhere);
    }

    fn put(&mut self, kind: &str, value: &str, reach: Reach) {
        if value.is_empty() {
            return;
        }
        match self.known.get(value) {
            Some(known) => {
                let known = &mut self.secrets[*known].reach;
                *known = (*known).max(reach);
            }
            None => {
                self.known.insert(value.to_owned(), self.secrets.len());
                self.secrets.push(Secret { kind: kind.to_owned(), value: value.to_owned(), reach });
            }
        }
    }

    /// Whether a value, or one that it is a part of, is known to be no secret.
    fn is_open(&self, value: &str) -> bool {
        self.open.iter().any(|open| open.contains(value))
    }

    /// What stands under the name of a secret. A common word is none anywhere else: a `"token": "expired"` must not take
    /// the word out of every text.
    fn named(&mut self, name: &str, value: &str) {
        let word = value.len() < SHORTEST_PLAIN_WORD && value.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let reach = if word || value.len() > LONGEST_BYTES { Reach::Name } else { Reach::Everywhere };
        self.put(name, value, reach);
    }

    /// Collects from one event of a transcript.
    pub fn event(&mut self, event: &Event) {
        if let Event::Visit(visit) = event {
            // An altered token is one letter away from the real one.
            self.link(&visit.link);
        }
        event.exchanges().iter().for_each(|exchange| self.exchange(exchange));
        event.mails().iter().for_each(|mail| self.mail(mail));
        match event {
            Event::Visit(visit) => {
                if let VisitEnd::Redirect(to) = &visit.end {
                    self.link(to);
                }
            }
            Event::Delivery(delivery) => delivery.strays.iter().for_each(|stray| self.subject(&stray.subject)),
            Event::RequestLogQuery(query) => query.requests.iter().for_each(|asked| self.asked(asked)),
            _ => {}
        }
    }

    /// Collects from a request and its answer.
    pub fn exchange(&mut self, exchange: &Exchange) {
        self.headers(&exchange.request.headers);
        self.query(&exchange.request.url);
        self.body(&exchange.request.body);
        if let Some(response) = &exchange.response {
            self.headers(&response.headers);
            self.body(&response.body);
        }
    }

    /// Collects from a body of any form.
    pub fn body(&mut self, body: &Body) {
        if let Some(text) = &body.text {
            self.text(text.as_bytes());
            self.page(text);
        }
        if let Some(bytes) = body.base64.as_deref().and_then(super::record::decoded) {
            self.text(&bytes);
        }
    }

    /// What stands under the names of secrets in a text, and in addresses in it.
    fn text(&mut self, text: &[u8]) {
        readings(text, &mut |reading| {
            for found in named(reading) {
                let value = String::from_utf8_lossy(&reading[found.range]);
                if found.sure {
                    self.named(&found.name, &value);
                } else if looks_random(&value) && !self.is_open(&value) {
                    self.add(&found.name, &value);
                }
            }
            for link in links(reading) {
                self.link(&String::from_utf8_lossy(&reading[link]));
            }
        });
    }

    fn headers(&mut self, headers: &Headers) {
        for (name, value) in headers {
            self.header(name, value);
        }
    }

    fn header(&mut self, name: &str, value: &str) {
        match &*name.to_ascii_lowercase() {
            "authorization" | "proxy-authorization" => self.authorization(value),
            "set-cookie" => self.cookie(value.split(';').next().unwrap_or_default()),
            "cookie" => value.split(';').for_each(|pair| self.cookie(pair)),
            "location" | "content-location" | "refresh" => self.link(value),
            name if is_secret_name(name) => self.named(name, value),
            _ => self.text(value.as_bytes()),
        }
    }

    fn cookie(&mut self, pair: &str) {
        let value = pair.split_once('=').map_or(pair, |(_, value)| value);
        self.add("cookie", value.trim().trim_matches('"'));
    }

    fn authorization(&mut self, value: &str) {
        match value.split_once(' ') {
            // Its parameters have names of their own.
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("X-Matrix") => self.text(rest.as_bytes()),
            Some((_, token)) => self.add("access_token", token.trim()),
            None => self.add("access_token", value),
        }
    }

    fn asked(&mut self, asked: &Asked) {
        asked.authorization.iter().for_each(|value| self.authorization(value));
        for (name, value) in &asked.query {
            if is_secret_name(name) {
                self.named(name, value);
            }
        }
        asked.body.iter().for_each(|body| self.json(body));
    }

    fn json(&mut self, value: &Value) {
        match value {
            Value::Object(entries) => {
                for (name, value) in entries {
                    match value {
                        Value::String(text) if is_secret_name(name) => self.named(name, text),
                        other => self.json(other),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.json(item)),
            Value::String(text) => self.text(text.as_bytes()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
