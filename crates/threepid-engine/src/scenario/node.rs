//! A parsed YAML value that remembers where it stands.
//!
//! Takes what `yaml` read and gives a tree to the rest of `scenario`. Copies share their parts: a fragment is used in many
//! scenarios, and most of its steps are the same in all. It knows nothing of steps or levels.

use std::sync::Arc;

/// Where something stands: a file (index into [`super::Sources`]) and a range of bytes in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Index of the file.
    pub file: usize,
    /// First byte.
    pub start: usize,
    /// Number of bytes; 0 where only the start is known.
    pub len: usize,
}

/// One YAML value with its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// Where it stands.
    pub(super) span: Span,
    /// What it is.
    pub(super) value: Value,
}

/// The kinds of YAML values.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number without a fraction.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    Text(Arc<str>),
    /// A sequence.
    List(Arc<[Node]>),
    /// A mapping, in the order of the file, repeated keys kept.
    Map(Arc<[(Key, Node)]>),
}

/// A key of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// Where it stands.
    pub(super) span: Span,
    /// The key.
    pub(super) name: Arc<str>,
}

impl Node {
    /// The kind of value, in words, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Int(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    /// The text, if it is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value under a key, if it is a mapping that has it.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|(key, _)| *key.name == *name).map(|(_, node)| node),
            _ => None,
        }
    }
}
