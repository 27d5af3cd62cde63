//! How the server can be told to misbehave, for one address, user or session at a time.

use std::time::Duration;

use super::limits;

/// Which requests a [`Behaviour`] is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matcher {
    /// The whole path: `/_matrix/identity/v2/3pid/unbind`.
    pub path: String,
    /// A text that stands somewhere in the request: an address, a user's or a session's id. The user whose access
    /// token is sent counts too.
    pub about: String,
}

/// What the server does instead of what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// Answers this, and does nothing.
    Answer {
        /// The status.
        status: u16,
        /// The `Content-Type`.
        content_type: String,
        /// The body.
        body: String,
    },
    /// Closes the connection without an answer.
    Refuse,
    /// Answers as it should, but only after this long.
    Stall(Duration),
}

impl Behaviour {
    /// A 404 that is no Matrix error: how a server answers that knows nothing of the endpoint (unbind, 404).
    pub fn not_found_plain() -> Behaviour {
        Behaviour::plain(404, "there is no such page")
    }

    /// A 501 that is no Matrix error (unbind, 501).
    pub fn not_implemented_plain() -> Behaviour {
        Behaviour::plain(501, "not implemented")
    }

    /// Text that is no JSON.
    pub fn plain(status: u16, body: &str) -> Behaviour {
        Behaviour::Answer { status, content_type: "text/plain; charset=utf-8".to_owned(), body: body.to_owned() }
    }

    /// A standard error response.
    pub fn matrix_error(status: u16, errcode: &str) -> Behaviour {
        let body = serde_json::json!({"errcode": errcode, "error": "the identity server was told to answer so"});
        Behaviour::Answer { status, content_type: "application/json".to_owned(), body: body.to_string() }
    }
}

/// All misbehaviours in force.
#[derive(Debug, Default)]
pub(super) struct Behaviours {
    list: Vec<(Matcher, Behaviour)>,
}

impl Behaviours {
    /// Adds one; it replaces what was said for the same requests before.
    pub(super) fn set(&mut self, matcher: Matcher, behaviour: Behaviour) {
        self.list.retain(|(known, _)| *known != matcher);
        if self.list.len() >= limits::BEHAVIOURS {
            self.list.remove(0);
        }
        self.list.push((matcher, behaviour));
    }

    /// Forgets all that was said about this address, user or session.
    pub(super) fn calm(&mut self, about: &str) {
        self.list.retain(|(matcher, _)| matcher.about != about);
    }

    /// What to do with a request, if not what is right.
    pub(super) fn of(&self, path: &str, subjects: &[String]) -> Option<Behaviour> {
        self.list
            .iter()
            .rev()
            .find(|(matcher, _)| matcher.path == path && subjects.contains(&matcher.about))
            .map(|(_, behaviour)| behaviour.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_requests_that_are_meant_are_answered_otherwise() {
        let matcher = |path: &str, about: &str| Matcher { path: path.to_owned(), about: about.to_owned() };
        let subjects = |text: &str| [text.to_owned()];
        let mut behaviours = Behaviours::default();
        behaviours.set(matcher("/unbind", "a@x.test"), Behaviour::Refuse);
        behaviours.set(matcher("/unbind", "b@x.test"), Behaviour::not_found_plain());
        behaviours.set(matcher("/unbind", "a@x.test"), Behaviour::Stall(Duration::ZERO));
        assert_eq!(behaviours.of("/unbind", &subjects("a@x.test")), Some(Behaviour::Stall(Duration::ZERO)));
        assert_eq!(behaviours.of("/bind", &subjects("a@x.test")), None);
        assert_eq!(behaviours.of("/unbind", &subjects("c@x.test")), None);
        behaviours.calm("a@x.test");
        assert_eq!(behaviours.of("/unbind", &subjects("a@x.test")), None);
        assert_eq!(behaviours.of("/unbind", &subjects("b@x.test")), Some(Behaviour::not_found_plain()));
    }
}
