//! `GET: /path` and its sisters: one HTTP request.

use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::keys::{Key, Kind, Shape, key, needed};
use crate::scenario::node::{Node, Span};
use crate::scenario::read::{Fields, Reader};
use crate::scenario::template::{Template, Text};

/// A request, by its method.
pub(in crate::scenario) static REQUEST: Kind = Kind {
    names: METHODS,
    about: "The path: below `/_matrix/client/<version>`, unless it begins with `/_`; or a whole URL. A value in a path is \
            percent-encoded as one segment of it.",
    value: Shape::Text,
    keys: KEYS,
    seen: Some(RESPONSE),
};

/// A request whose method comes from elsewhere.
pub(in crate::scenario) static ANY_REQUEST: Kind = Kind {
    names: &["request"],
    about: "Make a request to this path, with the method that `method` says: from a case.",
    value: Shape::Text,
    keys: ANY_KEYS,
    seen: Some(RESPONSE),
};

/// The methods a request can have.
pub(in crate::scenario) static METHODS: &[&str] = &["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"];

/// What `at_once` is.
const ABOUT_AT_ONCE: &str = "How many times to send it, all at the same time. Each answer is judged by itself; what is \
                             expected of all together (just one succeeds) takes `parallel` and its `statuses`.";

/// The keys of a step that makes a request, besides the method.
static KEYS: &[Key] = &[
    key("as", Shape::Plain, "The actor whose access token is sent; nobody's if not given."),
    key("token", Shape::Text, "An access token to send instead of the actor's."),
    key("headers", Shape::Texts, "Headers to send."),
    key("query", Shape::Texts, "Query parameters to send, encoded as needed."),
    key("body", Shape::Template, "The JSON body to send."),
    key("raw_body", Shape::Text, "A body to send as it stands, for what is no JSON."),
    key("content_type", Shape::Text, "The body's content type, if it is not `application/json`; `none` sends none."),
    key("at_once", Shape::Count, ABOUT_AT_ONCE),
];

/// The same, with the method.
static ANY_KEYS: &[Key] = &[
    needed("method", Shape::OneOf(METHODS), "The method."),
    key("as", Shape::Plain, "The actor whose access token is sent; nobody's if not given."),
    key("token", Shape::Text, "An access token to send instead of the actor's."),
    key("headers", Shape::Texts, "Headers to send."),
    key("query", Shape::Texts, "Query parameters to send, encoded as needed."),
    key("body", Shape::Template, "The JSON body to send."),
    key("raw_body", Shape::Text, "A body to send as it stands, for what is no JSON."),
    key("content_type", Shape::Text, "The body's content type, if it is not `application/json`; `none` sends none."),
    key("at_once", Shape::Count, ABOUT_AT_ONCE),
];

/// What can be expected of a response.
static RESPONSE: &[Key] = &[
    key("status", Shape::Status, "The status: `200`, `[400, 403]`, `4xx`."),
    key("headers", Shape::Patterns, "Headers, by their names in lower case."),
    key("body", Shape::Pattern, "The JSON body. Keys that are not named may be there, unless `$exact`."),
    key("text", Shape::Pattern, "The body as text, without markup if it is HTML."),
    key("raw", Shape::Pattern, "The body as text, markup and all."),
];

/// One HTTP request.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path: below `/_matrix/client/<version>` unless it begins with `/_` or `/.well-known`; or a whole URL.
    pub path: Text,
    /// Who asks.
    pub sender: Sender,
    /// The access token to send instead of the sender's.
    pub token: Option<Text>,
    /// Headers to send.
    pub headers: Vec<(String, Text)>,
    /// Query parameters to send.
    pub query: Vec<(String, Text)>,
    /// The body to send.
    pub body: Option<BodyTemplate>,
    /// The content type of the body, if it is not JSON's; `none` for none.
    pub content_type: Option<Text>,
    /// How many times, all at once.
    pub at_once: usize,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Sender {
    /// Nobody: no access token is sent.
    Nobody,
    /// An actor, and where the scenario names it.
    Actor(String, Span),
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum BodyTemplate {
    /// JSON.
    Json(Template),
    /// Text as it stands, sent as `application/json` unless a header says otherwise.
    Raw(Text),
}

/// How many requests one step may make at once.
const MAX_AT_ONCE: usize = 256;

impl Request {
    pub(super) fn each_text<'s>(&'s self, f: &mut impl FnMut(&'s Text)) {
        f(&self.path);
        self.token.iter().for_each(&mut *f);
        self.headers.iter().chain(&self.query).for_each(|(_, text)| f(text));
        self.content_type.iter().for_each(&mut *f);
        match &self.body {
            Some(BodyTemplate::Json(template)) => template.each_text(f),
            Some(BodyTemplate::Raw(text)) => f(text),
            None => {}
        }
    }
}

impl Reader<'_> {
    pub(super) fn request(&self, method: &str, path: &Node, fields: &Fields<'_>) -> Option<Request> {
        let text = self.text_or_none(path, "the path");
        let begins_well = match text.segments.first() {
            Some(crate::scenario::Segment::Literal(begin)) => {
                let scheme = begin.split("//").next().unwrap_or_default();
                begin.starts_with('/') || ["http:", "https:"].iter().any(|known| known.eq_ignore_ascii_case(scheme))
            }
            _ => true,
        };
        if !begins_well {
            self.fault(
                Diagnostic::new(path.span, "path", "a path begins with `/`")
                    .label("here")
                    .help("`/account/3pid` is below `/_matrix/client/v3` (or r0); `/_matrix/…` stays as it is"),
            );
        }
        let body = self.one_body(fields).flatten();
        let texts =
            |name: &str| fields.get(name).map(|node| self.texts(node, &format!("`{name}`"))).unwrap_or_default();
        Some(Request {
            method: method.to_owned(),
            path: text,
            sender: self.sender(fields),
            token: fields.get("token").and_then(|node| self.placed_text(node, "`token`")),
            headers: texts("headers"),
            query: texts("query"),
            body,
            content_type: fields.get("content_type").and_then(|node| self.placed_text(node, "`content_type`")),
            at_once: fields.get("at_once").and_then(|node| self.count(node, "`at_once`", MAX_AT_ONCE)).unwrap_or(1),
        })
    }

    /// A request whose method is a value of the step.
    pub(super) fn any_request(&self, path: &Node, fields: &Fields<'_>) -> Option<Request> {
        let node = fields.get("method")?;
        let method = self.plain(node, "`method`")?;
        if !METHODS.contains(&method.as_str()) {
            self.fault(
                Diagnostic::new(node.span, "unknown-word", format!("unknown method `{method}`"))
                    .label("not known")
                    .nearest(&method, METHODS.iter().copied()),
            );
            return None;
        }
        self.request(&method, path, fields)
    }

    /// `body` or `raw_body`, if there is one. `None` if it could not be read.
    pub(super) fn one_body(&self, fields: &Fields<'_>) -> Option<Option<BodyTemplate>> {
        Some(match (fields.entry("body"), fields.entry("raw_body")) {
            (Some(_), Some((key, _))) => {
                self.fault(
                    Diagnostic::new(key.span, "two-bodies", "a request has one body")
                        .label("the second one")
                        .help("`body` is JSON, `raw_body` is sent as it stands"),
                );
                None
            }
            (Some((_, node)), None) => Some(BodyTemplate::Json(self.template(node)?)),
            (None, Some((_, node))) => Some(BodyTemplate::Raw(self.placed_text(node, "`raw_body`")?)),
            (None, None) => None,
        })
    }
}
