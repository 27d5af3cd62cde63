//! `parallel: [POST …, POST …]`: several different requests at once.

use super::request::{REQUEST, Request};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::keys::{Key, Kind, Shape, key};
use crate::scenario::node::{Node, Value};
use crate::scenario::read::Reader;

/// Several different requests at once.
pub(in crate::scenario) static PARALLEL: Kind = Kind {
    names: &["parallel"],
    about: "Make several requests at the same time: a list, each with the keys of a request.",
    value: Shape::Requests,
    keys: &[],
    seen: Some(RESPONSES),
};

/// What can be expected of several requests at once.
static RESPONSES: &[Key] = &[
    key(
        "responses",
        Shape::Pattern,
        "All answers in the order of the requests, each with `status`, `headers`, `body`.",
    ),
    key("statuses", Shape::Pattern, "All statuses, sorted."),
];

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
        let (name, key, value) = self.action_of(node)?;
        if !REQUEST.names.contains(&name) {
            self.fault(
                Diagnostic::new(key.span, "parallel", "only requests are made in parallel")
                    .label("no request")
                    .nearest("", REQUEST.names.iter().copied()),
            );
            return None;
        }
        let of_all = |name: &str| {
            let is_level = threepid_record::model::Level::ALL.iter().any(|level| level.word() == name);
            is_level.then(|| format!("`{name}` stands beside `parallel:`, and is about `responses` and `statuses`"))
        };
        let fields = self.fields_or(node, "a parallel request", &[REQUEST.keys], &[&*key.name], &of_all)?;
        self.request(name, value, &fields)
    }
}
