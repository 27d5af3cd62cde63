//! Sending a request that a rate limit may hold back.
//!
//! Takes a request and a deadline; gives every exchange it took. A 429 is waited out for as long as the server itself
//! says, never longer than the deadline. Nothing else is repeated.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::time::Instant;

use crate::http::{Client, Outgoing};
use crate::model::{Exchange, Response};

/// How long to wait after a 429 that says nothing about it.
const WITHOUT_HINT: Duration = Duration::from_secs(1);
/// The least wait: a hint of 0 must not turn into a busy loop.
const LEAST: Duration = Duration::from_millis(50);

/// Sends a request, waiting out rate limits until `deadline`. All exchanges are added to `exchanges`; the last is
/// also given.
pub(super) async fn send(
    client: &Client,
    outgoing: Outgoing,
    deadline: Instant,
    exchanges: &mut Vec<Exchange>,
) -> Exchange {
    loop {
        let exchange = client.send(outgoing.clone()).await;
        exchanges.push(exchange.clone());
        let wait = match &exchange.response {
            Some(response) if response.status == 429 => hint(response).unwrap_or(WITHOUT_HINT).max(LEAST),
            _ => return exchange,
        };
        let Some(again) = Instant::now().checked_add(wait).filter(|again| *again <= deadline) else {
            return exchange;
        };
        tokio::time::sleep_until(again).await;
    }
}

/// How long the server asks to wait: `retry_after_ms` of the body, else `Retry-After` (seconds or a date).
fn hint(response: &Response) -> Option<Duration> {
    if let Some(millis) = json(response).as_ref().and_then(|body| body.get("retry_after_ms")?.as_u64()) {
        return Some(Duration::from_millis(millis));
    }
    let header = response.header("retry-after")?.trim();
    if let Ok(seconds) = header.parse() {
        return Some(Duration::from_secs(seconds));
    }
    httpdate::parse_http_date(header).ok()?.duration_since(SystemTime::now()).ok()
}

/// The body as JSON, if it is any.
pub(super) fn json(response: &Response) -> Option<Value> {
    serde_json::from_str(response.body.text.as_deref()?).ok()
}

/// The `errcode` of a body.
pub(super) fn errcode(response: &Response) -> Option<String> {
    Some(json(response)?.get("errcode")?.as_str()?.to_owned())
}

/// An exchange's answer in a few words: `403 M_FORBIDDEN (Registration is disabled)`, or why there is none.
pub(super) fn in_short(exchange: &Exchange) -> String {
    if let Some(failure) = &exchange.failure {
        return failure.message.clone();
    }
    let Some(response) = &exchange.response else {
        return "nothing".to_owned();
    };
    let body = json(response);
    let field = |name: &str| body.as_ref().and_then(|body| body.get(name)?.as_str()).map(str::to_owned);
    match (field("errcode"), field("error")) {
        (Some(code), Some(error)) => {
            format!("{} {code} ({})", response.status, beginning(&error, 200))
        }
        (Some(code), None) => format!("{} {code}", response.status),
        _ => match response.body.text.as_deref().map(str::trim) {
            None | Some("") => response.status.to_string(),
            Some(text) => format!("{} {}", response.status, beginning(text, 120)),
        },
    }
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
