//! The answers of a trial as snapshots hold them.
//!
//! Takes a trial's transcript and its values; gives for each of the scenario's own steps that asks the target once, or
//! follows a link, its status, chosen headers and its whole body, with every value that is different in each run
//! replaced by its placeholder. The same value always gets the same placeholder, so that a wrong one shows.
//!
//! Left out is what another scenario is about (steps of fragments), what another server answers, and what depends on
//! who is served first: requests that race and all that follows, and rounds of a repetition.

use serde_json::Value;
use url::Url;

use crate::matching::Values;
use crate::plan::Trial;
use crate::scenario::{Action, Shape, Step};
use threepid_record::model::Transcript;

/// Bytes of the shortest value that can be told from other text.
const SHORTEST: usize = 6;

/// Headers that belong to an answer's meaning; others change with the weather.
const HEADERS: &[&str] = &["content-type", "cache-control", "location"];

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

/// The answers to a trial's own steps; `target` holds the addresses of the server that it is about.
pub fn answers(trial: &Trial, transcript: &Transcript, target: &[Url]) -> Vec<StepAnswer> {
    let mut answers = Vec::new();
    // What comes after a race depends on who won it.
    let race = trial.steps().iter().position(races).unwrap_or(trial.steps().len());
    let is_own = |step: &Step| !step.prepares && step.round.is_none();
    for entry in &transcript.entries {
        let Some(step) = entry.step.filter(|step| *step < race && is_own(&trial.steps()[*step])) else {
            continue;
        };
        let Some(exchange) = entry.event.answer() else {
            continue;
        };
        let (Some(response), None) = (&exchange.response, &exchange.failure) else {
            continue;
        };
        let asked = Url::parse(&exchange.request.url).map(|url| url.origin());
        if !asked.is_ok_and(|asked| target.iter().any(|target| target.origin() == asked)) {
            continue;
        }
        let Step { name, label, .. } = &trial.steps()[step];
        let label = name.as_ref().unwrap_or(label).clone();
        // Counted among the scenario's own, so that a change to a fragment renames no file.
        let number = trial.steps()[..=step].iter().filter(|step| !step.prepares).count();
        let text = response.body.text.clone().unwrap_or_default();
        answers.push(StepAnswer {
            name: format!("{number:02}-{}", slug(&label)),
            label,
            step,
            status: response.status,
            headers: response.headers.iter().filter(|(name, _)| HEADERS.contains(&name.as_str())).cloned().collect(),
            body: serde_json::from_str(&text).map_or_else(|_| Value::from(text), scrubbed),
        });
    }
    answers
}

/// Whether a step makes requests that race.
fn races(step: &Step) -> bool {
    match &step.action {
        Action::Request(request) => request.at_once > 1,
        Action::Parallel(_) => true,
        _ => false,
    }
}

/// What to replace by what in an answer: each value of the trial by its placeholder, the target's addresses by
/// `<homeserver>`, and a secret that no step has bound by its kind. What is too short to be told from other text is left.
pub fn placeholders<'s>(
    values: &Values,
    target: &[Url],
    secrets: impl IntoIterator<Item = (&'s str, &'s str)>,
) -> Vec<(String, String)> {
    let mut list: Vec<(String, String)> =
        target.iter().map(|url| (url.origin().ascii_serialization(), "<homeserver>".to_owned())).collect();
    for bound in values.iter() {
        let Some(text) = bound.value.as_str().filter(|text| text.len() >= SHORTEST) else {
            continue;
        };
        let name = bound.name.split('~').next().unwrap_or(&bound.name);
        list.push((text.to_owned(), format!("<{name}>")));
    }
    for (kind, value) in secrets.into_iter().filter(|(_, value)| value.len() >= SHORTEST) {
        if !list.iter().any(|(known, _)| known == value) {
            list.push((value.to_owned(), format!("<another {kind}>")));
        }
    }
    list
}

/// Names under which a value stands that is another one in each run.
const NEW_EACH_TIME: &[&str] = &["access_token", "device_id", "refresh_token", "retry_after_ms", "session", "sid"];

/// Replaces what no step has bound and is different in each run by another placeholder than a bound value gets, so
/// that the two cannot be taken for each other.
pub fn unbound(body: &Value, known: &[(String, String)]) -> Value {
    match body {
        Value::Array(items) => items.iter().map(|item| unbound(item, known)).collect(),
        Value::Object(entries) => entries
            .iter()
            .map(|(key, value)| {
                let is_new = NEW_EACH_TIME.contains(&key.as_str())
                    && match value {
                        Value::String(text) => !known.iter().any(|(value, _)| value == text),
                        value => value.is_number(),
                    };
                let value = if is_new { Value::from(format!("<another {key}>")) } else { unbound(value, known) };
                (key.clone(), value)
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
