//! `click: <link>`: a link followed as a browser would.

use crate::scenario::keys::{Key, Kind, Shape, key};
use crate::scenario::node::{Node, Value};
use crate::scenario::read::{Fields, Reader};
use crate::scenario::template::Text;

/// A link followed.
pub(in crate::scenario) static CLICK: Kind = Kind {
    names: &["click"],
    about: "Follow this link as a browser would: GET, and submit the form if the page has one.",
    value: Shape::Text,
    keys: KEYS,
    seen: Some(VISIT),
};

/// The keys of a step that follows a link.
static KEYS: &[Key] = &[
    key("method", Shape::OneOf(&["GET", "HEAD"]), "How the page is asked for; GET if not given."),
    key("submit", Shape::Flag, "Whether a page with one form is submitted, as a person would; true if not given."),
    key(
        "change",
        Shape::Changes,
        "Changes to the link's parameters: `token`, `sid`, `client_secret` wherever they stand, or a parameter's own \
         name; each to a text, `altered` or `removed`.",
    ),
];

/// What can be expected of a visit.
static VISIT: &[Key] = &[
    key("status", Shape::Status, "The status of the last page: `200`, `[400, 403]`, `4xx`."),
    key("headers", Shape::Patterns, "Headers of the last page, by their names in lower case."),
    key("text", Shape::Pattern, "The text of the last page, without markup."),
    key("raw", Shape::Pattern, "The last page, markup and all."),
    key("redirect", Shape::Pattern, "Where the last answer redirects to. It is never followed."),
    key("end", Shape::Pattern, "`page`, `redirect`, `not-followed` or `failed`."),
    key("submitted", Shape::Pattern, "Whether a form was submitted."),
];

/// What the changes of a link's parameters can be, besides a text.
static CHANGES: &[&str] = &["altered", "removed"];

/// A link to follow.
#[derive(Debug, Clone, PartialEq)]
pub struct Click {
    /// The link.
    pub link: Text,
    /// `GET` or `HEAD`.
    pub method: String,
    /// Whether a page with one form is submitted.
    pub submit: bool,
    /// Changes to its parameters before it is followed.
    pub changes: Vec<(String, Change)>,
}

/// A change to one parameter of a link.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Its last letter or digit is replaced.
    Altered,
    /// It is left out.
    Removed,
    /// It gets this value.
    Value(Text),
}

impl Click {
    pub(super) fn each_text<'s>(&'s self, f: &mut impl FnMut(&'s Text)) {
        f(&self.link);
        for (_, change) in &self.changes {
            if let Change::Value(text) = change {
                f(text);
            }
        }
    }
}

impl Reader<'_> {
    pub(super) fn click(&self, link: &Node, fields: &Fields<'_>) -> Option<Click> {
        let method = match fields.get("method") {
            None => Some("GET".to_owned()),
            Some(node) => match node.as_text() {
                Some(text @ ("GET" | "HEAD")) => Some(text.to_owned()),
                _ => {
                    self.expected(node, "`GET` or `HEAD`");
                    None
                }
            },
        };
        let link = self.text_or_none(link, "the link");
        let submit = fields.get("submit").and_then(|node| self.flag(node, "`submit`")).unwrap_or(true);
        let changes = fields.get("change").map(|node| self.changes(node)).unwrap_or_default();
        Some(Click { link, method: method?, submit, changes })
    }

    fn changes(&self, node: &Node) -> Vec<(String, Change)> {
        let Value::Map(entries) = &node.value else {
            self.expected(node, "`change` (a mapping from parameters to changes)");
            return Vec::new();
        };
        entries
            .iter()
            .filter_map(|(key, value)| {
                let change = match value.as_text() {
                    Some(word) if word == CHANGES[0] => Change::Altered,
                    Some(word) if word == CHANGES[1] => Change::Removed,
                    _ => Change::Value(self.placed_text(value, "a change")?),
                };
                Some((key.name.to_string(), change))
            })
            .collect()
    }
}
