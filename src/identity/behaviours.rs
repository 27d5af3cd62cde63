//! All misbehaviours in force.
//!
//! Takes what trials ask for; gives what is done with a request. Bounded: the oldest is forgotten.

use super::behaviour::{Behaviour, Matcher};
use super::limits;

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
    use std::time::Duration;

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
