//! What must be replaced before anything of a trial is printed or written.
//!
//! Takes a transcript and the values; gives all secrets by value: those of secret types, those that stand under names
//! like `access_token` in any body, cookies, and whatever in a link that was mailed, or in a form behind it, may be its
//! token.

use std::collections::HashSet;

use serde_json::Value;
use url::Url;

use threepid_engine::matching::Values;
use threepid_engine::scenario::ValueType;
use threepid_record::html;
use threepid_record::model::{Asked, Body, Event, Exchange, Failure, FailureKind, Mail, Transcript};

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
                for hop in &visit.hops {
                    found.exchange(hop);
                    let page = hop.response.as_ref().and_then(|response| response.body.text.as_deref());
                    page.into_iter().for_each(|page| found.form(page, values));
                }
            }
            Event::Delivery(delivery) => found.mails(&delivery.mails, values),
            Event::NoMailWindow(silence) => found.mails(&silence.mails, values),
            Event::RequestLogQuery(inquiry) => inquiry.requests.iter().for_each(|asked| found.asked(asked)),
            Event::RepeatResult(_) | Event::Note(_) | Event::Instruction(_) | Event::Stop(_) => {}
        }
    }
    found.secrets
}

/// Leaves an answer out that has more secrets than can be kept out of a record in reasonable time. It counts as none.
pub(super) fn drop_oversized(exchange: &mut Exchange) {
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
            for (name, value) in &response.headers {
                self.answer_header(name, value);
            }
            self.body(&response.body);
        }
    }

    fn answer_header(&mut self, name: &str, value: &str) {
        if name.eq_ignore_ascii_case("set-cookie") {
            let pair = value.split(';').next().unwrap_or_default();
            let value = pair.split_once('=').map_or(pair, |(_, value)| value);
            self.add("cookie", value.trim().trim_matches('"'));
        }
        if name.eq_ignore_ascii_case("location") {
            for (name, value) in Url::parse(value).iter().flat_map(Url::query_pairs) {
                if SECRET_NAMES.contains(&&*name) || name == "loginToken" {
                    self.add(&name, &value);
                }
            }
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
        for mail in mails {
            mail.links.iter().for_each(|link| self.link(&link.url, values));
            let pages = mail.parts.iter().filter(|part| part.content_type == "text/html");
            pages.for_each(|part| self.form(&part.text, values));
        }
    }

    /// What a page's forms send, and where to.
    fn form(&mut self, page: &str, values: &Values) {
        for form in html::page(page).forms {
            self.link(&form.action, values);
            form.buttons.iter().filter_map(|button| button.action.as_deref()).for_each(|to| self.link(to, values));
            let fields = form.fields.iter().chain(form.buttons.iter().flat_map(|button| &button.fields));
            fields.for_each(|field| self.parameter(&field.name, &field.value, values));
        }
    }

    /// Everything in a link that may be its token: a parameter, the fragment, or a part of the path.
    fn link(&mut self, link: &str, values: &Values) {
        // A form's action may be relative; only what stands behind the host counts here.
        let base = Url::parse("http://host.invalid/").ok();
        let Ok(url) = Url::options().base_url(base.as_ref()).parse(link) else {
            return;
        };
        for (name, value) in url.query_pairs() {
            self.parameter(&name, &value, values);
        }
        let fragment = url.fragment().unwrap_or_default();
        for (name, value) in url::form_urlencoded::parse(fragment.as_bytes()) {
            self.parameter(&name, &value, values);
            self.piece(&name, values);
        }
        url.path_segments().into_iter().flatten().for_each(|segment| self.piece(segment, values));
    }

    fn parameter(&mut self, name: &str, value: &str, values: &Values) {
        if (SECRET_NAMES.contains(&name) || value.len() >= SECRET_PARAMETER) && !is_bound(value, values) {
            self.add("token", value);
        }
    }

    /// A part of a path or a fragment, which has no name that would say what it is.
    fn piece(&mut self, text: &str, values: &Values) {
        if looks_random(text) && !is_bound(text, values) {
            self.add("token", text);
        }
    }
}

/// A sid is no secret, and is easier to follow when it can be read; and other values have a kind of their own.
fn is_bound(value: &str, values: &Values) -> bool {
    values.iter().any(|bound| bound.value.as_str() == Some(value))
}

/// Whether nobody would have chosen this as the name of a page: long, with digits among its letters, or with capitals
/// all over.
fn looks_random(text: &str) -> bool {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "-_.~=".contains(c);
    let has = |kind: fn(&char) -> bool| text.chars().any(|c| kind(&c));
    let humps = text.as_bytes().windows(2).filter(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase()).count();
    let mixed = has(char::is_ascii_digit) && has(char::is_ascii_alphabetic);
    text.chars().all(is_token) && (text.len() >= 10 && mixed || text.len() >= SECRET_PARAMETER && humps >= 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_link(link: &str) -> Vec<String> {
        let mut found = Found::default();
        found.link(link, &Values::default());
        found.secrets.into_iter().map(|secret| secret.value).collect()
    }

    #[test]
    fn a_token_is_found_wherever_a_link_has_it() {
        for (link, secret) in [
            ("http://hs/v/TOKENpathSECRET00002/sid", "TOKENpathSECRET00002"),
            ("http://hs/v#token=TOKENpath1", "TOKENpath1"),
            ("http://hs/v#TOKENpathSECRET00002", "TOKENpathSECRET00002"),
            ("http://hs/v?token=SHRT000003", "SHRT000003"),
            ("/v?t=abcdefghijklmnop", "abcdefghijklmnop"),
            ("http://hs/v/qWeRtYuIopAsdFgh", "qWeRtYuIopAsdFgh"),
        ] {
            assert_eq!(of_link(link), [secret], "{link}");
        }
    }

    #[test]
    fn names_of_pages_are_no_secrets() {
        let known = "http://hs/_matrix/client/unstable/registration/email/submit_token/requestToken/v1.11";
        assert_eq!(of_link(known), [""; 0]);
        assert_eq!(of_link("http://hs/_synapse/client/password_reset/email/submit_token?sid=abc#top"), [""; 0]);
        assert_eq!(of_link("not a link"), [""; 0]);
    }

    #[test]
    fn forms_and_headers_have_secrets_too() {
        let mut found = Found::default();
        let page = r#"<form action="/v?t=abcdefghijklmnop"><input type=hidden name=token value=hidden1></form>"#;
        found.form(page, &Values::default());
        found.answer_header("Set-Cookie", "sess=COOKIE12; Path=/; HttpOnly");
        found.answer_header("Location", "https://app.test/?loginToken=LOGIN123&x=1");
        let values: Vec<_> = found.secrets.iter().map(|secret| secret.value.as_str()).collect();
        assert_eq!(values, ["abcdefghijklmnop", "hidden1", "COOKIE12", "LOGIN123"]);
    }
}
