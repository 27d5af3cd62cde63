//! All kinds of steps: one line each.
//!
//! What a kind is called, which keys it has and what can be expected of it stands in its own file; here stands how it
//! becomes an action.

use super::super::keys::Kind;
use super::super::node::{Key, Node};
use super::super::read::{Fields, Reader};
use super::action::Action;
use super::{administrator, click, identity, mail, order, parallel, request, rounds};

/// A step as it is written, for its kind to read.
pub(super) struct Written<'n> {
    /// The key that says what is done.
    pub(super) key: &'n Key,
    /// The name of the kind, which a misspelt key is only near to.
    pub(super) name: &'n str,
    /// What stands at that key.
    pub(super) value: &'n Node,
    /// All keys.
    pub(super) fields: &'n Fields<'n>,
    /// Whether it is done only on a condition.
    pub(super) conditional: bool,
    /// Which repetition it belongs to, if it does.
    pub(super) repetition: Option<usize>,
}

type Read = fn(&Reader<'_>, &Written<'_>) -> Option<Action>;

/// Every kind, and how it is read.
static KINDS: &[(&Kind, Read)] = &[
    (&request::REQUEST, |reader, step| reader.request(step.name, step.value, step.fields).map(Action::Request)),
    (&request::ANY_REQUEST, |reader, step| reader.any_request(step.value, step.fields).map(Action::Request)),
    (&mail::MAIL, |reader, step| reader.mail(step.value, step.fields).map(Action::Mail)),
    (&mail::NO_MAIL, |reader, step| reader.quiet(step.value, step.fields).map(Action::NoMail)),
    (&click::CLICK, |reader, step| reader.click(step.value, step.fields).map(Action::Click)),
    (&parallel::PARALLEL, |reader, step| reader.parallel(step.value).map(Action::Parallel)),
    (&identity::IDENTITY_ASKED, |reader, step| {
        reader.identity_asked(step.value, step.fields).map(Action::IdentityAsked)
    }),
    (&identity::IDENTITY_DOES, |reader, step| reader.identity_does(step.value, step.fields).map(Action::IdentityDoes)),
    (&administrator::ADMINISTRATOR, |reader, step| {
        reader.administration(step.value, step.fields).map(Action::Administrator)
    }),
    // A misspelt `use`: what it would be replaced by is not known.
    (&rounds::USE, |_, _| None),
    (&rounds::REPEAT, |_, step| step.repetition.map(Action::RepeatResult)),
    (&order::PAUSE, |reader, step| reader.pause(step.value).map(Action::Pause)),
    (&order::SINK, |reader, step| reader.sink_order(step.value).map(Action::Sink)),
    (&order::SKIP, |reader, step| reader.skip(step.key, step.value, step.conditional).map(Action::Skip)),
];

/// All kinds.
pub(in crate::scenario) fn kinds() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().map(|(kind, _)| *kind)
}

/// The words that say what a step does.
pub(in crate::scenario) fn names() -> impl Iterator<Item = &'static str> {
    kinds().flat_map(|kind| kind.names.iter().copied())
}

/// The kind of this name, and how it is read.
pub(super) fn named(name: &str) -> Option<(&'static Kind, Read)> {
    KINDS.iter().find(|(kind, _)| kind.names.contains(&name)).copied()
}
