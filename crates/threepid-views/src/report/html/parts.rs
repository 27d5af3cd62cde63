//! Small pieces that several sections of a page share.

use std::collections::HashSet;

use maud::{Markup, html};

use super::super::style::Role;
use super::super::{phrases, visible};
use super::code;
use threepid_record::model::{Body, Exchange, Finding, FindingKind, Level, Outcome, SpecRef};

/// The class of an outcome, for its colour and for the filter.
pub(super) fn class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "fail",
        Outcome::Error => "error",
        Outcome::Skip => "skip",
        Outcome::Xfail => "known",
        Outcome::Xpass => "fixed",
    }
}

/// The outcomes in the order in which they are shown, worst first.
pub(super) const OUTCOMES: [Outcome; 6] =
    [Outcome::Fail, Outcome::Xpass, Outcome::Error, Outcome::Pass, Outcome::Xfail, Outcome::Skip];

/// What an outcome means, for those who see it for the first time.
pub(super) fn meaning(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "passed",
        Outcome::Fail => "failed",
        Outcome::Error => "errors: no verdict",
        Outcome::Skip => "skipped: not offered, or not run",
        Outcome::Xfail => "known deviation",
        Outcome::Xpass => "known deviation that is gone",
    }
}

/// An outcome as a coloured word with a sign, so that colour is not all there is.
pub(super) fn badge(outcome: Outcome) -> Markup {
    let (word, role) = phrases::outcome(outcome);
    let sign = match role {
        Role::Good => "✓",
        Role::Bad if outcome == Outcome::Xpass => "!",
        Role::Bad => "✗",
        Role::Unknown => "?",
        Role::Known => "~",
        Role::Faint | Role::Strong => "–",
    };
    html! { span class={ "badge " (class(outcome)) } title=(meaning(outcome)) { (sign) " " (word) } }
}

/// A link to the specification. The anchor is the scenario's, and only ever a place on that site.
pub(super) fn spec(spec: &SpecRef) -> Markup {
    html! { a href=(spec.url()) rel="noreferrer" { (code::line(&spec.operation)) } }
}

/// The word that says how much a finding weighs.
pub(super) fn weight(finding: &Finding) -> &'static str {
    match finding.kind {
        FindingKind::Requirement => finding.level.word(),
        FindingKind::Precondition => "precondition",
        FindingKind::Drift => "changed",
        FindingKind::Unknown => "unknown",
    }
}

/// A level with its meaning.
pub(super) fn level(level: Level) -> Markup {
    let about = match level {
        Level::Must => "the specification demands it",
        Level::Security => "breaking it harms an account",
        Level::Should => "the specification recommends it",
        Level::Convention => "clients rely on it without a text",
    };
    html! { span.tag title=(about) { (level.word()) } }
}

/// A value as code.
pub(super) fn value(text: &str) -> Markup {
    html! { code { @if text.is_empty() { "(nothing)" } @else { (code::line(text)) } } }
}

/// An id that is its own in the page and the same whenever the same trials are shown.
pub(super) fn id(name: &str, taken: &mut HashSet<String>) -> String {
    let mut id: String = visible(name)
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '.' | '_') { c } else { '-' })
        .collect();
    id.truncate(160);
    while id.contains("--") {
        id = id.replace("--", "-");
    }
    let id = id.trim_matches('-').to_owned();
    let mut candidate = id.clone();
    let mut number = 2;
    while candidate.is_empty() || !taken.insert(candidate.clone()) {
        candidate = format!("{id}-{number}");
        number += 1;
    }
    candidate
}

/// The error code of a Matrix error.
pub(super) fn errcode(exchange: &Exchange) -> Option<String> {
    let text = exchange.response.as_ref()?.body.text.as_deref()?;
    let body: serde_json::Value = serde_json::from_str(text).ok()?;
    Some(body.get("errcode")?.as_str()?.to_owned())
}

/// The start of a text, for where a whole one has no place.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(160) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A body under its title, or a word about why it is not shown.
pub(super) fn body(title: &str, body: &Body) -> Markup {
    html! {
        @match (&body.text, &body.base64) {
            (Some(text), _) if !text.is_empty() => { h5 { (title) } (code::body(text)) }
            (None, Some(base64)) => { h5 { (title) " (no text; in base64)" } (code::block(base64)) }
            _ => {}
        }
        @if body.truncated { p.soft { "Reading stopped here, at the limit for a body." } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_readable_and_never_meet() {
        let mut taken = HashSet::new();
        let names = ["add/ok", "add/ok[a b]", "add/ok[a-b]", "\"><script>", "", "é"];
        let ids: Vec<String> = names.iter().map(|name| id(name, &mut taken)).collect();
        assert_eq!(ids, ["add/ok", "add/ok-a-b", "add/ok-a-b-2", "script", "-2", "-3"]);
    }
}
