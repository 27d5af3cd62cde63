//! What the server can be told to do otherwise: `defects.toml` and `shapes.toml`, read once.
//!
//! *Takes* the two files; *gives* a [`Defect`] for each promise that can be broken and a [`Shape`] for each lawful
//! difference; *never* the code that breaks a promise, which stands where the promise is kept
//! (`if server.has_defect("accepts-any-password")`), unless changing an answer is enough: then it is a [`Rewrite`] in the row.

use std::sync::LazyLock;

use axum::http::StatusCode;
use serde::{Deserialize, Deserializer, de};

use super::rewrite::Rewrite;

/// A promise that the server can be told to break.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Defect {
    /// What the broken server does, as a selector: `accepts-any-password`.
    pub name: String,
    /// The promise it breaks, in one sentence.
    pub promise: String,
    /// Where the promise is written down: a path below <https://spec.matrix.org/v1.19/>, or another reference.
    pub rule: String,
    /// How grave it is to break it: the gravest level of the expectations that must fail.
    pub level: Gravity,
    /// The rows of the catalogue of behaviours that it breaks, if the catalogue has it.
    #[serde(default)]
    pub covers: Vec<String>,
    /// The shapes without which it would not show.
    #[serde(default)]
    pub(crate) with: Vec<String>,
    /// What it changes in answers, where that is all.
    #[serde(default)]
    pub(crate) rewrite: Vec<Rewrite>,
}

/// How grave it is to break a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gravity {
    /// Breaking it harms an account.
    Security,
    /// The specification demands it.
    Must,
    /// The specification recommends it.
    Should,
    /// Clients rely on it without a text.
    Convention,
}

/// A lawful difference seen in a real server. With each, every scenario must still pass: they are what keeps the harness
/// from being a test for one implementation.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Shape {
    /// What is different, as a selector: `text-only-mail`.
    pub name: String,
    /// The difference, in one sentence.
    pub summary: String,
    /// Where it was seen, or where it is permitted.
    pub seen_in: String,
    /// What it decides. Two shapes with the same aspect contradict each other.
    pub aspect: String,
    /// The shapes that a composite consists of, by name; empty for a single difference.
    #[serde(default)]
    pub includes: Vec<String>,
    /// What requestToken answers on a server that offers no validation by e-mail.
    pub(crate) refusal: Option<Refusal>,
    /// What it changes in answers, where that is all.
    #[serde(default)]
    pub(crate) rewrite: Vec<Rewrite>,
}

/// The one answer of an endpoint that offers nothing.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refusal {
    #[serde(deserialize_with = "status")]
    pub(crate) status: StatusCode,
    pub(crate) errcode: String,
}

impl Shape {
    /// The single differences that this shape stands for.
    pub(super) fn parts(&'static self) -> Vec<&'static Shape> {
        if self.includes.is_empty() {
            return vec![self];
        }
        self.includes.iter().filter_map(|name| find_shape(name)).collect()
    }
}

/// Every defect, in the order of the flows.
pub fn defects() -> &'static [Defect] {
    &TABLE.defect
}

/// The defect of that name.
pub fn find_defect(name: &str) -> Option<&'static Defect> {
    defects().iter().find(|defect| defect.name == name)
}

/// Every shape: mail, link, answers, servers that refuse, and whole servers.
pub fn shapes() -> &'static [Shape] {
    &TABLE.shape
}

/// The shape of that name.
pub fn find_shape(name: &str) -> Option<&'static Shape> {
    shapes().iter().find(|shape| shape.name == name)
}

/// Both files.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    defect: Vec<Defect>,
    shape: Vec<Shape>,
}

fn read() -> Result<Table, toml::de::Error> {
    toml::from_str(concat!(include_str!("../defects.toml"), "\n", include_str!("../shapes.toml")))
}

/// The files are part of the program, and a test reads them: no table is a state that no build has.
static TABLE: LazyLock<Table> = LazyLock::new(|| read().unwrap_or_default());

fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<StatusCode, D::Error> {
    StatusCode::from_u16(u16::deserialize(deserializer)?).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests;
