//! One exchange as rules see it, or why they do not judge it.
//!
//! Takes an exchange of a trial; gives the value that patterns are held against, with the name of the operation. It
//! judges nothing.

use serde_json::{Map, Value, json};
use url::Url;

use super::fault::Fault;
use super::secrets;
use crate::matching::{self, Values};
use crate::scenario::{Operation, SpecVersion, Specification};
use threepid_record::model::{Body, Exchange, Level, Outcome, Request, TrialRecord};

/// The name that pages behind links have in `on`.
pub(super) const PAGE: &str = "GET the link";

/// The name of the operation behind a `submit_url`.
const SUBMIT: &str = "POST submit_url";

/// Statuses that a proxy before a homeserver gives for its own reasons, where the body is not of the API.
const OF_PROXIES: &[u16] = &[408, 413, 414, 421, 431, 502, 503, 504];

/// Why an exchange is not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exempt {
    /// It is the page behind a link, and the rule is not about pages.
    Page,
    /// It was asked of an identity server.
    Identity,
    /// No specification has the path.
    Elsewhere,
    /// It is not whole: a limit of the harness, a connection that broke.
    NotWhole,
    /// It may be what a proxy before the homeserver says.
    Proxy,
    /// It is of a trial that is known to deviate, as gravely.
    Known,
}

impl Exempt {
    /// In words, after a number.
    pub(super) fn words(self) -> &'static str {
        match self {
            Exempt::Page => "pages",
            Exempt::Identity => "of an identity server",
            Exempt::Elsewhere => "at paths of no specification",
            Exempt::NotWhole => "not whole",
            Exempt::Proxy => "perhaps of a proxy",
            Exempt::Known => "of trials that are known to deviate",
        }
    }
}

/// An exchange, and what is known of its trial.
pub(super) struct Asked<'t> {
    pub(super) exchange: &'t Exchange,
    pub(super) trial: &'t TrialRecord,
    /// Whether it is part of following a link.
    pub(super) is_page: bool,
    /// Whether the harness has made mail or the identity server fail in this trial.
    pub(super) provoked: bool,
    /// The addresses that were given to submit tokens to.
    pub(super) submit_urls: &'t [String],
}

/// An exchange as rules see it.
pub(super) struct Seen {
    /// The operation's name; method and path of an unknown one.
    pub(super) name: String,
    /// What patterns are held against.
    pub(super) value: Value,
    pub(super) status: u16,
    /// Down from which level the trial is known to deviate, if it is.
    pub(super) known: Option<Level>,
    /// What is not as the specification documents it.
    pub(super) undocumented: Vec<Fault>,
    /// The secrets in it that it should not carry.
    pub(super) secrets: Vec<Fault>,
}

impl Asked<'_> {
    pub(super) fn seen(&self, specification: &Specification, newest: Option<SpecVersion>) -> Result<Seen, Exempt> {
        let request = &self.exchange.request;
        if !self.is_page && self.trial.transcript.is_to_identity(self.exchange) {
            return Err(Exempt::Identity);
        }
        let Some(response) = self.exchange.response.as_ref().filter(|_| self.exchange.failure.is_none()) else {
            return Err(Exempt::NotWhole);
        };
        let path = self.path().ok_or(Exempt::Elsewhere)?;
        let name = if self.is_page { PAGE.to_owned() } else { path };
        let mut value = matching::observe_exchange(self.exchange);
        let is_object = value.get("body").is_some_and(Value::is_object);
        if !self.is_page && !is_object && OF_PROXIES.contains(&response.status) {
            return Err(Exempt::Proxy);
        }
        let operation = specification.operation(&name);
        if let Some(operation) = operation {
            value["operation"] = json!({
                "name": operation.name,
                "token": operation.token.word(),
                "authenticates": operation.authenticates,
            });
        }
        let sent = sent(request);
        value["request"] = asked(request, &name, &sent);
        if self.provoked {
            value["provoked"] = true.into();
        }
        let undocumented =
            operation.map(|operation| undocumented(operation, response.status, &value, newest)).unwrap_or_default();
        let secrets = secrets::carried(&name, request, response, self.is_page, &self.trial.transcript);
        let known = (self.trial.outcome == Outcome::Xfail).then_some(self.trial.level);
        Ok(Seen { name, value, status: response.status, known, undocumented, secrets })
    }

    /// Method and path below the prefix of the API. `None` for what no specification has.
    fn path(&self) -> Option<String> {
        let request = &self.exchange.request;
        let url = Url::parse(&request.url).ok()?;
        let path = url.path();
        if self.is_page {
            return Some(PAGE.to_owned());
        }
        if request.method == "POST" && self.submit_urls.iter().any(|known| known == plain(&request.url)) {
            return Some(SUBMIT.to_owned());
        }
        let below = path.strip_prefix("/_matrix/client")?;
        let is_version =
            |part: &str| part.strip_prefix(['v', 'r']).is_some_and(|number| number.chars().all(|c| c.is_ascii_digit()));
        // What is not stable is of no specification.
        let below = match below.strip_prefix('/').and_then(|below| below.split_once('/')) {
            Some((version, _)) if is_version(version) => &below[1 + version.len()..],
            Some(("unstable", _)) => return None,
            _ => below,
        };
        // Served for browsers.
        let page = below.contains("/fallback/") || below.starts_with("/login/sso/");
        (!page).then(|| format!("{} {below}", request.method))
    }
}

/// An address without its query.
fn plain(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

/// The address that an answer gives to submit the token to.
pub(super) fn submit_url(exchange: &Exchange) -> Option<String> {
    let text = exchange.response.as_ref()?.body.text.as_ref()?;
    if !text.contains("submit_url") {
        return None;
    }
    let body: Value = serde_json::from_str(text).ok()?;
    Some(plain(body.get("submit_url")?.as_str()?).to_owned())
}

/// The body that was sent, if it is JSON.
fn sent(request: &Request) -> Option<Value> {
    let Body { text: Some(text), .. } = &request.body else { return None };
    serde_json::from_str(text).ok()
}

fn asked(request: &Request, name: &str, body: &Option<Value>) -> Value {
    let mut asked = Map::new();
    asked.insert("method".into(), request.method.as_str().into());
    let path = name.split_once(' ').map_or(name, |(_, path)| path);
    asked.insert("path".into(), path.into());
    let mut query = Map::new();
    for (name, value) in Url::parse(&request.url).iter().flat_map(Url::query_pairs) {
        query.insert(name.into_owned(), value.into_owned().into());
    }
    let bearer = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let token = bearer
        .and_then(|(_, value)| {
            value.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("bearer ")).map(|_| &value[7..])
        })
        .or_else(|| query.get("access_token").and_then(Value::as_str));
    if let Some(token) = token {
        asked.insert("token".into(), token.into());
    }
    asked.insert("query".into(), query.into());
    let headers = request.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.as_str().into()));
    asked.insert("headers".into(), Value::Object(headers.collect()));
    if let Some(body) = body {
        asked.insert("body".into(), body.clone());
    }
    asked.into()
}

fn undocumented(operation: &Operation, status: u16, seen: &Value, newest: Option<SpecVersion>) -> Vec<Fault> {
    let Some(answer) = operation.documented(status, newest) else {
        return Vec::new();
    };
    let Some(pattern) = &answer.body else {
        return Vec::new();
    };
    let differs = matching::compare(pattern, seen.get("body"), "body", &mut Values::default());
    let fault = |differs: matching::Mismatch| Fault {
        subject: differs.path,
        expected: differs.expected,
        actual: differs.actual,
        source: Some((differs.span, answer.spec.clone())),
    };
    differs.into_iter().map(fault).collect()
}
