//! Patterns: what is expected of a value.
//!
//! Takes a node; gives a pattern that `matching` holds against what was there. A pattern is JSON that may leave
//! things out, with placeholders, with `"..."` in arrays, and with operators (`{$contains: …}`).

use std::sync::PoisonError;

use super::diagnostic::Diagnostic;
use super::node::{Key, Node, Span, Value};
use super::read::Reader;
use super::template::{Template, Text};
use super::text::Segment;

/// What is expected of a value, and where the scenario says so.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: PatternKind,
}

/// The kinds of patterns.
#[derive(Debug, Clone, PartialEq)]
pub enum PatternKind {
    /// This JSON value: null, a boolean, a number.
    Literal(serde_json::Value),
    /// Text with placeholders.
    Text(Text),
    /// An object that has at least these keys; only these if `exact`.
    Object {
        /// The keys and what is expected of them.
        fields: Vec<(String, Pattern)>,
        /// Whether no other keys may be there.
        exact: bool,
    },
    /// An array of these elements in this order; with others anywhere, in any order, if `open`.
    Array {
        /// The elements.
        items: Vec<Pattern>,
        /// Whether `"..."` stood among them.
        open: bool,
    },
    /// A status of a class: 4 for 4xx.
    StatusClass(u16),
    /// Any of these.
    AnyOf(Vec<Pattern>),
    /// All of these.
    All(Vec<Pattern>),
    /// Anything but this.
    Not(Box<Pattern>),
    /// The key is not there.
    Absent,
    /// Text that contains this, or an array that has it.
    Contains(Text),
    /// Text in which this expression is found.
    Matches(Expression),
    /// A number that is at least this.
    AtLeast(Template),
    /// A number that is at most this.
    AtMost(Template),
    /// The number of characters, elements or keys.
    Length(Box<Pattern>),
    /// An array whose elements all look like this.
    Each(Box<Pattern>),
    /// An array of these elements in any order, and no others.
    InAnyOrder(Vec<Pattern>),
}

/// A regular expression.
#[derive(Debug, Clone)]
pub struct Expression {
    /// As written.
    pub written: String,
    /// Ready for use.
    pub regex: regex::Regex,
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

/// The operators: name and meaning.
pub(super) static OPERATORS: &[(&str, &str)] = &[
    ("$any_of", "Any of these patterns."),
    ("$all", "All of these patterns."),
    ("$not", "Anything but this."),
    ("$absent", "`true`: the key is not there."),
    (
        "$contains",
        "Text that contains this text, or an array that has it as an element. An array with an element that looks like a \
         mapping is `[\"...\", {…}]`.",
    ),
    ("$matches", "Text in which this regular expression is found."),
    ("$at_least", "A number that is at least this."),
    ("$at_most", "A number that is at most this."),
    ("$length", "The number of characters, elements or keys: a number, or a pattern, `{$at_most: 3}`."),
    ("$each", "An array whose elements all look like this."),
    ("$in_any_order", "An array of these elements in any order, and no others."),
    ("$exact", "An object with these keys and no others."),
];

/// How large a regular expression may become, in bytes.
const MAX_EXPRESSION_BYTES: usize = 1 << 20;

impl Pattern {
    /// Whether it fits this number; `None` where that depends on values, or on what it is about.
    pub(super) fn holds_for(&self, number: usize) -> Option<bool> {
        let limit = |template: &Template| match template {
            Template::Int(limit) => Some(*limit as f64),
            Template::Float(limit) => Some(*limit),
            _ => None,
        };
        match &self.kind {
            PatternKind::Literal(value) => Some(value.as_u64() == Some(number as u64)),
            PatternKind::AtLeast(template) => limit(template).map(|limit| number as f64 >= limit),
            PatternKind::AtMost(template) => limit(template).map(|limit| number as f64 <= limit),
            PatternKind::Not(inner) => inner.holds_for(number).map(|holds| !holds),
            PatternKind::AnyOf(items) => {
                let all: Option<Vec<bool>> = items.iter().map(|item| item.holds_for(number)).collect();
                all.map(|all| all.contains(&true))
            }
            PatternKind::All(items) => {
                let all: Option<Vec<bool>> = items.iter().map(|item| item.holds_for(number)).collect();
                all.map(|all| !all.contains(&false))
            }
            PatternKind::Array { .. } | PatternKind::InAnyOrder(_) | PatternKind::Object { .. } => Some(false),
            _ => None,
        }
    }

    /// Calls `f` with every text and every template's text in it, in the order in which they are matched.
    pub fn each_text<'p>(&'p self, f: &mut impl FnMut(&'p Text)) {
        match &self.kind {
            PatternKind::Text(text) | PatternKind::Contains(text) => f(text),
            PatternKind::Object { fields, .. } => fields.iter().for_each(|(_, pattern)| pattern.each_text(f)),
            PatternKind::Array { items, .. }
            | PatternKind::AnyOf(items)
            | PatternKind::All(items)
            | PatternKind::InAnyOrder(items) => items.iter().for_each(|item| item.each_text(f)),
            PatternKind::Not(inner) | PatternKind::Length(inner) | PatternKind::Each(inner) => inner.each_text(f),
            PatternKind::AtLeast(template) | PatternKind::AtMost(template) => template.each_text(f),
            PatternKind::Literal(_) | PatternKind::StatusClass(_) | PatternKind::Absent | PatternKind::Matches(_) => {}
        }
    }
}

/// How what an operator joins or denies is read.
#[derive(Clone, Copy)]
enum Inner {
    Value,
    Status,
}

impl Reader<'_> {
    /// Reads a pattern.
    pub(super) fn pattern(&self, node: &Node) -> Option<Pattern> {
        let kind = match &node.value {
            Value::Null => PatternKind::Literal(serde_json::Value::Null),
            Value::Bool(flag) => PatternKind::Literal((*flag).into()),
            Value::Int(number) => PatternKind::Literal((*number).into()),
            Value::Float(number) => PatternKind::Literal((*number).into()),
            Value::Text(text) if **text == *"..." => {
                self.fault(
                    Diagnostic::new(node.span, "dots", "`\"...\"` stands in a list").label("for which others?").help(
                        "`[\"...\", {address: <email>}]` is a list in which others may stand; of a mapping, what is \
                               not named may be there anyway",
                    ),
                );
                return None;
            }
            Value::Text(text) => {
                PatternKind::Text(Text { span: node.span, segments: self.segments_or_none(text, node.span) })
            }
            Value::List(items) => {
                let dots = |item: &&Node| item.as_text() == Some("...");
                PatternKind::Array {
                    open: items.iter().any(|item| dots(&item)),
                    items: self.all(items.iter().filter(|item| !dots(item))),
                }
            }
            Value::Map(entries) if entries.iter().any(|(key, _)| key.name.starts_with('$')) => {
                return self.operators(node, entries, Inner::Value);
            }
            Value::Map(entries) => {
                // What has a fault is left out, so that the rest is read and followed.
                let fields =
                    entries.iter().filter_map(|(key, value)| Some((key.name.to_string(), self.pattern(value)?)));
                PatternKind::Object { fields: fields.collect(), exact: false }
            }
        };
        Some(Pattern { span: node.span, kind })
    }

    fn all<'n>(&self, nodes: impl Iterator<Item = &'n Node>) -> Vec<Pattern> {
        nodes.filter_map(|node| self.pattern(node)).collect()
    }

    /// Reads a status: a number, several, or a class.
    pub(super) fn status(&self, node: &Node) -> Option<Pattern> {
        let help = "write `200`, `[400, 403]` or a class like `4xx`";
        let fault = |found: &Node| {
            self.fault(Diagnostic::new(found.span, "status", "invalid status").label("not a status").help(help));
        };
        let kind = match &node.value {
            Value::Int(number) if (100..600).contains(number) => PatternKind::Literal((*number).into()),
            Value::Text(text)
                if text.len() == 3 && text.ends_with("xx") && matches!(text.as_bytes()[0], b'1'..=b'5') =>
            {
                PatternKind::StatusClass(u16::from(text.as_bytes()[0] - b'0'))
            }
            Value::List(items) if !items.is_empty() => {
                let read: Vec<_> = items.iter().map(|item| self.status(item)).collect();
                PatternKind::AnyOf(read.into_iter().collect::<Option<_>>()?)
            }
            Value::Map(entries) if entries.iter().any(|(key, _)| key.name.starts_with('$')) => {
                return self.operators(node, entries, Inner::Status);
            }
            Value::Map(_) => return self.pattern(node),
            _ => {
                fault(node);
                return None;
            }
        };
        Some(Pattern { span: node.span, kind })
    }

    /// Reads `{$operator: …}`; several operators must all hold. What an operator joins or denies is read as `inner` has it.
    fn operators(&self, node: &Node, entries: &[(Key, Node)], inner: Inner) -> Option<Pattern> {
        let mut kinds = Vec::new();
        for (key, value) in entries {
            if !key.name.starts_with('$') {
                self.fault(
                    Diagnostic::new(key.span, "mixed-operators", "operators and keys do not stand in one mapping")
                        .label("a key among operators")
                        .help("give the key a mapping of its own; `$all` joins several patterns"),
                );
                return None;
            }
            kinds.extend(self.operator(key, value, inner).map(|kind| Pattern { span: key.span, kind }));
        }
        Some(match kinds.len() {
            1 => Pattern { span: node.span, kind: kinds.remove(0).kind },
            _ => Pattern { span: node.span, kind: PatternKind::All(kinds) },
        })
    }

    fn inner(&self, node: &Node, inner: Inner) -> Option<Pattern> {
        match inner {
            Inner::Value => self.pattern(node),
            Inner::Status => self.status(node),
        }
    }

    fn operator(&self, key: &Key, value: &Node, inner: Inner) -> Option<PatternKind> {
        Some(match &*key.name {
            "$any_of" => PatternKind::AnyOf(self.list(value, inner)?),
            "$all" => PatternKind::All(self.list(value, inner)?),
            "$in_any_order" => PatternKind::InAnyOrder(self.list(value, inner)?),
            "$not" => PatternKind::Not(Box::new(self.inner(value, inner)?)),
            "$length" => PatternKind::Length(Box::new(self.pattern(value)?)),
            "$each" => PatternKind::Each(Box::new(self.pattern(value)?)),
            "$contains" if matches!(value.value, Value::Map(_) | Value::List(_)) => {
                self.fault(
                    Diagnostic::new(
                        value.span,
                        "wrong-kind",
                        format!("`$contains` takes text, found {}", value.kind()),
                    )
                    .label(format!("this is {}", value.kind()))
                    .help("a list with an element that looks like this is `[\"...\", {address: <email>}]`"),
                );
                return None;
            }
            "$contains" => PatternKind::Contains(self.placed_text(value, "`$contains`")?),
            "$at_least" => PatternKind::AtLeast(self.template(value)?),
            "$at_most" => PatternKind::AtMost(self.template(value)?),
            "$matches" => PatternKind::Matches(self.expression(value)?),
            "$exact" => match self.pattern(value)? {
                Pattern { kind: PatternKind::Object { fields, .. }, .. } => PatternKind::Object { fields, exact: true },
                _ => {
                    self.expected(value, "a mapping: `$exact` is for objects");
                    return None;
                }
            },
            "$absent" => match value.value {
                Value::Bool(true) => PatternKind::Absent,
                _ => {
                    self.expected(value, "`true`");
                    return None;
                }
            },
            other => {
                self.fault(
                    Diagnostic::new(key.span, "unknown-operator", format!("unknown operator `{other}`"))
                        .label("not known")
                        .nearest(other, OPERATORS.iter().map(|(name, _)| *name)),
                );
                return None;
            }
        })
    }

    fn list(&self, value: &Node, inner: Inner) -> Option<Vec<Pattern>> {
        match &value.value {
            Value::List(items) if !items.is_empty() => {
                Some(items.iter().filter_map(|item| self.inner(item, inner)).collect())
            }
            _ => {
                self.expected(value, "a list of patterns");
                None
            }
        }
    }

    fn expression(&self, value: &Node) -> Option<Expression> {
        let segments = self.text(value, "`$matches`")?;
        let [Segment::Literal(written)] = segments.as_slice() else {
            self.fault(
                Diagnostic::new(value.span, "expression", "a regular expression has no placeholders")
                    .label("a placeholder in it")
                    .help("write `<<` for a literal `<`"),
            );
            return None;
        };
        let made = || self.expressions.lock().unwrap_or_else(PoisonError::into_inner);
        let known = made().get(written).cloned();
        let make = || regex::RegexBuilder::new(written).size_limit(MAX_EXPRESSION_BYTES).build();
        match known.map_or_else(make, Ok) {
            Ok(regex) => {
                made().insert(written.clone(), regex.clone());
                Some(Expression { written: written.clone(), regex })
            }
            Err(error) => {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                self.fault(
                    Diagnostic::new(value.span, "expression", format!("invalid regular expression: {reason}"))
                        .label("here"),
                );
                None
            }
        }
    }
}

/// Reads a pattern on its own, for tests of other modules.
///
/// # Panics
///
/// If the text is no pattern.
#[cfg(test)]
pub(crate) fn pattern_for_test(yaml: &str) -> Pattern {
    let (texts, expressions) = ([yaml], Default::default());
    let reader = Reader::new(&texts, &expressions);
    let node = super::yaml::read(0, yaml).unwrap();
    let pattern = reader.pattern(&node);
    assert!(reader.into_all().0.is_empty(), "{yaml}");
    pattern.unwrap()
}
