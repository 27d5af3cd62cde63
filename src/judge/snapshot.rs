//! The answers of a trial as snapshots hold them.
//!
//! Takes a trial's transcript and its values; gives for each step that makes a request or follows a link its status,
//! chosen headers and its whole body, with every value that is different in each run replaced by its placeholder. The
//! same value always gets the same placeholder, so that a wrong one shows.

use serde_json::Value;

use crate::matching::Values;
use crate::model::{Event, Exchange, Transcript};
use crate::plan::Trial;
use crate::scenario::Shape;

/// Headers that belong to an answer's meaning; others change with the weather.
const HEADERS: &[&str] = &["content-type", "cache-control", "location", "retry-after"];

/// One answer, ready to be compared with its snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct StepAnswer {
    /// The file's name: `03-post-account-3pid-add`.
    pub name: String,
    /// The step's name, for people.
    pub label: String,
    /// Index of the step.
    pub step: usize,
    /// The status.
    pub status: u16,
    /// Chosen headers.
    pub headers: Vec<(String, String)>,
    /// The body: JSON, or text.
    pub body: Value,
}

/// The answers of a trial's first turn at each step.
pub fn answers(trial: &Trial, transcript: &Transcript) -> Vec<StepAnswer> {
    let mut answers = Vec::new();
    for entry in &transcript.entries {
        let (Some(step), 0) = (entry.step, entry.turn) else {
            continue;
        };
        let exchange: &Exchange = match &entry.event {
            Event::Exchange(exchange) => exchange,
            Event::Visit(visit) => match visit.hops.last() {
                Some(hop) => hop,
                None => continue,
            },
            _ => continue,
        };
        let (Some(response), None) = (&exchange.response, &exchange.failure) else {
            continue;
        };
        let Some(label) = trial.steps().get(step).map(|step| step.name.clone().unwrap_or_else(|| step.label.clone()))
        else {
            continue;
        };
        let text = response.body.text.clone().unwrap_or_default();
        answers.push(StepAnswer {
            name: format!("{:02}-{}", step + 1, slug(&label)),
            label,
            step,
            status: response.status,
            headers: response.headers.iter().filter(|(name, _)| HEADERS.contains(&name.as_str())).cloned().collect(),
            body: serde_json::from_str(&text).map_or_else(|_| Value::from(text), scrubbed),
        });
    }
    answers
}

/// What to replace by what in an answer: each value of the trial by its placeholder. What is too short to be told
/// from other text is left.
pub fn placeholders(values: &Values) -> Vec<(String, String)> {
    let mut list = Vec::new();
    for bound in values.iter() {
        let Some(text) = bound.value.as_str().filter(|text| text.len() >= 6) else {
            continue;
        };
        let name = bound.name.split('~').next().unwrap_or(&bound.name);
        list.push((text.to_owned(), format!("<{name}>")));
    }
    list
}

/// Names under which a value stands that is another one in each run.
const NEW_EACH_TIME: &[&str] = &["access_token", "device_id", "refresh_token", "session", "sid"];

/// Replaces what no step has bound and is different in each run by another placeholder than a bound value gets, so
/// that the two cannot be taken for each other.
pub fn unbound(body: &Value, known: &[(String, String)]) -> Value {
    match body {
        Value::Array(items) => items.iter().map(|item| unbound(item, known)).collect(),
        Value::Object(entries) => entries
            .iter()
            .map(|(key, value)| match value {
                Value::String(text)
                    if NEW_EACH_TIME.contains(&key.as_str()) && !known.iter().any(|(value, _)| value == text) =>
                {
                    (key.clone(), Value::from(format!("<another {key}>")))
                }
                other => (key.clone(), unbound(other, known)),
            })
            .collect(),
        other => other.clone(),
    }
}

/// Times differ in each run: a number that can be a time in milliseconds becomes its type.
fn scrubbed(value: Value) -> Value {
    let is_time = |value: &Value| {
        crate::scenario::ValueType::named("timestamp")
            .is_some_and(|timestamp| matches!(timestamp.facts().shape, Shape::Timestamp) && timestamp.accepts(value))
    };
    match value {
        value if is_time(&value) => Value::from("<timestamp>"),
        Value::Array(items) => items.into_iter().map(scrubbed).collect(),
        Value::Object(entries) => entries.into_iter().map(|(key, value)| (key, scrubbed(value))).collect(),
        other => other,
    }
}

fn slug(label: &str) -> String {
    let mut slug = String::new();
    for c in label.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    slug.chars().take(60).collect()
}
