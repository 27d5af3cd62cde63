//! Secrets in an answer that it should not carry.
//!
//! Takes a request and its answer as they stand in a record, where every secret is replaced by a marker with its kind
//! (`REDACTED-password-1`); gives the kinds that came back without being asked for. What the request itself carries may
//! be repeated to whoever sent it, but for passwords; the tokens and sessions that an operation is for are its answer.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::fault::Fault;
use threepid_record::model::{Request, Response, Transcript};

/// How a marker looks.
#[expect(clippy::unwrap_used, reason = "the expression is fixed, and a test uses it")]
static MARKER: LazyLock<Regex> = LazyLock::new(|| Regex::new("REDACTED-([a-z]+(?:-[a-z]+)*)-[0-9]+").unwrap());

/// The kinds of secrets, and the operations whose answers carry fresh ones.
const KINDS: &[(&str, &[&str])] = &[
    ("password", &[]),
    ("new-password", &[]),
    ("access-token", &["POST /login", "POST /register", "POST /refresh"]),
    ("refresh-token", &["POST /login", "POST /register", "POST /refresh"]),
    ("client-secret", &[]),
    ("token", &[]),
    ("id-access-token", &[]),
];

/// The kinds that a page behind a link has in its form or its links, since they are in the address of the page.
const OF_PAGES: &[&str] = &["client-secret", "token", "session"];

/// The kinds that the harness makes. One of them that no request has ever carried is something else under such a name: what
/// a server makes of a secret when it quotes a request and cuts it.
const MADE_HERE: &[&str] = &["password", "new-password", "client-secret"];

/// The secrets that an answer carries and should not.
pub(super) fn carried(
    operation: &str,
    request: &Request,
    response: &Response,
    is_page: bool,
    trial: &Transcript,
) -> Vec<Fault> {
    // What a link carries counts as a secret, and the session's id is in it: it is what the client asked for.
    let sid = response.body.text.as_deref().and_then(sid);
    let headers = response.headers.iter().map(|(name, value)| (format!("header {name}"), value.as_str()));
    let body = response.body.text.iter().map(|text| ("body".to_owned(), text.as_str()));
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut faults = Vec::new();
    for (subject, text) in headers.chain(body) {
        // Most answers have none, and this is much faster than the expression.
        if !text.contains("REDACTED-") {
            continue;
        }
        for marker in MARKER.captures_iter(text) {
            let (whole, kind) = (&marker[0], &marker[1]);
            let Some((_, given_by)) = KINDS.iter().find(|(known, _)| *known == kind) else { continue };
            let own = given_by.contains(&operation) || (is_page && OF_PAGES.contains(&kind));
            let repeated = !kind.ends_with("password") && sends(request, whole);
            let is_sid = sid.as_deref() == Some(whole);
            let made_up = || MADE_HERE.contains(&kind) && !requests(trial).any(|request| sends(request, whole));
            if !own && !repeated && !is_sid && !made_up() && known.insert(whole.to_owned()) {
                faults.push(Fault {
                    subject: subject.clone(),
                    expected: format!("no {} that was not asked for", kind.replace('-', " ")),
                    actual: whole.to_owned(),
                    source: None,
                });
            }
        }
    }
    faults
}

/// All requests of a trial.
fn requests(trial: &Transcript) -> impl Iterator<Item = &Request> {
    trial.entries.iter().flat_map(|entry| entry.event.exchanges()).map(|exchange| &exchange.request)
}

/// The session's id, if the answer gives one.
fn sid(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    Some(body.get("sid")?.as_str()?.to_owned())
}

/// Whether a request carries a secret: this marker, and not one that begins like it.
fn sends(request: &Request, marker: &str) -> bool {
    let has = |text: &str| {
        text.match_indices(marker).any(|(at, _)| !text[at + marker.len()..].starts_with(|c: char| c.is_ascii_digit()))
    };
    has(&request.url)
        || request.headers.iter().any(|(_, value)| has(value))
        || request.body.text.as_deref().is_some_and(has)
}
