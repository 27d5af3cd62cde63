//! One step: what is done, and what is expected of the outcome.
//!
//! Takes a mapping; gives a [`Step`]. Each kind of action has a file of its own below this one.

mod click;
mod identity;
mod mail;
mod parallel;
mod request;

pub use click::{Change, Click};
pub use identity::{IdentityAnswer, IdentityAsked, IdentityDoes};
pub use mail::{MailWait, Quiet};
pub use request::{BodyTemplate, Request, Sender};

use super::diagnostic::Diagnostic;
use super::expectation::Check;
use super::keys;
use super::node::{Node, Span, Value};
use super::read::{Fields, Reader};
use super::template::Text;
use crate::model::SpecRef;

/// One step of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Where it stands: the key that says what is done.
    pub span: Span,
    /// Its name for people: as given, or `POST /account/3pid/add`.
    pub label: String,
    /// Its name in snapshots, if one was given.
    pub name: Option<String>,
    /// Where the specification asks for what is expected, if not where the file says.
    pub spec: Option<SpecRef>,
    /// What is done.
    pub action: Action,
    /// What is expected.
    pub checks: Vec<Check>,
    /// Whether it runs whatever happened before.
    pub finally: bool,
    /// Whether it stems from a fragment: it prepares what the scenario is about. If it fails, the scenario's own
    /// behaviour could not be seen; that the preparation is wrong is for the scenarios about it to say.
    pub prepares: bool,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Makes a request, once or several times at once.
    Request(Request),
    /// Makes several requests at once.
    Parallel(Vec<Request>),
    /// Waits for mail.
    Mail(MailWait),
    /// Sees that no mail comes.
    NoMail(Quiet),
    /// Follows a link.
    Click(Click),
    /// Looks at what the identity server was asked.
    IdentityAsked(IdentityAsked),
    /// Makes the identity server misbehave.
    IdentityDoes(IdentityDoes),
}

impl Action {
    /// Calls `f` with every text that is filled in before the action.
    pub fn each_text<'s>(&'s self, f: &mut impl FnMut(&'s Text)) {
        match self {
            Action::Request(request) => request.each_text(f),
            Action::Parallel(requests) => requests.iter().for_each(|request| request.each_text(f)),
            Action::Mail(wait) => f(&wait.to),
            Action::NoMail(quiet) => f(&quiet.to),
            Action::Click(click) => click.each_text(f),
            Action::IdentityAsked(asked) => {
                f(&asked.path);
                f(&asked.about);
            }
            Action::IdentityDoes(does) => does.each_text(f),
        }
    }

    /// The requests it makes, links aside.
    pub fn requests(&self) -> &[Request] {
        match self {
            Action::Request(request) => std::slice::from_ref(request),
            Action::Parallel(requests) => requests,
            _ => &[],
        }
    }

    /// The address it watches, if it does.
    pub fn mailbox(&self) -> Option<&Text> {
        match self {
            Action::Mail(wait) => Some(&wait.to),
            Action::NoMail(quiet) => Some(&quiet.to),
            _ => None,
        }
    }
}

/// The key of the action in a step, with its value.
fn action_of<'n>(reader: &Reader<'_>, node: &'n Node) -> Option<(&'n super::node::Key, &'n Node)> {
    let Value::Map(entries) = &node.value else {
        reader.expected(node, "a step (a mapping)");
        return None;
    };
    let actions = || keys::METHODS.iter().copied().chain(keys::ACTIONS.iter().map(|(name, _)| *name));
    let found: Vec<_> = entries.iter().filter(|(key, _)| actions().any(|name| name == key.name)).collect();
    match found.as_slice() {
        [(key, value)] => Some((key, value)),
        [] => {
            let near = entries.iter().find_map(|(key, _)| {
                super::diagnostic::nearest(&key.name, actions()).map(|name| (key.span, key.name.clone(), name))
            });
            let fault = match near {
                Some((span, word, name)) => Diagnostic::new(span, "unknown-step", format!("there is no step `{word}`"))
                    .label("not known")
                    .help(format!("did you mean `{name}`?")),
                None => Diagnostic::new(node.span, "unknown-step", "this step does nothing")
                    .label("no action among its keys")
                    .nearest("", actions()),
            };
            reader.fault(fault);
            None
        }
        [_, (key, _), ..] => {
            reader.fault(
                Diagnostic::new(key.span, "two-actions", "a step does one thing")
                    .label("a second action")
                    .help("begin a new step with `- `"),
            );
            None
        }
    }
}

impl Reader<'_> {
    /// Reads one expanded step.
    pub(super) fn step(&self, node: &Node, finally: bool) -> Option<Step> {
        let (key, value) = action_of(self, node)?;
        let what = format!("a `{}` step", key.name);
        let own: &[keys::Key] = match key.name.as_str() {
            "mail" => keys::MAIL,
            "no_mail" => keys::SILENCE_STEP,
            "click" => keys::CLICK,
            "parallel" => keys::PARALLEL,
            "identity_asked" => keys::IDENTITY_ASKED,
            "identity_does" => keys::IDENTITY_DOES,
            "use" => keys::USE,
            _ => keys::REQUEST,
        };
        let levels: Vec<&str> = crate::model::Level::ALL.iter().map(|level| level.word()).collect();
        let mut extra = vec![key.name.as_str()];
        // These two show nothing that could be expected.
        if !matches!(key.name.as_str(), "use" | "identity_does") {
            extra.extend(levels);
        }
        let fields = self.fields(node, &what, &[own, keys::STEP], &extra)?;
        let name = fields.get("name").and_then(|node| self.plain(node, "`name`"));
        let spec = fields.get("spec").and_then(|node| self.spec(node));
        let (action, observed) = match key.name.as_str() {
            "mail" => (self.mail(value, &fields).map(Action::Mail), keys::DELIVERY),
            "no_mail" => (self.quiet(value, &fields).map(Action::NoMail), keys::SILENCE),
            "click" => (self.click(value, &fields).map(Action::Click), keys::VISIT),
            "parallel" => (self.parallel(value).map(Action::Parallel), keys::RESPONSES),
            "identity_asked" => (self.identity_asked(value, &fields).map(Action::IdentityAsked), keys::INQUIRY),
            "identity_does" => (self.identity_does(value, &fields).map(Action::IdentityDoes), keys::NOTHING),
            method => (self.request(method, value, &fields).map(Action::Request), keys::RESPONSE),
        };
        let checks = self.checks(&fields, observed);
        let action = action?;
        let label = name.clone().unwrap_or_else(|| match (&action, value.as_text()) {
            (Action::Parallel(requests), _) => format!("{} requests at once", requests.len()),
            (_, Some(text)) => format!("{} {text}", key.name.replace('_', " ")),
            _ => key.name.replace('_', " "),
        });
        Some(Step { span: key.span, label, name, spec, action, checks, finally, prepares: false })
    }

    /// The actor named by `as`.
    pub(super) fn sender(&self, fields: &Fields<'_>) -> Sender {
        match fields.get("as") {
            None => Sender::Nobody,
            Some(node) => match self.plain(node, "`as`") {
                Some(name) => Sender::Actor(name, node.span),
                None => Sender::Nobody,
            },
        }
    }
}
