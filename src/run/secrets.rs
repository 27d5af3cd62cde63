//! What must be replaced before anything of a trial is printed or written.
//!
//! Takes a transcript and the values; gives all secrets by value: those of secret types, those that stand under names
//! like `access_token` in any body, and the long parameters of links that were mailed.

use std::collections::HashSet;

use serde_json::Value;
use url::Url;

use crate::matching::Values;
use crate::model::{Asked, Body, Event, Exchange, Failure, FailureKind, Mail, Transcript};
use crate::scenario::ValueType;

/// A value that must not be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// What it is: `client_secret`.
    pub kind: String,
    /// The value.
    pub value: String,
}

/// How many values under such names one answer may have: each is searched for in everything that is written, in every
/// spelling, and an honest answer has three.
const MOST_IN_ONE_ANSWER: usize = 16;

/// How long a query parameter of a mailed link must be to count as a secret.
const SECRET_PARAMETER: usize = 16;

/// Names under which secrets stand in bodies of the Client-Server API.
const SECRET_NAMES: &[&str] = &[
    "access_token",
    "client_secret",
    "id_access_token",
    "mac",
    "new_password",
    "password",
    "refresh_token",
    "session",
    "token",
];

/// All secrets of a trial.
pub(super) fn of(transcript: &Transcript, values: &Values) -> Vec<Secret> {
    let mut found = Found::default();
    for bound in values.iter() {
        if let (Some(facts), Some(text)) = (bound.value_type.map(ValueType::facts), bound.value.as_str())
            && facts.secret
        {
            found.add(facts.name, text);
        }
    }
    for entry in &transcript.entries {
        match &entry.event {
            Event::Exchange(exchange) => found.exchange(exchange),
            Event::Visit(visit) => {
                // An altered token is one letter away from the real one.
                found.link(&visit.link, values);
                visit.hops.iter().for_each(|hop| found.exchange(hop));
            }
            Event::Delivery(delivery) => found.mails(&delivery.mails, values),
            Event::Silence(silence) => found.mails(&silence.mails, values),
            Event::Inquiry(inquiry) => inquiry.requests.iter().for_each(|asked| found.asked(asked)),
            Event::Rounds(_) | Event::Note(_) | Event::Instruction(_) | Event::Stop(_) => {}
        }
    }
    found.secrets
}

/// Leaves an answer out that has more secrets than can be kept out of a record in reasonable time. It counts as none.
pub(super) fn sift(exchange: &mut Exchange) {
    let mut found = Found::default();
    let Some(response) = &mut exchange.response else {
        return;
    };
    found.body(&response.body);
    if found.secrets.len() <= MOST_IN_ONE_ANSWER {
        return;
    }
    let size_bytes = response.body.size_bytes;
    response.body = Body { text: Some("(left out by threepid)".to_owned()), size_bytes, ..Body::default() };
    exchange.failure = Some(Failure {
        kind: FailureKind::TooLarge,
        message: format!(
            "the answer has {} values under names of secrets, of which at most {MOST_IN_ONE_ANSWER} can be kept out of \
             a record; its body was left out",
            found.secrets.len()
        ),
    });
}

#[derive(Default)]
struct Found {
    secrets: Vec<Secret>,
    known: HashSet<String>,
}

impl Found {
    fn add(&mut self, kind: &str, value: &str) {
        if self.known.insert(value.to_owned()) {
            self.secrets.push(Secret { kind: kind.to_owned(), value: value.to_owned() });
        }
    }

    fn exchange(&mut self, exchange: &Exchange) {
        // What a scenario makes of a token, by altering it say, stands nowhere else.
        for (name, value) in &exchange.request.headers {
            if name.eq_ignore_ascii_case("authorization") {
                self.authorization(value);
            }
        }
        for (name, value) in Url::parse(&exchange.request.url).iter().flat_map(Url::query_pairs) {
            if SECRET_NAMES.contains(&&*name) {
                self.add(&name, &value);
            }
        }
        self.body(&exchange.request.body);
        if let Some(response) = &exchange.response {
            self.body(&response.body);
        }
    }

    fn asked(&mut self, asked: &Asked) {
        if let Some(value) = &asked.authorization {
            self.authorization(value);
        }
        for (name, value) in &asked.query {
            if SECRET_NAMES.contains(&name.as_str()) {
                self.add(name, value);
            }
        }
        if let Some(body) = &asked.body {
            self.json(body);
        }
    }

    fn authorization(&mut self, value: &str) {
        if let Some(token) = value.strip_prefix("Bearer ") {
            self.add("access_token", token);
        }
    }

    fn body(&mut self, body: &Body) {
        if let Some(value) = body.text.as_deref().and_then(|text| serde_json::from_str(text).ok()) {
            self.json(&value);
        }
    }

    fn json(&mut self, value: &Value) {
        match value {
            Value::Object(entries) => {
                for (name, value) in entries {
                    match value {
                        Value::String(text) if SECRET_NAMES.contains(&name.as_str()) => self.add(name, text),
                        other => self.json(other),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.json(item)),
            _ => {}
        }
    }

    fn mails(&mut self, mails: &[Mail], values: &Values) {
        mails.iter().flat_map(|mail| &mail.links).for_each(|link| self.link(&link.url, values));
    }

    fn link(&mut self, link: &str, values: &Values) {
        for (_, value) in Url::parse(link).iter().flat_map(Url::query_pairs) {
            // A sid is no secret, and is easier to follow when it can be read.
            let known = values.iter().any(|bound| bound.value.as_str() == Some(&*value));
            if value.len() >= SECRET_PARAMETER && !known {
                self.add("token", &value);
            }
        }
    }
}
