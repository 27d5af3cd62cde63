//! `administrator: lock`: what whoever runs the homeserver does to an account.
//!
//! How it is done is the target's own matter: its profile says it. A scenario names the effect alone.

use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::keys::{Key, Kind, Shape, needed};
use crate::scenario::node::Node;
use crate::scenario::read::{Fields, Reader};
use crate::scenario::template::Text;

/// What an administrator does.
pub(in crate::scenario) static ADMINISTRATOR: Kind = Kind {
    names: &["administrator"],
    about: "Have the target's administrator `lock`, `unlock`, `suspend` or `unsuspend` an account, as the target's \
            profile says. Where it does not succeed the trial is an error.",
    value: Shape::OneOf(DOINGS),
    keys: KEYS,
    seen: None,
};

static KEYS: &[Key] = &[needed("account", Shape::Text, "The account: `<alice.user_id>`.")];

static DOINGS: &[&str] = &["lock", "unlock", "suspend", "unsuspend"];

/// An account that is put into another state.
#[derive(Debug, Clone, PartialEq)]
pub struct Administration {
    /// What is done to it.
    pub does: AccountChange,
    /// Its user id.
    pub account: Text,
}

/// What an administrator does to an account (client-server API, "Account locking" and "Account suspension").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountChange {
    /// It can be used for nothing but to log out.
    Lock,
    /// It can be used again.
    Unlock,
    /// It can be used for little.
    Suspend,
    /// It can be used as before.
    Unsuspend,
}

impl AccountChange {
    /// The word for it in scenarios and profiles.
    pub fn word(self) -> &'static str {
        DOINGS[self as usize]
    }

    const ALL: [AccountChange; 4] = [Self::Lock, Self::Unlock, Self::Suspend, Self::Unsuspend];

    /// What a target must offer for it: the name of a need.
    pub const fn need(self) -> &'static str {
        match self {
            Self::Lock | Self::Unlock => "account-locks",
            Self::Suspend | Self::Unsuspend => "account-suspension",
        }
    }
}

impl Reader<'_> {
    pub(super) fn administration(&self, what: &Node, fields: &Fields<'_>) -> Option<Administration> {
        let does = AccountChange::ALL.into_iter().find(|change| what.as_text() == Some(change.word()));
        if does.is_none() {
            self.fault(
                Diagnostic::new(what.span, "unknown-word", "nothing the administrator can do")
                    .label("not known")
                    .nearest(what.as_text().unwrap_or_default(), DOINGS.iter().copied()),
            );
        }
        Some(Administration { does: does?, account: self.text_or_none(fields.get("account")?, "`account`") })
    }
}

#[cfg(test)]
mod tests {
    use super::AccountChange;
    use crate::scenario::{Action, SourceFile, Sources, Suite};

    fn read(needs: &str, does: &str) -> Result<Action, String> {
        let text = format!(
            "title: x\nwhy: y\nneeds: [{needs}]\nactors: [alice]\nsteps:\n  - administrator: {does}\n    account: <alice.user_id>\n  - GET: /account/3pid\n    as: alice\n    should: {{status: 200, because: z}}\n"
        );
        let file = SourceFile { path: "a/b.yaml".into(), text };
        match Suite::read(Sources::of([file])) {
            Ok(suite) => Ok(suite.scenarios[0].cases[0].steps[0].action.clone()),
            Err((sources, faults)) => Err(faults.lines(&sources)),
        }
    }

    #[test]
    fn each_word_is_read_and_needs_what_it_takes() {
        for change in AccountChange::ALL {
            let Ok(Action::Administrator(read_as)) = read(change.need(), change.word()) else {
                panic!("{change:?}");
            };
            assert_eq!(read_as.does, change);
            let shown = read("email", change.word()).unwrap_err();
            assert!(shown.contains(&format!("add `{}` to `needs`", change.need())), "{shown}");
        }
        let shown = read("account-locks", "lok").unwrap_err();
        assert!(shown.contains("did you mean `lock`"), "{shown}");
    }
}
