//! What a scenario with faults may bind or use where it could not be read.
//!
//! Takes the nodes that have a fault; gives the names about which nothing can be said, so that one fault neither hides
//! others nor brings forth some that are none. It notes no fault itself.

use std::collections::BTreeSet;

use super::expand::Fragment;
use super::names::shown;
use super::node::{Node, Value};
use super::step;
use super::text::{self, Placeholder, Segment};

/// The parts of a case that could not be read.
#[derive(Debug, Default)]
pub(super) struct Holes {
    /// Whether a part is missing of which nothing is known: it may bind and use anything.
    pub(super) anything: bool,
    /// Names that may be bound.
    names: BTreeSet<String>,
    /// Words that may be actors.
    words: BTreeSet<String>,
}

impl Holes {
    /// Whether nobody can say that this name has no value.
    pub(super) fn may_bind(&self, name: &str) -> bool {
        self.anything || self.names.contains(name)
    }

    /// Whether the name may be bound by a part that can be seen.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether an actor may do something all the same.
    pub(super) fn may_use(&self, actor: &str) -> bool {
        self.anything || self.words.contains(actor)
    }

    /// An input that was not given: it may be anything, an actor too.
    pub(super) fn input(&mut self, name: &str) {
        self.names.insert(name.to_owned());
    }

    /// A fragment that could not be read whole gives what it says that it gives.
    pub(super) fn outputs(&mut self, fragment: &Fragment) {
        self.names.extend(fragment.outputs.iter().cloned());
    }

    /// A step with a fault: what its expectations name may be bound there.
    pub(super) fn step(&mut self, node: &Node) {
        let Value::Map(entries) = &node.value else {
            return;
        };
        let known = |name: &str| step::names().find(|action| *action == name);
        let near = |name: &str| super::diagnostic::nearest(name, ["use", "repeat"]).is_some() && known(name).is_none();
        self.anything |= entries.iter().any(|(key, _)| near(&key.name));
        for (key, value) in entries.iter() {
            let request = &step::REQUEST;
            let sent = request.names.contains(&&*key.name) || request.keys.iter().any(|own| *own.name == *key.name);
            self.walk(value, !sent);
        }
    }

    /// Any node with a fault.
    pub(super) fn node(&mut self, node: &Node) {
        self.walk(node, true);
    }

    fn walk(&mut self, node: &Node, binds: bool) {
        match &node.value {
            Value::Text(text) => {
                self.words.insert(text.to_string());
                for segment in text::parse(text).into_iter().flatten() {
                    if let Segment::Placeholder(placeholder) = segment {
                        self.placeholder(placeholder, binds);
                    }
                }
            }
            Value::List(items) => items.iter().for_each(|item| self.walk(item, binds)),
            Value::Map(entries) => entries.iter().for_each(|(_, value)| self.walk(value, binds)),
            _ => {}
        }
    }

    fn placeholder(&mut self, placeholder: Placeholder, binds: bool) {
        if let Some((owner, _)) = placeholder.of_actor() {
            self.words.insert(owner.to_owned());
        } else if placeholder.value_type.is_some_and(|kind| binds || kind.facts().generated) && placeholder.binds() {
            self.names.insert(shown(&placeholder.name).to_owned());
        }
    }
}
