//! `parallel: [POST …, POST …]`: several different requests at once.

use super::request::Request;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::keys;
use crate::scenario::node::{Node, Value};
use crate::scenario::read::Reader;

impl Reader<'_> {
    pub(super) fn parallel(&self, node: &Node) -> Option<Vec<Request>> {
        let Value::List(items) = &node.value else {
            self.expected(node, "a list of requests");
            return None;
        };
        if items.len() < 2 {
            self.fault(
                Diagnostic::new(node.span, "parallel", "`parallel` makes at least two requests")
                    .label("fewer than two")
                    .help("`at_once: 6` sends one request six times"),
            );
            return None;
        }
        Some(items.iter().filter_map(|item| self.one_of_many(item)).collect())
    }

    fn one_of_many(&self, node: &Node) -> Option<Request> {
        let (name, key, value) = super::action_of(self, node)?;
        if !keys::METHODS.contains(&name) {
            self.fault(
                Diagnostic::new(key.span, "parallel", "only requests are made in parallel")
                    .label("no request")
                    .nearest("", keys::METHODS.iter().copied()),
            );
            return None;
        }
        let fields = self.fields(node, "a parallel request", &[keys::REQUEST], &[key.name.as_str()])?;
        self.request(name, value, &fields)
    }
}
