//! How long an answer asks to wait that is about the asking: 429, and 408.
//!
//! Takes an answer and how often it has been given in a row; gives the wait. It never waits itself.

use std::time::{Duration, SystemTime};

use threepid_record::model::Response;
use threepid_record::number::whole;

/// How long to wait after a 429 that says nothing about it, or nothing that makes sense.
const WITHOUT_HINT: Duration = Duration::from_secs(1);
/// The least wait after the first 429, and twice as long after each that follows: a hint of 0 must not turn into a busy
/// loop, nor into a record of thousands of answers.
const LEAST: Duration = Duration::from_millis(50);

/// How long a 429 asks to wait: `Retry-After` in seconds or as a date, else `retry_after_ms` (Client-Server API, rate
/// limiting). A 408 was not meant for the request that it is read as the answer to: the server gave up on a connection
/// that was kept open and idle. On another it can be asked again (RFC 9110, 15.5.9), once. `None` for other answers.
/// `before` is how many there have been in a row before it.
pub fn asked_to_wait(response: &Response, before: u32) -> Option<Duration> {
    if response.status == 408 {
        return (before == 0).then_some(LEAST);
    }
    if response.status != 429 {
        return None;
    }
    let hint = header(response).or_else(|| body(response)).unwrap_or(WITHOUT_HINT);
    Some(hint.max(LEAST.saturating_mul(2_u32.saturating_pow(before))))
}

fn header(response: &Response) -> Option<Duration> {
    let value = response.header("retry-after")?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    Some(until.duration_since(SystemTime::now()).unwrap_or_default())
}

fn body(response: &Response) -> Option<Duration> {
    let body: serde_json::Value = serde_json::from_str(response.body.text.as_deref()?).ok()?;
    let hint = body.get("retry_after_ms")?;
    // What no other number holds is a long wait, and not one second.
    let millis = hint.as_u64().or_else(|| u64::try_from(whole(hint)?).ok())?;
    Some(Duration::from_millis(millis))
}
