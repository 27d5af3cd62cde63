//! One step: what is done, and what is expected of the outcome.
//!
//! Takes a mapping; gives a [`Step`]. Each kind of action has a file of its own below this one.

mod action;
mod administrator;
mod click;
mod identity;
mod kinds;
mod mail;
mod order;
mod parallel;
mod request;
mod rounds;

pub use action::Action;
pub use administrator::{AccountChange, Administration};
pub use click::{Change, Click};
pub use identity::{IdentityAnswer, IdentityAsked, IdentityDoes};
pub(in crate::scenario) use kinds::{kinds, names};
pub use mail::{MailWait, Quiet};
pub use order::SinkFault;
pub(in crate::scenario) use request::REQUEST;
pub use request::{BodyTemplate, Request, Sender};
pub use rounds::Round;
pub(in crate::scenario) use rounds::{REPEAT_KEYS, USE_KEYS};

use super::diagnostic::Diagnostic;
use super::expand::Flat;
use super::expectation::Check;
use super::keys;
use super::node::{Node, Span, Value};
use super::pattern::Pattern;
use super::read::{Fields, Reader};
use super::template::Text;
use kinds::Written;
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
    /// What the outcome must look like for the trial to go on after it.
    pub proceed_if: Option<Proceed>,
    /// It is done only if all of these have a value.
    pub when: Vec<Text>,
    /// It is done only if none of these has a value.
    pub unless: Vec<Text>,
    /// Its place in a repetition.
    pub round: Option<Round>,
}

/// What an outcome must look like for a trial to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct Proceed {
    /// What it looks like.
    pub pattern: Pattern,
    /// Why the trial ends without a verdict otherwise, if the scenario says.
    pub otherwise: Option<Text>,
}

impl Reader<'_> {
    /// The key of the action in a step, with its value.
    ///
    /// A key that is only near to an action is read as that one, so that one misspelt word does not hide the rest.
    pub(super) fn action_of<'n>(&self, node: &'n Node) -> Option<(&'n str, &'n super::node::Key, &'n Node)> {
        let Value::Map(entries) = &node.value else {
            self.expected(node, "a step (a mapping)");
            return None;
        };
        let actions = kinds::names;
        let found: Vec<_> = entries.iter().filter(|(key, _)| actions().any(|name| name == &*key.name)).collect();
        match found.as_slice() {
            [(key, value)] => Some((&key.name, key, value)),
            [] => {
                let near = entries.iter().find_map(|(key, value)| {
                    super::diagnostic::nearest(&key.name, actions()).map(|name| (name, key, value))
                });
                let fault = match near {
                    Some((name, key, _)) => {
                        Diagnostic::new(key.span, "unknown-step", format!("unknown step `{}`", key.name))
                            .label("not known")
                            .help(format!("did you mean `{name}`?"))
                    }
                    None => Diagnostic::new(node.span, "unknown-step", "this step does nothing")
                        .label("no action among its keys")
                        .nearest("", actions()),
                };
                self.fault(fault);
                near
            }
            [_, (key, _), ..] => {
                self.fault(
                    Diagnostic::new(key.span, "two-actions", "a step does one thing")
                        .label("a second action")
                        .help("begin a new step with `- `"),
                );
                None
            }
        }
    }

    /// Reads one expanded step. `anchored` says whether the scenario's file names a place in the specification.
    pub(super) fn flat_step(&self, flat: &Flat, finally: bool, anchored: bool) -> Option<Step> {
        let node = &flat.node;
        let (named, key, value) = self.action_of(node)?;
        let (kind, read) = kinds::named(named)?;
        let what = format!("a `{named}` step");
        let mut extra = vec![&*key.name];
        if kind.seen.is_some() {
            extra.extend(threepid_record::model::Level::ALL.iter().map(|level| level.word()));
        }
        let below = match kind.value {
            keys::Shape::Mapping(below) => below,
            _ => &[],
        };
        let deeper = |name: &str| {
            let is_below = below.iter().any(|key| key.name == name);
            is_below.then(|| format!("`{name}` stands below `{named}:`, one level deeper"))
        };
        let fields = self.fields_or(node, &what, &[kind.keys, keys::STEP], &extra, &deeper)?;
        let name = fields.get("name").and_then(|node| self.plain(node, "`name`"));
        let spec = fields.get("spec").and_then(|node| self.spec(node)).or_else(|| flat.spec.clone());
        let (when, unless) = self.conditions(&fields, &flat.conditions);
        let action = read(
            self,
            &Written {
                key,
                name: named,
                value,
                fields: &fields,
                conditional: !when.is_empty() || !unless.is_empty(),
                repetition: flat.round.as_ref().map(|round| round.repetition),
            },
        );
        let observed = kind.seen.unwrap_or_default();
        // The scenario's place is not that of what it builds on.
        let anchored = spec.is_some() || (anchored && !flat.prepares);
        let checks = self.checks(&fields, observed, anchored);
        if let Some(Action::Mail(wait)) = &action {
            self.countable(wait.count, &checks);
        }
        let proceed_if = self.proceed(&fields, observed);
        // What cannot be done is followed as nothing: what is expected of it may bind values all the same.
        let action = action.unwrap_or(Action::Parallel(Vec::new()));
        let own = action.label().filter(|_| !matches!(&action, Action::Request(_)) || kind.names.len() == 1);
        let label = name.clone().or(own).unwrap_or_else(|| match value.as_text() {
            Some(text) => format!("{} {text}", key.name.replace('_', " ")),
            None => key.name.replace('_', " "),
        });
        let round = match &action {
            Action::RepeatResult(_) => None,
            _ => flat.round.as_ref().map(|round| {
                let seen: Vec<&[keys::Key]> = kinds().filter_map(|kind| kind.seen).collect();
                self.round(round, &seen)
            }),
        };
        let prepares = flat.prepares;
        let span = key.span;
        Some(Step { span, label, name, spec, action, checks, finally, prepares, proceed_if, when, unless, round })
    }

    /// `proceed_if`, with its reason.
    fn proceed(&self, fields: &Fields<'_>, observed: &[keys::Key]) -> Option<Proceed> {
        let Some((_, node)) = fields.entry("proceed_if") else {
            if let Some((key, _)) = fields.entry("otherwise") {
                self.fault(
                    Diagnostic::new(key.span, "otherwise", "`otherwise` stands without `proceed_if`")
                        .label("the reason for nothing")
                        .help("say what the outcome must look like: `proceed_if: {status: 200}`"),
                );
            }
            return None;
        };
        let seen = self.fields(node, "`proceed_if`", &[observed], &[])?;
        Some(Proceed {
            pattern: self.outcome(&seen, observed),
            otherwise: fields.get("otherwise").and_then(|node| self.placed_text(node, "`otherwise`")),
        })
    }

    /// Help for a key of steps in general that stands below the step's own key.
    pub(super) fn beside(step: &'static str) -> impl Fn(&str) -> Option<String> {
        move |name: &str| {
            let levels = threepid_record::model::Level::ALL.iter().map(|level| level.word());
            let is_beside = keys::STEP.iter().map(|key| key.name).chain(levels).any(|known| known == name);
            is_beside.then(|| format!("`{name}` stands beside `{step}:`, not below it"))
        }
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
