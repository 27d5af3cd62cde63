//! Reads mappings key by key and collects every fault on the way.
//!
//! Takes nodes and key lists; gives values or notes a diagnostic and goes on, so that one run shows all faults.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use super::diagnostic::Diagnostic;
use super::keys;
use super::node::{Key, Node, Span, Value};
use super::text::{self, Segment};
use threepid_record::model::SpecRef;

/// The longest time that a scenario can name.
const LONGEST_TIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The regular expressions of all files, each made once: fragments repeat them in many scenarios.
pub(super) type Expressions = Mutex<HashMap<String, regex::Regex>>;

/// Collects faults while a file is read.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    faults: RefCell<Vec<Diagnostic>>,
    /// Expectations that do not say what they rest on: sound, but no ground for a verdict on others.
    ungrounded: RefCell<Vec<Diagnostic>>,
    /// The text of each file, for finding the place of a part of a text.
    texts: &'a [&'a str],
    pub(super) expressions: &'a Expressions,
}

/// A mapping whose keys are known to be allowed and not repeated.
pub(super) struct Fields<'n> {
    pub(super) span: Span,
    entries: Vec<(&'n Key, &'n Node)>,
}

impl<'n> Fields<'n> {
    /// The value of a key.
    pub(super) fn get(&self, name: &str) -> Option<&'n Node> {
        self.entries.iter().find(|(key, _)| *key.name == *name).map(|(_, node)| *node)
    }

    /// Key and value.
    pub(super) fn entry(&self, name: &str) -> Option<(&'n Key, &'n Node)> {
        self.entries.iter().find(|(key, _)| *key.name == *name).copied()
    }

    /// All keys and values in the order of the file.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'n Key, &'n Node)> {
        self.entries.iter().copied()
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(texts: &'a [&'a str], expressions: &'a Expressions) -> Reader<'a> {
        Reader { faults: RefCell::default(), ungrounded: RefCell::default(), texts, expressions }
    }

    /// Notes a fault.
    pub(super) fn fault(&self, diagnostic: Diagnostic) {
        self.faults.borrow_mut().push(diagnostic);
    }

    /// Notes an expectation that does not say what it rests on.
    pub(super) fn no_ground(&self, diagnostic: Diagnostic) {
        self.ungrounded.borrow_mut().push(diagnostic);
    }

    /// How many faults there are so far.
    pub(super) fn count_faults(&self) -> usize {
        self.faults.borrow().len()
    }

    /// All faults so far, and the expectations that do not say what they rest on.
    pub(super) fn into_all(self) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        (self.faults.into_inner(), self.ungrounded.into_inner())
    }

    /// Reads a mapping that may have only these keys.
    pub(super) fn fields<'n>(
        &self,
        node: &'n Node,
        what: &str,
        lists: &[&[keys::Key]],
        extra: &[&str],
    ) -> Option<Fields<'n>> {
        self.fields_or(node, what, lists, extra, &|_| None)
    }

    /// The same, with help for keys that have their place elsewhere.
    pub(super) fn fields_or<'n>(
        &self,
        node: &'n Node,
        what: &str,
        lists: &[&[keys::Key]],
        extra: &[&str],
        elsewhere: &dyn Fn(&str) -> Option<String>,
    ) -> Option<Fields<'n>> {
        let Value::Map(entries) = &node.value else {
            self.expected(node, &format!("{what} (a mapping)"));
            return None;
        };
        let names = || lists.iter().flat_map(|list| list.iter().map(|key| key.name)).chain(extra.iter().copied());
        let mut fields: Vec<(&Key, &Node)> = Vec::new();
        for (key, value) in entries.iter() {
            if !names().any(|name| *name == *key.name) {
                let fault = Diagnostic::new(key.span, "unknown-key", format!("{what} has no key `{}`", key.name))
                    .label("not known here");
                self.fault(match elsewhere(&key.name) {
                    Some(place) => fault.help(place),
                    None => fault.nearest(&key.name, names()),
                });
            } else if fields.iter().any(|(other, _)| *other.name == *key.name) {
                self.fault(
                    Diagnostic::new(key.span, "repeated-key", format!("`{}` stands here a second time", key.name))
                        .label("the second one")
                        .help("each key stands once; join the two"),
                );
            } else {
                fields.push((key, value));
            }
        }
        for key in lists.iter().flat_map(|list| list.iter()).filter(|key| key.required) {
            if !fields.iter().any(|(other, _)| *other.name == *key.name) {
                self.fault(
                    Diagnostic::new(node.span, "missing-key", format!("{what} needs the key `{}`", key.name))
                        .label("in this mapping")
                        .help(format!("`{}`: {}", key.name, key.about)),
                );
            }
        }
        Some(Fields { span: node.span, entries: fields })
    }

    /// Notes that something else was expected.
    pub(super) fn expected(&self, node: &Node, what: &str) {
        self.fault(
            Diagnostic::new(node.span, "wrong-kind", format!("expected {what}, found {}", node.kind()))
                .label(format!("this is {}", node.kind())),
        );
    }

    /// Text as it stands.
    pub(super) fn plain(&self, node: &Node, what: &str) -> Option<String> {
        match &node.value {
            Value::Text(text) if !text.trim().is_empty() => Some(text.to_string()),
            Value::Text(_) | Value::Null => {
                self.fault(Diagnostic::new(node.span, "empty", format!("{what} is empty")).label("nothing here"));
                None
            }
            _ => {
                self.expected(node, &format!("{what} (text)"));
                None
            }
        }
    }

    /// Text with placeholders. Numbers and booleans are taken as they are written in JSON.
    pub(super) fn text(&self, node: &Node, what: &str) -> Option<Vec<Segment>> {
        match &node.value {
            Value::Text(text) => self.segments(text, node.span),
            Value::Int(number) => Some(vec![Segment::Literal(number.to_string())]),
            Value::Float(number) => Some(vec![Segment::Literal(number.to_string())]),
            Value::Bool(flag) => Some(vec![Segment::Literal(flag.to_string())]),
            _ => {
                self.expected(node, &format!("{what} (text)"));
                None
            }
        }
    }

    /// Splits text into segments; a fault is shown at the part that is wrong.
    pub(super) fn segments(&self, text: &str, span: Span) -> Option<Vec<Segment>> {
        match text::parse(text) {
            Ok(segments) => Some(segments),
            Err(fault) => {
                let mut diagnostic =
                    Diagnostic::new(self.part(span, &fault.part), fault.code, fault.message).label("here");
                if let Some(help) = fault.help {
                    diagnostic = diagnostic.help(help);
                }
                if let Some((word, names)) = fault.nearest {
                    diagnostic = diagnostic.nearest(&word, names);
                }
                self.fault(diagnostic);
                None
            }
        }
    }

    /// As [`Reader::segments`]; nothing if there is a fault in it, so that what stands around it is read all the same.
    pub(super) fn segments_or_none(&self, text: &str, span: Span) -> Vec<Segment> {
        self.segments(text, span).unwrap_or_default()
    }

    /// The place of a part of a text: exact where the part stands in the file as it is, else the whole text.
    pub(super) fn part(&self, span: Span, part: &str) -> Span {
        let source = self.texts.get(span.file).copied().unwrap_or_default();
        let end = (span.start + span.len.max(1)).min(source.len());
        match source.get(span.start..end).and_then(|text| text.find(part)) {
            Some(at) => Span { file: span.file, start: span.start + at, len: part.len() },
            None => span,
        }
    }

    /// A list of words.
    pub(super) fn words(&self, node: &Node, what: &str) -> Vec<(String, Span)> {
        let Value::List(items) = &node.value else {
            self.expected(node, &format!("{what} (a list of words)"));
            return Vec::new();
        };
        items.iter().filter_map(|item| self.plain(item, what).map(|word| (word, item.span))).collect()
    }

    /// A whole number, at least 1.
    pub(super) fn count(&self, node: &Node, what: &str, most: usize) -> Option<usize> {
        match node.value {
            Value::Int(number) if number >= 1 && number as usize <= most => Some(number as usize),
            Value::Int(_) => {
                self.fault(
                    Diagnostic::new(node.span, "out-of-range", format!("{what} is between 1 and {most}"))
                        .label("out of range"),
                );
                None
            }
            _ => {
                self.expected(node, &format!("{what} (a whole number)"));
                None
            }
        }
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, node: &Node, what: &str) -> Option<bool> {
        match node.value {
            Value::Bool(flag) => Some(flag),
            _ => {
                self.expected(node, &format!("{what} (true or false)"));
                None
            }
        }
    }

    /// `500ms`, `2s`, `1m`.
    pub(super) fn duration(&self, node: &Node, what: &str) -> Option<Duration> {
        let Some(text) = node.as_text() else {
            self.expected(node, &format!("{what} (a length of time, like `500ms`)"));
            return None;
        };
        match humantime::parse_duration(text) {
            Ok(duration) if duration > LONGEST_TIME => {
                self.fault(
                    Diagnostic::new(node.span, "duration", format!("{what} is longer than a clock can hold"))
                        .label("more than a year")
                        .help("write at most `365days`"),
                );
                None
            }
            Ok(duration) => Some(duration),
            Err(_) => {
                self.fault(
                    Diagnostic::new(node.span, "duration", format!("{what} is not a length of time"))
                        .label("not a length of time")
                        .help("write `500ms`, `2s` or `1m`"),
                );
                None
            }
        }
    }

    /// A reference to the specification.
    pub(super) fn spec(&self, node: &Node) -> Option<SpecRef> {
        let fields = self.fields(node, "a reference to the specification", &[keys::SPEC], &[])?;
        let operation = self.plain(fields.get("operation")?, "`operation`")?;
        let anchor = self.anchor(fields.get("anchor")?)?;
        Some(SpecRef { operation, anchor })
    }

    /// A page and a heading below the specification's site.
    pub(super) fn anchor(&self, node: &Node) -> Option<String> {
        let anchor = self.plain(node, "`anchor`")?;
        if anchor.contains("://") || anchor.starts_with('/') || !anchor.contains('#') {
            self.fault(
                Diagnostic::new(
                    node.span,
                    "anchor",
                    "an anchor is a page and a heading below the specification's site",
                )
                .label("not of that form")
                .help("write it like `client-server-api/#post_matrixclientv3account3pidadd`"),
            );
            return None;
        }
        Some(anchor)
    }
}
