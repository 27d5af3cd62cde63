//! JSON with placeholders, as a scenario writes what is sent.
//!
//! Takes a node; gives a template that `run` fills in. It never knows a value.

use super::node::{Node, Span, Value};
use super::read::Reader;
use super::text::{Placeholder, Segment};

/// A JSON value with placeholders.
#[derive(Debug, Clone, PartialEq)]
pub enum Template {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// Text. A text that is one placeholder alone takes the value's own kind: a number stays a number.
    Text(Text),
    /// An array.
    List(Vec<Template>),
    /// An object.
    Map(Vec<(String, Template)>),
}

/// Text with placeholders, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// Where.
    pub span: Span,
    /// Its pieces.
    pub segments: Vec<Segment>,
}

impl Text {
    /// The placeholder, if the text is one and nothing else.
    pub fn as_placeholder(&self) -> Option<&Placeholder> {
        match self.segments.as_slice() {
            [Segment::Placeholder(placeholder)] => Some(placeholder),
            _ => None,
        }
    }

    /// The text, if it has no placeholder.
    pub fn as_literal(&self) -> Option<&str> {
        match self.segments.as_slice() {
            [Segment::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// All placeholders.
    pub fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Placeholder(placeholder) => Some(placeholder),
            Segment::Literal(_) => None,
        })
    }

    /// As it is written in the scenario.
    pub fn written(&self) -> String {
        super::text::written(&self.segments)
    }
}

impl Template {
    /// Calls `f` with every text in it.
    pub fn each_text<'t>(&'t self, f: &mut impl FnMut(&'t Text)) {
        match self {
            Template::Text(text) => f(text),
            Template::List(items) => items.iter().for_each(|item| item.each_text(f)),
            Template::Map(entries) => entries.iter().for_each(|(_, value)| value.each_text(f)),
            Template::Null | Template::Bool(_) | Template::Int(_) | Template::Float(_) => {}
        }
    }
}

impl Reader<'_> {
    /// Reads text with placeholders together with its place.
    pub(super) fn placed_text(&self, node: &Node, what: &str) -> Option<Text> {
        self.text(node, what).map(|segments| Text { span: node.span, segments })
    }

    /// As [`Reader::placed_text`]; an empty text if there is a fault in it, so that what stands beside it is read too.
    pub(super) fn text_or_none(&self, node: &Node, what: &str) -> Text {
        self.placed_text(node, what).unwrap_or_else(|| Text { span: node.span, segments: Vec::new() })
    }

    /// Reads a template.
    pub(super) fn template(&self, node: &Node) -> Option<Template> {
        Some(match &node.value {
            Value::Null => Template::Null,
            Value::Bool(flag) => Template::Bool(*flag),
            Value::Int(number) => Template::Int(*number),
            Value::Float(number) => Template::Float(*number),
            Value::Text(text) => {
                Template::Text(Text { span: node.span, segments: self.segments_or_none(text, node.span) })
            }
            Value::List(items) => Template::List(items.iter().filter_map(|item| self.template(item)).collect()),
            Value::Map(entries) => {
                let read =
                    entries.iter().filter_map(|(key, value)| Some((key.name.to_string(), self.template(value)?)));
                Template::Map(read.collect())
            }
        })
    }

    /// Reads a mapping of texts: headers, query parameters.
    pub(super) fn texts(&self, node: &Node, what: &str) -> Vec<(String, Text)> {
        let Value::Map(entries) = &node.value else {
            self.expected(node, &format!("{what} (a mapping)"));
            return Vec::new();
        };
        entries.iter().filter_map(|(key, value)| Some((key.name.to_string(), self.placed_text(value, what)?))).collect()
    }
}
