//! One step: what is done, and what is expected of the outcome.
//!
//! Takes a mapping; gives a [`Step`]. Each kind of action has a file of its own below this one.

mod click;
mod identity;
mod mail;
mod order;
mod parallel;
mod request;
mod rounds;

pub use click::{Change, Click};
pub use identity::{IdentityAnswer, IdentityAsked, IdentityDoes};
pub use mail::{MailWait, Quiet};
pub use order::{Fault, SinkFault};
pub use request::{BodyTemplate, Request, Sender};
pub use rounds::Round;

use std::time::Duration;

use super::diagnostic::Diagnostic;
use super::expand::Flat;
use super::expectation::Check;
use super::keys;
use super::node::{Node, Span, Value};
use super::read::{Fields, Reader};
use super::template::Text;
use threepid_record::model::SpecRef;

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
    /// It is done only if all of these have a value.
    pub when: Vec<Text>,
    /// It is done only if none of these has a value.
    pub unless: Vec<Text>,
    /// Its place in a repetition.
    pub round: Option<Round>,
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
    /// Waits for a moment that the target's configuration names.
    Pause(Duration),
    /// Has the mail sink misbehave.
    Sink(SinkFault),
    /// Ends a repetition: tells how it went.
    RepeatResult(usize),
    /// Ends the trial without a verdict, for this reason.
    Skip(Text),
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
            Action::Sink(order) => f(&order.to),
            Action::Skip(reason) => f(reason),
            Action::Pause(_) | Action::RepeatResult(_) => {}
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
///
/// A key that is only near to an action is read as that one, so that one misspelt word does not hide the rest.
fn action_of<'n>(reader: &Reader<'_>, node: &'n Node) -> Option<(&'n str, &'n super::node::Key, &'n Node)> {
    let Value::Map(entries) = &node.value else {
        reader.expected(node, "a step (a mapping)");
        return None;
    };
    let actions = || keys::METHODS.iter().copied().chain(keys::ACTIONS.iter().map(|(name, _)| *name));
    let found: Vec<_> = entries.iter().filter(|(key, _)| actions().any(|name| name == key.name)).collect();
    match found.as_slice() {
        [(key, value)] => Some((&key.name, key, value)),
        [] => {
            let near = entries.iter().find_map(|(key, value)| {
                super::diagnostic::nearest(&key.name, actions()).map(|name| (name, key, value))
            });
            let fault = match near {
                Some((name, key, _)) => {
                    Diagnostic::new(key.span, "unknown-step", format!("there is no step `{}`", key.name))
                        .label("not known")
                        .help(format!("did you mean `{name}`?"))
                }
                None => Diagnostic::new(node.span, "unknown-step", "this step does nothing")
                    .label("no action among its keys")
                    .nearest("", actions()),
            };
            reader.fault(fault);
            near
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
    pub(super) fn flat_step(&self, flat: &Flat, finally: bool) -> Option<Step> {
        let node = &flat.node;
        let (named, key, value) = action_of(self, node)?;
        let what = format!("a `{named}` step");
        let own: &[keys::Key] = match named {
            "mail" => keys::MAIL,
            "no_mail" => keys::SILENCE_STEP,
            "click" => keys::CLICK,
            "parallel" => keys::PARALLEL,
            "identity_asked" => keys::IDENTITY_ASKED,
            "identity_does" => keys::IDENTITY_DOES,
            "use" => keys::USE,
            "repeat" | "pause" | "sink" | "skip" => &[],
            _ => keys::REQUEST,
        };
        let levels: Vec<&str> = threepid_record::model::Level::ALL.iter().map(|level| level.word()).collect();
        let mut extra = vec![key.name.as_str()];
        if !keys::SILENT.contains(&named) {
            extra.extend(levels);
        }
        let fields = self.fields(node, &what, &[own, keys::STEP], &extra)?;
        let name = fields.get("name").and_then(|node| self.plain(node, "`name`"));
        let spec = fields.get("spec").and_then(|node| self.spec(node)).or_else(|| flat.spec.clone());
        let (action, observed) = match named {
            "mail" => (self.mail(value, &fields).map(Action::Mail), keys::DELIVERY),
            "no_mail" => (self.quiet(value, &fields).map(Action::NoMail), keys::SILENCE),
            "click" => (self.click(value, &fields).map(Action::Click), keys::VISIT),
            "parallel" => (self.parallel(value).map(Action::Parallel), keys::RESPONSES),
            "repeat" => (flat.round.as_ref().map(|round| Action::RepeatResult(round.repetition)), keys::ROUNDS),
            // A misspelt `use`: what it would be replaced by is not known.
            "use" => (None, keys::NOTHING),
            "pause" => (self.pause(value).map(Action::Pause), keys::NOTHING),
            "sink" => (self.sink_order(value).map(Action::Sink), keys::NOTHING),
            "skip" => (self.placed_text(value, "the reason").map(Action::Skip), keys::NOTHING),
            "identity_asked" => (self.identity_asked(value, &fields).map(Action::IdentityAsked), keys::INQUIRY),
            "identity_does" => (self.identity_does(value, &fields).map(Action::IdentityDoes), keys::NOTHING),
            method => (self.request(method, value, &fields).map(Action::Request), keys::RESPONSE),
        };
        let checks = self.checks(&fields, observed);
        // What cannot be done is followed as nothing: what is expected of it may bind values all the same.
        let action = action.unwrap_or(Action::Parallel(Vec::new()));
        let (when, unless) = self.conditions(&fields, &flat.conditions);
        if matches!(action, Action::Skip(_)) && when.is_empty() && unless.is_empty() {
            self.fault(
                Diagnostic::new(key.span, "skip", "this always ends the trial")
                    .label("without a condition")
                    .help("say with `when` or `unless` which value decides: `unless: <submit_url>`"),
            );
        }
        let label = name.clone().unwrap_or_else(|| match (&action, value.as_text()) {
            (Action::Parallel(requests), _) => format!("{} requests at once", requests.len()),
            (Action::RepeatResult(_), _) => "the repetition".to_owned(),
            (Action::Sink(order), _) => format!("the sink for {}", order.to.written()),
            (_, Some(text)) => format!("{} {text}", key.name.replace('_', " ")),
            _ => key.name.replace('_', " "),
        });
        let round = match &action {
            Action::RepeatResult(_) => None,
            _ => flat.round.as_ref().map(|round| self.round(round)),
        };
        let prepares = flat.prepares;
        Some(Step { span: key.span, label, name, spec, action, checks, finally, prepares, when, unless, round })
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
