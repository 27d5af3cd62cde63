//! Which address of whom is bound where.
//!
//! *Takes* what was bound through this homeserver; *gives* the identity servers to ask when it is to be unbound; *never* knows
//! of a binding that was made without it.

use std::collections::HashMap;

use super::Association;
use crate::{accounts::UserId, address::Address};

/// Bindings of one account; a further one makes the oldest forgotten.
const MAX_BINDINGS: usize = 100;

#[derive(Debug)]
struct Binding {
    what: Association,
    id_server: String,
}

/// The bindings of all accounts.
#[derive(Debug, Default)]
pub(crate) struct Bindings(HashMap<UserId, Vec<Binding>>);

impl Bindings {
    pub(crate) fn remember(&mut self, user: &UserId, what: Association, id_server: &str) {
        let what = canonical(what);
        self.forget(user, &what, id_server);
        let bindings = self.0.entry(user.clone()).or_default();
        if bindings.len() >= MAX_BINDINGS {
            bindings.remove(0);
        }
        bindings.push(Binding { what, id_server: id_server.to_owned() });
    }

    /// Where this is bound.
    pub(crate) fn servers(&self, user: &UserId, what: &Association) -> Vec<String> {
        let bindings = self.0.get(user).map_or(&[][..], Vec::as_slice).iter();
        bindings.filter(|binding| binding.what == *what).map(|binding| binding.id_server.clone()).collect()
    }

    /// Whether somebody else has bound this: what a defect asks.
    pub(crate) fn is_bound_by_another(&self, user: &UserId, what: &Association) -> bool {
        self.0.iter().any(|(other, bindings)| other != user && bindings.iter().any(|binding| binding.what == *what))
    }

    /// What of this user is bound anywhere.
    pub(crate) fn of(&self, user: &UserId) -> Vec<Association> {
        let bindings = self.0.get(user).map_or(&[][..], Vec::as_slice).iter();
        let mut all: Vec<_> = bindings.map(|binding| binding.what.clone()).collect();
        all.dedup();
        all
    }

    pub(crate) fn forget(&mut self, user: &UserId, what: &Association, id_server: &str) {
        if let Some(bindings) = self.0.get_mut(user) {
            bindings.retain(|it| it.what != *what || it.id_server != id_server);
            if bindings.is_empty() {
                self.0.remove(user);
            }
        }
    }
}

/// An address in the form in which the homeserver keeps it, so that both are found together.
pub(crate) fn canonical(what: Association) -> Association {
    let address = match what.medium.as_str() {
        "email" => Address::parse(&what.address).ok(),
        _ => None,
    };
    Association { address: address.map_or(what.address, |address| address.to_string()), ..what }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Accounts;

    fn email(address: &str) -> Association {
        canonical(Association { medium: "email".to_owned(), address: address.to_owned() })
    }

    #[test]
    fn a_binding_is_found_until_it_is_forgotten() {
        let user = Accounts::new("x.test").new_user_id("alice").unwrap();
        let mut bindings = Bindings::default();
        for id_server in ["one.test", "two.test", "one.test"] {
            bindings.remember(&user, email("A@x.test"), id_server);
        }
        let what = email("a@X.test");
        assert_eq!(bindings.servers(&user, &what), ["two.test", "one.test"]);
        assert_eq!(bindings.of(&user), std::slice::from_ref(&what));
        bindings.forget(&user, &what, "two.test");
        assert_eq!(bindings.servers(&user, &what), ["one.test"]);
        assert!(bindings.servers(&user, &email("b@x.test")).is_empty());
    }

    #[test]
    fn bindings_are_limited() {
        let user = Accounts::new("x.test").new_user_id("alice").unwrap();
        let mut bindings = Bindings::default();
        for number in 0..150 {
            bindings.remember(&user, email(&format!("{number}@x.test")), "is.test");
        }
        assert_eq!(bindings.of(&user).len(), MAX_BINDINGS);
    }
}
