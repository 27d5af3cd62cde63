//! Pushers: where notifications go.
//!
//! *Takes* and *gives* the pushers of accounts; *never* sends a notification. What matters here is that a pusher that mails an
//! address ends together with the address.
//!
//! Specification: client-server API, `GET /pushers`, `POST /pushers/set`.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{accounts::UserId, address::Address};

/// Pushers of one account; a further one replaces the oldest.
const MAX_PUSHERS: usize = 50;

/// One pusher, as it was set. The pair of app and key names it.
#[derive(Debug, Clone)]
pub(super) struct Pusher {
    pub(super) app_id: String,
    pub(super) pushkey: String,
    pub(super) is_email: bool,
    /// All its members, to be listed.
    pub(super) fields: Map<String, Value>,
}

/// The pushers of all accounts.
#[derive(Debug, Default)]
pub(super) struct Pushers(HashMap<UserId, Vec<Pusher>>);

impl Pushers {
    pub(super) fn of(&self, user: &UserId) -> &[Pusher] {
        self.0.get(user).map_or(&[], Vec::as_slice)
    }

    /// Sets a pusher, in place of the one with the same name.
    pub(super) fn set(&mut self, user: &UserId, pusher: Pusher) {
        self.remove(user, &pusher.app_id, &pusher.pushkey);
        let pushers = self.0.entry(user.clone()).or_default();
        if pushers.len() >= MAX_PUSHERS {
            pushers.remove(0);
        }
        pushers.push(pusher);
    }

    pub(super) fn remove(&mut self, user: &UserId, app_id: &str, pushkey: &str) {
        self.retain(user, |it| it.app_id != app_id || it.pushkey != pushkey);
    }

    /// Ends the pushers that mail this address.
    pub(super) fn remove_address(&mut self, user: &UserId, address: &Address) {
        self.retain(user, |it| !it.is_email || Address::parse(&it.pushkey).as_ref() != Ok(address));
    }

    pub(super) fn remove_all(&mut self, user: &UserId) {
        self.0.remove(user);
    }

    fn retain(&mut self, user: &UserId, keep: impl Fn(&Pusher) -> bool) {
        if let Some(pushers) = self.0.get_mut(user) {
            pushers.retain(keep);
            if pushers.is_empty() {
                self.0.remove(user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Accounts;

    fn pusher(pushkey: &str, is_email: bool) -> Pusher {
        Pusher { app_id: "app".to_owned(), pushkey: pushkey.to_owned(), is_email, fields: Map::new() }
    }

    #[test]
    fn a_pusher_ends_with_its_address_and_no_other_does() {
        let user = Accounts::new("x.test").new_user_id("alice").unwrap();
        let mut pushers = Pushers::default();
        for pusher in [pusher("A@x.test", true), pusher("b@x.test", true), pusher("a@x.test", false)] {
            pushers.set(&user, pusher);
        }
        pushers.remove_address(&user, &Address::parse("a@X.test").unwrap());
        let left: Vec<_> = pushers.of(&user).iter().map(|it| &it.pushkey).collect();
        assert_eq!(left, ["b@x.test", "a@x.test"]);
    }

    #[test]
    fn pushers_are_named_by_app_and_key_and_limited() {
        let user = Accounts::new("x.test").new_user_id("alice").unwrap();
        let mut pushers = Pushers::default();
        for number in 0..60 {
            pushers.set(&user, pusher(&number.to_string(), false));
            pushers.set(&user, pusher(&number.to_string(), false));
        }
        assert_eq!(pushers.of(&user).len(), MAX_PUSHERS);
        pushers.remove_all(&user);
        assert!(pushers.of(&user).is_empty());
    }
}
