//! One owner for an address, one device for a token.

use super::*;

fn accounts_with(names: &[&str]) -> (Accounts, Vec<UserId>) {
    let mut accounts = Accounts::new("x.test");
    let users: Vec<_> = names.iter().map(|name| accounts.new_user_id(name).unwrap()).collect();
    for user in &users {
        accounts.create(user, "secret").unwrap();
    }
    (accounts, users)
}

fn threepid(address: &str) -> Threepid {
    Threepid { address: Address::parse(address).unwrap(), validated_at: 1, added_at: 2 }
}

#[test]
fn an_address_belongs_to_one_account() {
    let (mut accounts, users) = accounts_with(&["alice", "bob"]);
    accounts.attach(&users[0], threepid("a@x.test")).unwrap();
    assert_eq!(accounts.attach(&users[1], threepid("A@X.test")), Err(NotAttached::InUse));
    assert!(!accounts.detach(&users[1], &Address::parse("a@x.test").unwrap()));
    assert_eq!(accounts.owner(&Address::parse("a@x.test").unwrap()), Some(&users[0]));
    assert!(accounts.detach(&users[0], &Address::parse("a@x.test").unwrap()));
    assert!(accounts.threepids(&users[0]).is_empty());
    accounts.attach(&users[1], threepid("a@x.test")).unwrap();
}

#[test]
fn logging_in_again_on_a_device_replaces_its_token() {
    let (mut accounts, users) = accounts_with(&["alice"]);
    let (_, first) = accounts.log_in(&users[0], Some("PHONE")).unwrap();
    let (_, second) = accounts.log_in(&users[0], Some("PHONE")).unwrap();
    assert!(accounts.session(&first).is_none());
    assert!(accounts.session(&second).is_some());
}

#[test]
fn devices_are_limited() {
    let (mut accounts, users) = accounts_with(&["alice"]);
    let (_, first) = accounts.log_in(&users[0], None).unwrap();
    for _ in 0..MAX_DEVICES {
        accounts.log_in(&users[0], None).unwrap();
    }
    assert!(accounts.session(&first).is_none());
    assert_eq!(accounts.by_token.len(), MAX_DEVICES);
}

#[test]
fn only_lower_case_localparts_become_user_ids() {
    let accounts = Accounts::new("x.test");
    assert_eq!(accounts.new_user_id("a.b_c=d-e/f+1").unwrap().as_str(), "@a.b_c=d-e/f+1:x.test");
    for localpart in ["", "Alice", "é", "a b", "a:b", &"a".repeat(250)] {
        assert!(accounts.new_user_id(localpart).is_none(), "{localpart}");
    }
}
