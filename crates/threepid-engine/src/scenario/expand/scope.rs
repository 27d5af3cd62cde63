//! What names mean at one place, and a step's node with that in place of them.
//!
//! Takes what was given for inputs and how names are called outside; gives nodes in which no input is left and every name
//! is unique. It never looks at what a step means.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::flat::Condition;
use crate::scenario::names;
use crate::scenario::node::{Node, Value};
use crate::scenario::text::{self, Placeholder, Segment};

/// What names mean at one place.
#[derive(Debug, Clone, Default)]
pub(in crate::scenario) struct Scope {
    /// What was given for each input.
    pub(in crate::scenario) inputs: BTreeMap<String, Node>,
    /// Set inside a fragment: how its own names are called outside.
    inner: Option<Inner>,
}

#[derive(Debug, Clone)]
struct Inner {
    /// Which use of a fragment this is.
    number: usize,
    /// Names of outputs outside.
    outputs: BTreeMap<String, String>,
}

impl Scope {
    /// The scope of a case: only its inputs.
    pub(in crate::scenario) fn of_case(inputs: BTreeMap<String, Node>) -> Scope {
        Scope { inputs, inner: None }
    }

    /// The scope inside a fragment or a round: `number` tells its own names from all others, `outputs` are known outside.
    pub(super) fn within(inputs: BTreeMap<String, Node>, number: usize, outputs: BTreeMap<String, String>) -> Scope {
        Scope { inputs, inner: Some(Inner { number, outputs }) }
    }

    /// How a name of this scope is called outside of it.
    pub(super) fn outside(&self, name: &str) -> String {
        match &self.inner {
            None => name.to_owned(),
            Some(inner) => match inner.outputs.get(name) {
                Some(outside) => outside.clone(),
                None => format!("{name}~{}", inner.number),
            },
        }
    }

    /// The node with inputs replaced and names made unique.
    pub(super) fn apply(&self, node: &Node) -> Node {
        if self.inputs.is_empty() && self.inner.is_none() {
            return node.clone();
        }
        self.changed(node).unwrap_or_else(|| node.clone())
    }

    /// The node, unless it stays as it is: then it is shared.
    fn changed(&self, node: &Node) -> Option<Node> {
        let value = match &node.value {
            Value::Text(text) => return text.contains('<').then(|| self.text(node, text)),
            Value::List(items) => Value::List(all_if_one(items, |item| self.changed(item))?),
            Value::Map(entries) => {
                Value::Map(all_if_one(entries, |(key, value)| Some((key.clone(), self.changed(value)?)))?)
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => return None,
        };
        Some(Node { span: node.span, value })
    }

    fn text(&self, node: &Node, text: &str) -> Node {
        // Text that is no well-formed template is left alone; whoever reads it reports it.
        let Ok(segments) = text::parse(text) else {
            return node.clone();
        };
        if let [Segment::Placeholder(whole)] = segments.as_slice()
            && whole.filters.is_empty()
            && let Some(given) = self.inputs.get(&whole.name)
        {
            return self.optional(given, whole);
        }
        let replaced: Vec<Segment> = segments
            .into_iter()
            .flat_map(|segment| match segment {
                Segment::Literal(text) => vec![Segment::Literal(text)],
                Segment::Placeholder(placeholder) => self.placeholder(placeholder),
            })
            .collect();
        Node { span: node.span, value: Value::Text(text::written(&replaced).into()) }
    }

    /// What was given, optional where it stands for something optional.
    fn optional(&self, given: &Node, whole: &Placeholder) -> Node {
        let Some(text) = given.as_text().filter(|_| whole.optional) else {
            return given.clone();
        };
        match text::parse(text).as_deref() {
            Ok([Segment::Placeholder(inner)]) => {
                let inner = Segment::Placeholder(Placeholder { optional: true, ..inner.clone() });
                Node { span: given.span, value: Value::Text(text::written(&[inner]).into()) }
            }
            _ => given.clone(),
        }
    }

    fn placeholder(&self, mut placeholder: Placeholder) -> Vec<Segment> {
        if let Some(given) = self.inputs.get(&placeholder.name) {
            return spliced(given, &placeholder);
        }
        if let Some((owner, fact)) = placeholder.of_actor() {
            if let Some(actor) = self.inputs.get(owner).and_then(Node::as_text) {
                placeholder.name = format!("{actor}.{fact}");
            }
            return vec![Segment::Placeholder(placeholder)];
        }
        if self.inner.is_some() && placeholder.binds() && !names::is_built_in(&placeholder.name) {
            let outside = self.outside(&placeholder.name);
            if outside != placeholder.name {
                placeholder.typed = placeholder.value_type.is_some();
                placeholder.name = outside;
            }
        }
        vec![Segment::Placeholder(placeholder)]
    }
}

/// All items if one of them is another than before.
fn all_if_one<T: Clone>(items: &[T], changed: impl Fn(&T) -> Option<T>) -> Option<Arc<[T]>> {
    let (first, new) = items.iter().enumerate().find_map(|(at, item)| Some((at, changed(item)?)))?;
    let rest = items[first + 1..].iter().map(|item| changed(item).unwrap_or_else(|| item.clone()));
    Some(items[..first].iter().cloned().chain([new]).chain(rest).collect())
}

/// An input inside of a longer text, or one that is filtered: the filters go on to what was given.
fn spliced(given: &Node, placeholder: &Placeholder) -> Vec<Segment> {
    let text = match &given.value {
        Value::Text(text) => text.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::List(_) | Value::Map(_) => {
            return vec![Segment::Placeholder(placeholder.clone())];
        }
    };
    let Ok(segments) = text::parse(&text) else {
        return vec![Segment::Literal(text)];
    };
    segments
        .into_iter()
        .map(|segment| match segment {
            Segment::Literal(text) => {
                Segment::Literal(placeholder.filters.iter().fold(text, |text, filter| filter.apply(&text)))
            }
            Segment::Placeholder(mut inner) => {
                inner.filters.extend(placeholder.filters.iter().copied());
                Segment::Placeholder(inner)
            }
        })
        .collect()
}

/// The conditions that a step has itself.
pub(super) fn conditions(node: &Node, scope: &Scope) -> Vec<Condition> {
    [("when", true), ("unless", false)]
        .into_iter()
        .filter_map(|(name, holds)| Some((holds, scope.apply(node.get(name)?))))
        .collect()
}
