//! Given accounts: lent, made clean, given back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::fake::{Answer, Asked, Fake, client};
use crate::target::{AccountOptions, Accounts, Lent, Method, Need, NotLent, TargetError, parse_given};
use threepid_record::model::{Entry, Event, Exchange, Transcript};
use threepid_wire::http::Outgoing;

/// A homeserver with bob on it: his password, his tokens, and his addresses.
#[derive(Debug, Default)]
struct Bob {
    password: String,
    logins: usize,
    tokens: Vec<String>,
    addresses: Vec<String>,
    removal_is_refused: bool,
    list_is_broken: bool,
}

impl Bob {
    fn answer(&mut self, asked: &Asked) -> Answer {
        let refused = |status: u16, code: &str| -> Answer { (status, json!({"errcode": code, "error": "no"})).into() };
        let token = asked.bearer.as_ref().filter(|token| self.tokens.contains(token)).cloned();
        match (asked.what.as_str(), token) {
            ("POST /login", _) if asked.body["password"] == json!(self.password) => {
                self.logins += 1;
                self.tokens.push(format!("token-{}", self.logins));
                (200, json!({"user_id": "@bob:hs.test", "access_token": self.tokens.last(), "device_id": "D"})).into()
            }
            ("POST /login", _) => refused(403, "M_FORBIDDEN"),
            ("POST /register", _) => refused(403, "M_FORBIDDEN"),
            (_, None) => refused(401, "M_UNKNOWN_TOKEN"),
            ("POST /logout", Some(token)) => {
                self.tokens.retain(|known| *known != token);
                (200, json!({})).into()
            }
            ("GET /account/3pid", _) if self.list_is_broken => refused(500, "M_UNKNOWN"),
            ("GET /account/3pid", _) => {
                let listed = self.addresses.iter().map(|address| json!({"medium": "email", "address": address}));
                (200, json!({"threepids": listed.collect::<Vec<_>>()})).into()
            }
            ("POST /account/3pid/delete", _) if self.removal_is_refused => refused(403, "M_FORBIDDEN"),
            ("POST /account/3pid/delete", _) => {
                self.addresses.retain(|address| asked.body["address"] != json!(address));
                (200, json!({"id_server_unbind_result": "no-support"})).into()
            }
            ("POST /account/password", _) if asked.body["auth"]["password"] == json!(self.password) => {
                assert_eq!(asked.body["auth"]["session"], "S");
                self.password = asked.body["new_password"].as_str().unwrap().to_owned();
                (200, json!({})).into()
            }
            ("POST /account/password", _) => {
                (401, json!({"session": "S", "flows": [{"stages": ["m.login.password"]}]})).into()
            }
            (what, _) => panic!("{what}"),
        }
    }
}

/// Bob's homeserver, and a source of accounts with him alone.
async fn with_bob(bob: Bob) -> (Arc<Mutex<Bob>>, Fake, Accounts) {
    let bob = Arc::new(Mutex::new(Bob { password: "his".to_owned(), ..bob }));
    let served = Arc::clone(&bob);
    let fake = Fake::serve(move |asked, _| served.lock().unwrap().answer(asked)).await;
    let options = AccountOptions {
        given: parse_given("[[accounts]]\nuser = '@bob:hs.test'\npassword = 'his'\n", "a.toml").unwrap(),
        mail_domain: "threepid.test".to_owned(),
        may_be_used_up: true,
        ..AccountOptions::default()
    };
    let accounts = Accounts::new(client(), fake.origins.clone(), "v3", options);
    (bob, fake, accounts)
}

fn need() -> Need {
    Need { actor: "alice".to_owned(), password: true, no_address: true, ..Need::default() }
}

async fn lend(accounts: &Accounts) -> Lent {
    accounts.lend(&[need()]).await.unwrap()
}

/// What a trial asked bob's homeserver.
async fn trial(fake: &Fake, asked: &[(&str, &str, Value)]) -> Transcript {
    let mut transcript = Transcript::default();
    for (method, path, body) in asked {
        let url = fake.origins.request_url(&format!("/_matrix/client/v3{path}"));
        let exchange: Exchange = client().send(Outgoing::new(method, url).json(body)).await;
        let event = Event::Exchange(exchange);
        transcript.entries.push(Entry { step: None, turn: 0, label: String::new(), at_ms: 0.0, event });
    }
    transcript
}

fn login(password: &str) -> Value {
    json!({"type": "m.login.password", "identifier": {"type": "m.id.user", "user": "bob"}, "password": password})
}

#[tokio::test]
async fn what_a_trial_added_is_removed_and_what_the_owner_has_stays() {
    let (bob, fake, accounts) = with_bob(Bob::default()).await;
    let lent = lend(&accounts).await;
    // The trial logs in once more, and adds an address in a domain that is not the harness's own.
    let add = json!({"email": "Odd@Elsewhere.test"});
    let transcript = trial(&fake, &[("POST", "/login", login("his")), ("POST", "/add", add)]).await;
    bob.lock().unwrap().addresses =
        ["one@threepid.test", "odd@elsewhere.test", "added-by-the-owner@mail.test"].map(str::to_owned).to_vec();
    accounts.give_back(lent.loans, &transcript).await;
    assert_eq!(bob.lock().unwrap().addresses, ["added-by-the-owner@mail.test"]);
    assert_eq!(bob.lock().unwrap().tokens, ["token-3"], "the logins of the trial are over");
    // It is not known whose the third is, so the account is not clean.
    let Err(NotLent::TooFew(reason)) = accounts.lend(&[need()]).await else { panic!("it has an address") };
    assert!(reason.contains("`added-by-the-owner@mail.test` is still on it"), "{reason}");
    let easy = Need { no_address: false, ..need() };
    accounts.give_back_unused(accounts.lend(&[easy]).await.unwrap());
    assert_eq!(accounts.close().await.len(), 1);
    assert_eq!(bob.lock().unwrap().tokens, Vec::<String>::new(), "all logins are over");
}

#[tokio::test]
async fn what_an_earlier_run_left_is_removed_before_the_first_trial() {
    let addresses = ["left@threepid.test", "his@mail.test"].map(str::to_owned).to_vec();
    let (bob, _fake, accounts) = with_bob(Bob { addresses, ..Bob::default() }).await;
    let Err(NotLent::TooFew(reason)) = accounts.lend(&[need()]).await else { panic!("it has an address") };
    assert!(reason.contains("it has an address of its owner's"), "{reason}");
    assert_eq!(bob.lock().unwrap().addresses, ["his@mail.test"]);
    assert_eq!(accounts.close().await, Vec::<String>::new(), "it is as it was");
}

#[tokio::test]
async fn a_password_that_a_trial_changed_is_changed_back() {
    let (bob, fake, accounts) = with_bob(Bob::default()).await;
    let lent = lend(&accounts).await;
    let transcript = trial(&fake, &[("POST", "/reset", json!({"new_password": "another"}))]).await;
    bob.lock().unwrap().password = "another".to_owned();
    accounts.give_back(lent.loans, &transcript).await;
    assert_eq!(bob.lock().unwrap().password, "his");
    assert_eq!(bob.lock().unwrap().tokens.len(), 1, "{:?}", bob.lock().unwrap());
    assert_eq!(accounts.close().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_account_that_does_not_work_any_more_is_not_lent_again() {
    for (uses_up, note) in [(false, "it worked, and after a trial login answered 403"), (true, "used up by a trial")] {
        let (bob, _fake, accounts) = with_bob(Bob::default()).await;
        let lent = accounts.lend(&[Need { uses_up, ..need() }]).await.unwrap();
        bob.lock().unwrap().password = "nobody knows".to_owned();
        accounts.give_back(lent.loans, &Transcript::default()).await;
        let asked = accounts.lend(&[need()]).await;
        match (uses_up, asked) {
            (true, Err(NotLent::TooFew(reason))) => assert!(reason.contains(note), "{reason}"),
            // There would be one, had the server not done what it should not.
            (false, Err(NotLent::Failed(none))) => {
                assert!(matches!(none.error, TargetError::NoAccounts { .. }) && none.error.to_string().contains(note));
            }
            (_, other) => panic!("{other:?}"),
        }
        let notes = accounts.close().await;
        assert!(notes.len() == 1 && notes[0].starts_with("@bob:hs.test: ") && notes[0].contains(note), "{notes:?}");
    }
}

#[tokio::test]
async fn a_removal_that_is_refused_is_asked_for_once() {
    let (bob, fake, accounts) = with_bob(Bob { removal_is_refused: true, ..Bob::default() }).await;
    let easy = Need { no_address: false, ..need() };
    for round in 0..3 {
        let lent = accounts.lend(std::slice::from_ref(&easy)).await.unwrap();
        bob.lock().unwrap().addresses = vec!["one@threepid.test".to_owned()];
        accounts.give_back(lent.loans, &Transcript::default()).await;
        let removals = fake.what().iter().filter(|what| *what == "POST /account/3pid/delete").count();
        assert_eq!(removals, 1, "round {round}");
    }
    let notes = accounts.close().await;
    insta::assert_snapshot!(notes.join("\n"), @"@bob:hs.test: `one@threepid.test` is still on it, whose removal was answered 403 M_FORBIDDEN (no)");
}

#[tokio::test]
async fn a_list_that_never_can_be_read_is_for_trials_to_judge() {
    let (bob, _fake, accounts) = with_bob(Bob { list_is_broken: true, ..Bob::default() }).await;
    let lent = lend(&accounts).await;
    accounts.give_back(lent.loans, &Transcript::default()).await;
    let lent = lend(&accounts).await;
    bob.lock().unwrap().list_is_broken = false;
    accounts.give_back(lent.loans, &Transcript::default()).await;
    // Once it could be read, it says something when it cannot.
    let lent = lend(&accounts).await;
    bob.lock().unwrap().list_is_broken = true;
    accounts.give_back(lent.loans, &Transcript::default()).await;
    let Err(NotLent::TooFew(reason)) = accounts.lend(&[need()]).await else { panic!("it is not known to be clean") };
    assert!(reason.contains("its addresses cannot be seen: GET /account/3pid answered 500"), "{reason}");
}

#[tokio::test]
async fn a_trial_that_was_cut_short_leaves_an_account_to_be_looked_at() {
    let (bob, _fake, accounts) = with_bob(Bob::default()).await;
    let lent = lend(&accounts).await;
    bob.lock().unwrap().addresses = vec!["half@threepid.test".to_owned()];
    drop(lent);
    insta::assert_snapshot!(accounts.close().await.join("\n"), @"@bob:hs.test: a trial on it was cut short; the next run looks for what was left");
    let lent = lend(&accounts).await;
    assert_eq!(bob.lock().unwrap().addresses, Vec::<String>::new());
    accounts.give_back_unused(lent);
    assert_eq!(accounts.close().await, Vec::<String>::new());
}

#[tokio::test]
async fn accounts_that_are_given_are_used_where_a_profile_names_other_ways() {
    let (_bob, fake, _) = with_bob(Bob::default()).await;
    let options = AccountOptions {
        chain: vec![Method::Registration],
        given: parse_given("[[accounts]]\nuser = 'bob'\npassword = 'his'\n", "a.toml").unwrap(),
        ..AccountOptions::default()
    };
    let accounts = Accounts::new(client(), fake.origins.clone(), "v3", options);
    let lent = lend(&accounts).await;
    assert_eq!(lent.accounts[0].1.user_id, "@bob:hs.test");
    let Err(NotLent::TooFew(reason)) = accounts.lend(&[Need { uses_up: true, ..need() }]).await else {
        panic!("it was not permitted")
    };
    insta::assert_snapshot!(reason, @"it uses up the account of alice (deactivates it or changes its password), for which accounts of `--accounts` are not taken without --accounts-may-be-used-up; and none can be made (registration: POST /register answered 403 M_FORBIDDEN (no))");
}

#[tokio::test]
async fn one_account_under_two_names_is_lent_once() {
    let users: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
    let counted = Arc::clone(&users);
    let fake = Fake::serve(move |asked, _| match asked.what.as_str() {
        "POST /login" => {
            *counted.lock().unwrap().entry(asked.body["identifier"]["user"].to_string()).or_default() += 1;
            (200, json!({"user_id": "@bob:hs.test", "access_token": "T"})).into()
        }
        "GET /account/3pid" => (200, json!({})).into(),
        _ => (403, json!({"errcode": "M_FORBIDDEN"})).into(),
    })
    .await;
    let file = "[[accounts]]\nuser = 'bob'\npassword = 'p'\n[[accounts]]\nuser = 'bob@mail.test'\npassword = 'p'\n";
    let options = AccountOptions { given: parse_given(file, "a.toml").unwrap(), ..AccountOptions::default() };
    let accounts = Accounts::new(client(), fake.origins.clone(), "v3", options);
    let bobs = [need(), Need { actor: "bob".to_owned(), ..need() }];
    let Err(NotLent::TooFew(reason)) = accounts.lend(&bobs).await else { panic!("it is one account") };
    assert!(reason.contains("it is `@bob:hs.test`, which stands in the file already"), "{reason}");
    assert_eq!(users.lock().unwrap().len(), 2);
}
