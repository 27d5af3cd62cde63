//! `identity_asked: /3pid/bind` and `identity_does: answer`: the harness's identity server, as a scenario sees it.

use std::time::Duration;

use super::request::BodyTemplate;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::keys::{Key, Kind, Shape, key, needed};
use crate::scenario::node::Node;
use crate::scenario::read::{Fields, Reader};
use crate::scenario::template::Text;

/// A look at what the identity server was asked.
pub(in crate::scenario) static IDENTITY_ASKED: Kind = Kind {
    names: &["identity_asked"],
    about: "Look at what the harness's identity server was asked at this path, or at any: `*`.",
    value: Shape::Text,
    keys: ASKED_KEYS,
    seen: Some(INQUIRY),
};

/// The keys of a step that looks at what the identity server was asked.
static ASKED_KEYS: &[Key] =
    &[needed("about", Shape::Text, "An address, a user or a session that stands in the requests.")];

/// What can be expected of what the identity server was asked.
static INQUIRY: &[Key] = &[
    key("count", Shape::Pattern, "How many requests it got."),
    key(
        "requests",
        Shape::Pattern,
        "The requests, oldest first: `method`, `path`, `query` (by name), `authorization`, `body`.",
    ),
];

/// An identity server that misbehaves.
pub(in crate::scenario) static IDENTITY_DOES: Kind = Kind {
    names: &["identity_does"],
    about: "Make the harness's identity server `answer` something else, `refuse` or `stall`, until the trial ends.",
    value: Shape::OneOf(IDENTITY_DOINGS),
    keys: DOES_KEYS,
    seen: None,
};

/// The keys of a step that makes the identity server misbehave.
static DOES_KEYS: &[Key] = &[
    needed("path", Shape::Text, "The path: below `/_matrix/identity/v2`, unless it begins with `/_`."),
    needed("about", Shape::Text, "The address, user or session that stands in the requests to answer so."),
    key("status", Shape::Count, "The status, for `answer`."),
    key("body", Shape::Template, "The JSON body, for `answer`."),
    key("raw_body", Shape::Text, "A body that is no JSON, for `answer`; sent as text/plain."),
    key("for", Shape::Duration, "How long it waits before it answers as it should, for `stall`."),
];

/// Stands for any path.
const ANY_PATH: &str = "*";

/// What the identity server can be made to do.
static IDENTITY_DOINGS: &[&str] = &["answer", "refuse", "stall"];

/// A look at what the identity server was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct IdentityAsked {
    /// The path: below `/_matrix/identity/v2` unless it begins with `/_`; `*` for any.
    pub path: Text,
    /// An address, a user or a session that stands in the requests.
    pub about: Text,
}

/// What the identity server does instead of what it should, until the trial ends.
#[derive(Debug, Clone, PartialEq)]
pub struct IdentityDoes {
    /// At this path: below `/_matrix/identity/v2` unless it begins with `/_`.
    pub path: Text,
    /// When asked about this address, user or session.
    pub about: Text,
    /// What it does.
    pub does: IdentityAnswer,
}

/// How the identity server answers.
#[derive(Debug, Clone, PartialEq)]
pub enum IdentityAnswer {
    /// With this.
    Answer {
        /// The status.
        status: u16,
        /// The body: empty if not given.
        body: Option<BodyTemplate>,
    },
    /// It closes the connection.
    Refuse,
    /// Rightly, but only after this long.
    Stall(Duration),
}

/// The largest status that HTTP has room for.
const MAX_STATUS: usize = 599;
/// The least; what is below is no final answer.
const MIN_STATUS: usize = 200;

impl IdentityDoes {
    pub(super) fn each_text<'s>(&'s self, f: &mut impl FnMut(&'s Text)) {
        f(&self.path);
        f(&self.about);
        match &self.does {
            IdentityAnswer::Answer { body: Some(BodyTemplate::Json(template)), .. } => template.each_text(f),
            IdentityAnswer::Answer { body: Some(BodyTemplate::Raw(text)), .. } => f(text),
            IdentityAnswer::Answer { body: None, .. } | IdentityAnswer::Refuse | IdentityAnswer::Stall(_) => {}
        }
    }
}

impl Reader<'_> {
    pub(super) fn identity_asked(&self, path: &Node, fields: &Fields<'_>) -> Option<IdentityAsked> {
        Some(IdentityAsked {
            path: self.identity_path(path, &[ANY_PATH]),
            about: self.text_or_none(fields.get("about")?, "`about`"),
        })
    }

    pub(super) fn identity_does(&self, what: &Node, fields: &Fields<'_>) -> Option<IdentityDoes> {
        let does = match what.as_text() {
            Some("answer") => {
                self.only(fields, &["for"], "answer");
                let status = match fields.get("status") {
                    Some(node) => self.count(node, "`status`", MAX_STATUS)?,
                    None => {
                        self.needs_key(what, "answer", "status");
                        return None;
                    }
                };
                if status < MIN_STATUS {
                    let least = format!("`status` is between {MIN_STATUS} and {MAX_STATUS}");
                    self.fault(Diagnostic::new(what.span, "out-of-range", least).label("answers with less"));
                }
                IdentityAnswer::Answer { status: status as u16, body: self.one_body(fields).flatten() }
            }
            Some("refuse") => {
                self.only(fields, &["for", "status", "body", "raw_body"], "refuse");
                IdentityAnswer::Refuse
            }
            Some("stall") => {
                self.only(fields, &["status", "body", "raw_body"], "stall");
                match fields.get("for") {
                    Some(node) => IdentityAnswer::Stall(self.duration(node, "`for`")?),
                    None => {
                        self.needs_key(what, "stall", "for");
                        return None;
                    }
                }
            }
            _ => {
                self.fault(
                    Diagnostic::new(what.span, "unknown-word", "nothing the identity server can do")
                        .label("not known")
                        .nearest(what.as_text().unwrap_or_default(), IDENTITY_DOINGS.iter().copied()),
                );
                return None;
            }
        };
        Some(IdentityDoes {
            path: self.identity_path(fields.get("path")?, &[]),
            about: self.text_or_none(fields.get("about")?, "`about`"),
            does,
        })
    }

    /// A path, or one of a few words that stand for one.
    fn identity_path(&self, node: &Node, words: &[&str]) -> Text {
        let text = self.text_or_none(node, "the path");
        let begins_well = match text.segments.first() {
            Some(crate::scenario::Segment::Literal(begin)) => begin.starts_with('/') || words.contains(&begin.as_str()),
            _ => true,
        };
        if !begins_well {
            self.fault(
                Diagnostic::new(node.span, "path", "a path begins with `/`")
                    .label("here")
                    .help("`/3pid/bind` is below `/_matrix/identity/v2`; `/_matrix/…` stays as it is"),
            );
        }
        text
    }

    /// Notes keys that mean nothing here.
    fn only(&self, fields: &Fields<'_>, without: &[&str], word: &str) {
        for name in without {
            if let Some((key, _)) = fields.entry(name) {
                self.fault(
                    Diagnostic::new(key.span, "unknown-key", format!("`{word}` has no `{name}`"))
                        .label("means nothing here"),
                );
            }
        }
    }

    fn needs_key(&self, what: &Node, word: &str, name: &str) {
        self.fault(
            Diagnostic::new(what.span, "missing-key", format!("`{word}` needs the key `{name}`")).label("in this step"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::{Action, IdentityAnswer, SourceFile, Sources, Suite};

    fn read(needs: &str, step: &str) -> Result<Action, String> {
        let text = format!(
            "title: x\nwhy: y\nneeds: [{needs}]\nsteps:\n  - {step}\n  - GET: <<id_server_url>/_matrix\n    must: {{status: 200}}\n"
        );
        let text = text.replace("<<", "<");
        let file = SourceFile { path: "a/b.yaml".into(), text };
        match Suite::read(Sources::of([file])) {
            Ok(suite) => Ok(suite.scenarios[0].cases[0].steps[0].action.clone()),
            Err((sources, faults)) => Err(faults.lines(&sources)),
        }
    }

    #[test]
    fn it_answers_refuses_or_stalls() {
        let step = |rest: &str| format!("identity_does: {rest}\n    path: /3pid/unbind\n    about: a@x.test");
        for (rest, status) in [("answer\n    status: 404\n    raw_body: no", 404), ("answer\n    status: 599", 599)] {
            match read("identity-server", &step(rest)).unwrap() {
                Action::IdentityDoes(does) => {
                    assert!(matches!(does.does, IdentityAnswer::Answer { status: seen, .. } if seen == status));
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(read("identity-server", &step("refuse")).is_ok());
        assert!(read("identity-server", &step("stall\n    for: 1s")).is_ok());
        for (rest, said) in [
            ("anser", "did you mean `answer`"),
            ("answer", "`answer` needs the key `status`"),
            ("stall", "`stall` needs the key `for`"),
            ("refuse\n    status: 404", "`refuse` has no `status`"),
            ("answer\n    status: 100", "between 200 and 599"),
            ("answer\n    status: 600", "between 1 and 599"),
            ("refuse\n    must: {status: 200}", "no key `must`"),
        ] {
            let shown = read("identity-server", &step(rest)).unwrap_err();
            assert!(shown.contains(said), "{said} is missing in\n{shown}");
        }
    }

    #[test]
    fn whatever_uses_it_needs_it() {
        let asked = "identity_asked: /3pid/bind\n    about: a@x.test\n    must: {count: 0}";
        assert!(read("identity-server", asked).is_ok());
        let shown = read("email", asked).unwrap_err();
        assert_eq!(shown.matches("add `identity-server` to `needs`").count(), 2, "{shown}");
        let shown = read("identity-server", &asked.replace("/3pid", "3pid")).unwrap_err();
        assert!(shown.contains("a path begins with `/`"), "{shown}");
    }
}
