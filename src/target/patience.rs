//! Sending a request that a rate limit may hold back.
//!
//! Takes a request and a deadline; gives every exchange it took. A 429 is waited out for as long as the server itself
//! says, never longer than the deadline; what a 408 answers is asked once more. Nothing else is repeated.

use serde_json::Value;
use tokio::time::Instant;

use threepid_record::model::{Exchange, Response};
use threepid_record::redact::Redactor;
use threepid_record::redact::collect::Collector;
use threepid_wire::http::{Client, Outgoing, asked_to_wait};

/// How many characters of a name that a server chose are shown: an error code, a stage, a key.
const NAME: usize = 64;
/// How many names are shown of a list.
const NAMES: usize = 5;

/// Sends a request, waiting out rate limits until `deadline`. All exchanges are added to `exchanges`; the last is
/// also given.
pub(super) async fn send(
    client: &Client,
    outgoing: Outgoing,
    deadline: Instant,
    exchanges: &mut Vec<Exchange>,
) -> Exchange {
    let mut before = 0;
    loop {
        let exchange = client.send(outgoing.clone()).await;
        exchanges.push(exchange.clone());
        let Some(wait) = exchange.response.as_ref().and_then(|response| asked_to_wait(response, before)) else {
            return exchange;
        };
        before += 1;
        let Some(again) = Instant::now().checked_add(wait).filter(|again| *again <= deadline) else {
            return exchange;
        };
        tokio::time::sleep_until(again).await;
    }
}

/// Whether an answer says nothing about what the server offers: it is not whole, or only that it comes too often.
pub(super) fn says_nothing(exchange: &Exchange) -> bool {
    exchange.failure.is_some() || exchange.response.as_ref().is_none_or(|response| matches!(response.status, 408 | 429))
}

/// The body as JSON, if it is any.
pub(super) fn json(response: &Response) -> Option<Value> {
    serde_json::from_str(response.body.text.as_deref()?).ok()
}

/// The `errcode` of a body.
pub(super) fn errcode(response: &Response) -> Option<String> {
    Some(json(response)?.get("errcode")?.as_str()?.to_owned())
}

/// An exchange's answer in a few words: `403 M_FORBIDDEN (Registration is disabled)`, or why there is none. What stands
/// in a JSON body under other names is not shown: tokens and sessions do.
pub(super) fn in_short(exchange: &Exchange) -> String {
    let exchange = &without_secrets(exchange);
    let Some(response) = &exchange.response else {
        let cause = exchange.failure.as_ref().map(|failure| format!(" ({})", failure.message));
        return format!("nothing{}", cause.unwrap_or_default());
    };
    let status = response.status;
    if let Some(failure) = &exchange.failure {
        return format!("{status}, but {}", failure.message);
    }
    let body = json(response);
    let field = |name: &str, limit| Some(beginning(body.as_ref()?.get(name)?.as_str()?, limit));
    let answer = match (field("errcode", NAME), field("error", 200), &body) {
        (Some(code), Some(error), _) => format!("{status} {code} ({error})"),
        (Some(code), None, _) => format!("{status} {code}"),
        (None, _, Some(Value::Object(fields))) if fields.is_empty() => format!("{status} {{}}"),
        (None, _, Some(Value::Object(fields))) => format!("{status} with {}", names(fields.keys().map(String::as_str))),
        (None, _, Some(Value::Array(_))) => format!("{status} with a JSON array"),
        _ => match response.body.text.as_deref().map(str::trim) {
            None | Some("") => status.to_string(),
            Some(text) if text.starts_with(['{', '[']) => format!("{status} with something that is not valid JSON"),
            Some(text) => format!("{status} {}", beginning(text, 120)),
        },
    };
    match status {
        429 => format!("{answer}; lift its limits for this run, or set `--account-timeout`"),
        _ => answer,
    }
}

/// An exchange without what is secret in it, to be quoted: what is shortened first may have half a secret in it.
pub(super) fn without_secrets(exchange: &Exchange) -> Exchange {
    let mut found = Collector::default();
    found.exchange(exchange);
    let mut redactor = Redactor::new();
    found.into_secrets().iter().for_each(|secret| redactor.learn(secret));
    let mut exchange = exchange.clone();
    redactor.exchange(&mut exchange);
    exchange
}

/// Names that a server chose, the first few of them.
pub(super) fn names<'a>(all: impl IntoIterator<Item = &'a str>) -> String {
    let mut rest = all.into_iter();
    let mut shown: Vec<String> = rest.by_ref().take(NAMES).map(|name| beginning(name, NAME)).collect();
    let more = rest.count();
    if more > 0 {
        shown.push(format!("… ({more} more)"));
    }
    shown.join(", ")
}

/// Flows of stages, the first few of them.
pub(super) fn flows(all: &[Vec<String>]) -> String {
    let mut shown: Vec<String> =
        all.iter().take(NAMES).map(|flow| format!("[{}]", names(flow.iter().map(String::as_str)))).collect();
    if all.len() > NAMES {
        shown.push(format!("… ({} more)", all.len() - NAMES));
    }
    shown.join(" or ")
}

/// At most so many characters of a text, in one line.
pub(super) fn beginning(text: &str, limit: usize) -> String {
    let line: String =
        text.chars().take(limit * 2).collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= limit && text.len() <= limit * 2 {
        return line;
    }
    line.chars().take(limit).chain(['…']).collect()
}
