//! Why a trial ended as it did.
//!
//! Takes what was found out; gives words for people, and for programs the kind of reason where there is one. It decides
//! nothing.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

/// Why a trial ended as it did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reason {
    /// Why, in one line.
    #[serde(rename = "reason")]
    pub words: String,
    /// What kind of reason it is, where more than the outcome follows from it.
    #[serde(rename = "reason_kind", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ReasonKind>,
    /// Where a known deviation is tracked, as the target's profile says.
    #[serde(rename = "reason_link", default, skip_serializing_if = "Option::is_none")]
    pub tracked_at: Option<String>,
}

/// The kinds of reasons from which more follows than from the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReasonKind {
    /// A precondition failed, so that the scenario's own behaviour could not be seen.
    NotReached,
    /// The run ended before the trial began, whatever the target offers.
    NotRun,
    /// An answer differs from its snapshot, and no requirement that counts is broken.
    Drift,
    /// The target's profile lists it as known to deviate.
    Known,
}

impl Reason {
    /// What the scenario builds on failed, for this reason.
    pub fn not_reached(why: &str) -> Reason {
        Reason::of(ReasonKind::NotReached, format!("not reached, because what it builds on failed: {why}"))
    }

    /// The run ended before the trial, for this reason.
    pub fn not_run(why: &str) -> Reason {
        Reason::of(ReasonKind::NotRun, format!("not run: {why}"))
    }

    /// The answer to this step is all that differs.
    pub fn drift(step: &str) -> Reason {
        Reason::of(ReasonKind::Drift, format!("{step}: the answer is not the one in its snapshot"))
    }

    /// It is known for this reason, and tracked there.
    pub fn known(why: &str, tracked_at: Option<&str>) -> Reason {
        Reason { tracked_at: tracked_at.map(str::to_owned), ..Reason::of(ReasonKind::Known, why.to_owned()) }
    }

    /// It is listed as known for this reason, and passed.
    pub fn known_no_more(why: &str) -> Reason {
        format!("known to deviate ({why}), and does not: remove it from the target's list").into()
    }

    fn of(kind: ReasonKind, words: String) -> Reason {
        Reason { words, kind: Some(kind), tracked_at: None }
    }

    /// The address at which it is tracked, if a page may link there: a record is a file that anybody may have written.
    pub fn link(&self) -> Option<&str> {
        let link = self.tracked_at.as_deref()?;
        let url = Url::parse(link).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let safe = !link.contains(|c: char| c.is_whitespace() || c.is_control() || "<>\\".contains(c));
        (url.is_some() && safe).then_some(link)
    }
}

impl From<String> for Reason {
    fn from(words: String) -> Reason {
        Reason { words, kind: None, tracked_at: None }
    }
}

impl From<&str> for Reason {
    fn from(words: &str) -> Reason {
        words.to_owned().into()
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.tracked_at {
            Some(link) => write!(f, "{} ({link})", self.words),
            None => f.write_str(&self.words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_links_only_to_addresses_of_the_web() {
        let link = |to| Reason::known("answers 500", Some(to)).link().map(str::to_owned);
        assert_eq!(link("https://spec.example/#a"), Some("https://spec.example/#a".to_owned()));
        for other in ["javascript:x", "https://h/<b>", "b", "https://h/ x"] {
            assert_eq!(link(other), None, "{other}");
        }
        assert_eq!(Reason::from("no link").link(), None);
        assert_eq!(Reason::known("a", Some("https://h/")).to_string(), "a (https://h/)");
    }
}
