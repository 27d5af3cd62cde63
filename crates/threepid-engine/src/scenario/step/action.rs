//! What a step does: one kind for each kind of step.

use std::time::Duration;

use super::administrator::Administration;
use super::click::Click;
use super::identity::{IdentityAsked, IdentityDoes};
use super::mail::{MailWait, Quiet};
use super::order::SinkFault;
use super::request::Request;
use crate::scenario::keys::IDENTITY_SERVER;
use crate::scenario::template::Text;

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
    /// Has the administrator put an account into another state.
    Administrator(Administration),
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
            Action::Administrator(step) => f(&step.account),
        }
    }

    /// What the target must offer for it, if that is something particular.
    pub(in crate::scenario) fn need(&self) -> Option<&'static str> {
        match self {
            Action::IdentityAsked(_) | Action::IdentityDoes(_) => Some(IDENTITY_SERVER),
            Action::Administrator(step) => Some(step.does.need()),
            _ => None,
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

    /// What the step is called where it has no name and what is done says more than the key.
    pub(super) fn label(&self) -> Option<String> {
        match self {
            Action::Parallel(requests) => Some(format!("{} requests at once", requests.len())),
            Action::RepeatResult(_) => Some("the repetition".to_owned()),
            Action::Sink(order) => Some(format!("the sink for {}", order.to.written())),
            Action::Administrator(step) => {
                Some(format!("the administrator: {} {}", step.does.word(), step.account.written()))
            }
            Action::Request(request) => Some(format!("{} {}", request.method, request.path.written())),
            _ => None,
        }
    }
}
