//! Getting accounts from servers with different ideas of registration.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::fake::{Answer, Asked, Fake, client};
use crate::target::{AccountOptions, Accounts, Lent, Method, Need, NoAccount, NotLent, TargetError, parse_given};
use threepid_record::model::{Account, Exchange, Transcript};

fn account_named(name: &str) -> Answer {
    (200, json!({"user_id": format!("@{name}:hs.test"), "access_token": format!("token-{name}"), "device_id": "D"}))
        .into()
}

fn error(status: u16, code: &str, text: &str) -> Answer {
    (status, json!({"errcode": code, "error": text})).into()
}

/// Answers `POST /register` like a server with these flows; the right token is `sesame`.
fn uia(flows: Value) -> impl Fn(&Asked, usize) -> Answer + Clone + Send + Sync + 'static {
    move |asked, _| {
        let challenge = |completed: Value| -> Answer {
            (401, json!({"session": "S", "flows": flows, "params": {}, "completed": completed})).into()
        };
        if asked.what != "POST /register" {
            return error(404, "M_UNRECOGNIZED", "no such path");
        }
        let Some(auth) = asked.body.get("auth") else {
            return challenge(json!([]));
        };
        assert_eq!(auth["session"], "S");
        let name = asked.body["username"].as_str().unwrap();
        let two_stages = flows.to_string().contains("registration_token");
        match (auth["type"].as_str().unwrap(), auth["token"].as_str()) {
            ("m.login.registration_token", Some("sesame")) => challenge(json!(["m.login.registration_token"])),
            ("m.login.registration_token", _) => {
                let refused = json!({"session": "S", "flows": flows, "completed": [],
                    "errcode": "M_FORBIDDEN", "error": "Invalid registration token"});
                (401, refused).into()
            }
            ("m.login.dummy", _) if two_stages && asked.body["username"].is_null() => challenge(json!([])),
            ("m.login.dummy", _) => account_named(name),
            other => panic!("an impossible stage was tried: {other:?}"),
        }
    }
}

async fn ask(fake: &Fake, options: AccountOptions) -> Result<(Account, Vec<Exchange>), NoAccount> {
    one(&Accounts::new(client(), fake.origins.clone(), "v3", options), "alice").await
}

/// An account that is never given back, and what it took.
async fn one(accounts: &Accounts, hint: &str) -> Result<(Account, Vec<Exchange>), NoAccount> {
    match accounts.lend(&[Need { actor: hint.to_owned(), ..Need::default() }]).await {
        Ok(Lent { accounts, exchanges, loans }) => {
            std::mem::forget(loans);
            Ok((accounts[0].1.clone(), exchanges))
        }
        Err(NotLent::Failed(none)) => Err(none),
        Err(NotLent::TooFew(reason)) => panic!("{reason}"),
    }
}

fn outcomes(none: &NoAccount) -> Vec<(&str, &str)> {
    match &none.error {
        TargetError::NoAccounts { attempts, .. } => {
            attempts.iter().map(|attempt| (attempt.method.as_str(), attempt.outcome.as_str())).collect()
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_dummy_stage_is_completed_within_the_session() {
    let flows = json!([{"stages": ["m.login.recaptcha"]}, {"stages": ["m.login.dummy"]}]);
    let fake = Fake::serve(uia(flows)).await;
    let accounts = Accounts::new(client(), fake.origins.clone(), "v3", AccountOptions::default());
    let (account, exchanges) = one(&accounts, "Alice!").await.unwrap();
    assert!(account.localpart.starts_with("alice-"), "{}", account.localpart);
    assert_eq!(account.user_id, format!("@{}:hs.test", account.localpart));
    assert_eq!(account.device_id.as_deref(), Some("D"));
    assert_eq!(exchanges.len(), 2);
    let secrets = accounts.secrets();
    assert!(secrets.contains(&account.access_token) && secrets.contains(account.password.as_ref().unwrap()));
    let (other, _) = one(&accounts, "alice").await.unwrap();
    assert_ne!(other.localpart, account.localpart);
}

#[tokio::test]
async fn stages_are_completed_one_after_the_other() {
    let flows = json!([{"stages": ["m.login.registration_token", "m.login.dummy"]}]);
    let fake = Fake::serve(uia(flows)).await;
    let options = AccountOptions { registration_token: Some("sesame".to_owned()), ..AccountOptions::default() };
    let (_, exchanges) = ask(&fake, options).await.unwrap();
    assert_eq!(exchanges.len(), 3);
    let stages: Vec<Value> = fake.asked().iter().map(|asked| asked.body["auth"]["type"].clone()).collect();
    assert_eq!(stages, [Value::Null, json!("m.login.registration_token"), json!("m.login.dummy")]);
}

#[tokio::test]
async fn a_wrong_token_is_said_and_not_tried_again() {
    let flows = json!([{"stages": ["m.login.registration_token", "m.login.dummy"]}]);
    let fake = Fake::serve(uia(flows)).await;
    let options = AccountOptions { registration_token: Some("wrong".to_owned()), ..AccountOptions::default() };
    let none = ask(&fake, options).await.unwrap_err();
    let expected = "m.login.registration_token answered 401 M_FORBIDDEN (Invalid registration token)";
    assert_eq!(outcomes(&none), [("registration", expected)]);
    assert_eq!(none.exchanges.len(), 2);
}

#[tokio::test]
async fn flows_that_no_program_can_complete_are_named() {
    let flows = json!([{"stages": ["m.login.email.identity"]}, {"stages": ["m.login.registration_token"]}]);
    let fake = Fake::serve(uia(flows)).await;
    let none = ask(&fake, AccountOptions::default()).await.unwrap_err();
    insta::assert_snapshot!(outcomes(&none)[0].1, @"it offers only the flows [m.login.email.identity] or [m.login.registration_token], none of which a program can complete (give the token with `--registration-token`)");
    let message = none.error.to_string();
    assert!(message.contains("open registration on the server, or give `--registration-token`"), "{message}");
}

#[tokio::test]
async fn a_server_that_always_asks_again_ends() {
    let fake = Fake::serve(|_, _| {
        (401, json!({"session": "S", "flows": [{"stages": ["m.login.dummy"]}], "completed": ["m.login.dummy"]})).into()
    })
    .await;
    let none = ask(&fake, AccountOptions::default()).await.unwrap_err();
    assert!(outcomes(&none)[0].1.starts_with("all stages are complete, yet it answered 401"));
}

#[tokio::test]
async fn a_name_that_is_taken_is_replaced() {
    let fake = Fake::serve(|asked, number| match number {
        0 => error(400, "M_USER_IN_USE", "taken"),
        _ => account_named(asked.body["username"].as_str().unwrap()),
    })
    .await;
    ask(&fake, AccountOptions::default()).await.unwrap();
    let names: Vec<Value> = fake.asked().iter().map(|asked| asked.body["username"].clone()).collect();
    assert_eq!(names.len(), 2);
    assert_ne!(names[0], names[1]);
}

#[tokio::test]
async fn the_chain_falls_through_and_remembers_what_worked() {
    let fake = Fake::serve(|asked, _| match asked.what.as_str() {
        "GET /_synapse/admin/v1/register" => (200, json!({"nonce": "N"})).into(),
        "POST /_synapse/admin/v1/register" => {
            assert_eq!(asked.body["nonce"], "N");
            assert_eq!(asked.body["admin"], false);
            assert_eq!(asked.body["mac"].as_str().unwrap().len(), 40);
            account_named(asked.body["username"].as_str().unwrap())
        }
        _ => error(403, "M_FORBIDDEN", "Registration has been disabled"),
    })
    .await;
    let options = AccountOptions { registration_shared_secret: Some("secret".to_owned()), ..AccountOptions::default() };
    let accounts = Accounts::new(client(), fake.origins.clone(), "v3", options.clone());
    assert_eq!(one(&accounts, "a").await.unwrap().1.len(), 3);
    assert_eq!(one(&accounts, "a").await.unwrap().1.len(), 2, "registration is not tried again");
    assert!(accounts.secrets().contains(&"secret".to_owned()));

    let only = AccountOptions { chain: vec![Method::SharedSecret], ..options };
    assert_eq!(ask(&fake, only).await.unwrap().1.len(), 2);
}

#[tokio::test]
async fn all_that_was_tried_is_listed() {
    let fake = Fake::serve(|asked, _| match asked.what.as_str() {
        "POST /register" => error(403, "M_FORBIDDEN", "Registration has been disabled"),
        _ => error(404, "M_UNRECOGNIZED", "no such path"),
    })
    .await;
    let given = parse_given(r#"{"accounts": [{"user": "bob", "password": "p"}]}"#, "a.json").unwrap();
    let options =
        AccountOptions { given, registration_shared_secret: Some("secret".to_owned()), ..AccountOptions::default() };
    let accounts = Accounts::new(client(), fake.origins.clone(), "v3", options);
    let mut reasons = Vec::new();
    for _ in 0..2 {
        let alice = Need { actor: "alice".to_owned(), ..Need::default() };
        let Err(NotLent::TooFew(reason)) = accounts.lend(&[alice]).await else { panic!("nobody gets one") };
        reasons.push(reason);
        assert_eq!(fake.asked().len(), 3, "what was refused for good is not asked again");
    }
    insta::assert_snapshot!(reasons[0], @"it needs 1 account; of the 1 of `--accounts`, 0 will do; bob: login answered 404 M_UNRECOGNIZED (no such path); and none can be made (registration: POST /register answered 403 M_FORBIDDEN (Registration has been disabled); shared-secret: GET /_synapse/admin/v1/register answered 404 M_UNRECOGNIZED (no such path))");
    assert_eq!(reasons[0], reasons[1]);
}

#[tokio::test]
async fn given_accounts_are_a_finite_pool() {
    let fake = Fake::serve(|asked, _| match (asked.what.as_str(), asked.bearer.as_deref()) {
        ("GET /account/whoami", Some("good")) => (200, json!({"user_id": "@carol:hs.test", "device_id": "C"})).into(),
        ("GET /account/whoami", _) => error(401, "M_UNKNOWN_TOKEN", "no"),
        ("POST /login", _) => account_named(asked.body["identifier"]["user"].as_str().unwrap()),
        _ => error(404, "M_UNRECOGNIZED", "no such path"),
    })
    .await;
    let file = "[[accounts]]\naccess_token = 'bad'\n[[accounts]]\naccess_token = 'good'\n\
                [[accounts]]\nuser = 'bob'\npassword = 'p'\n";
    let options = AccountOptions {
        given: parse_given(file, "accounts.toml").unwrap(),
        chain: vec![Method::Given],
        ..AccountOptions::default()
    };
    let accounts = Accounts::new(client(), fake.origins.clone(), "v3", options);
    let need = Need { actor: "x".to_owned(), ..Need::default() };
    let mut carol = accounts.lend(std::slice::from_ref(&need)).await.unwrap();
    let (_, account) = carol.accounts.remove(0);
    assert_eq!((account.user_id.as_str(), account.password.as_deref()), ("@carol:hs.test", None));
    let bob = accounts.lend(std::slice::from_ref(&need)).await.unwrap();
    let (_, account) = &bob.accounts[0];
    assert_eq!((account.localpart.as_str(), account.password.as_deref()), ("bob", Some("p")));
    let needs = [need.clone(), Need { actor: "y".to_owned(), ..need }];
    let both = accounts.lend(&needs);
    tokio::pin!(both);
    assert!(futures_util::poll!(&mut both).is_pending(), "all are in use");
    accounts.give_back_unused(bob);
    assert!(futures_util::poll!(&mut both).is_pending(), "one is in use");
    accounts.give_back(carol.loans, &Transcript::default()).await;
    let both: Vec<String> = both.await.unwrap().accounts.into_iter().map(|(actor, _)| actor).collect();
    assert_eq!(both, ["x", "y"]);
    for secret in ["bad", "good", "p", "token-bob"] {
        assert!(accounts.secrets().contains(&secret.to_owned()), "{secret}");
    }
}

#[tokio::test]
async fn a_given_account_that_cannot_be_tried_now_stays_in_the_pool() {
    let fake = Fake::serve(|_, number| match number {
        0 => error(502, "M_UNKNOWN", "later"),
        _ => account_named("bob"),
    })
    .await;
    let given = parse_given("[[accounts]]\nuser = 'bob'\npassword = 'p'\n", "a.toml").unwrap();
    let options = AccountOptions { given, chain: vec![Method::Given], ..AccountOptions::default() };
    let accounts = Accounts::new(client(), fake.origins.clone(), "v3", options);
    assert_eq!(outcomes(&one(&accounts, "x").await.unwrap_err())[0].1, "bob: login answered 502 M_UNKNOWN (later)");
    assert!(one(&accounts, "x").await.is_ok());
}

#[test]
fn accounts_files_are_explained() {
    let problem = |text: &str, file: &str| parse_given(text, file).unwrap_err().to_string();
    insta::assert_snapshot!(problem("accounts = []", "a.toml"), @"the accounts in `a.toml` cannot be used: there is none; each is a table `[[accounts]]`");
    insta::assert_snapshot!(problem("[[accounts]]\nuser = 'bob'\n", "a.toml"), @"the accounts in `a.toml` cannot be used: account 1 has neither an `access_token` nor a `user` with a `password`");
    insta::assert_snapshot!(problem("[[accounts]]\nuser = 'bob'\npass = 'x'\n", "a.toml"), @"the accounts in `a.toml` cannot be used: line 3: unknown field `pass`, expected one of `user`, `password`, `access_token`");
    assert!(problem("{", "a.json").contains("EOF"));
    let twice = "[[accounts]]\nuser = 'bob'\npassword = 'p'\n[[accounts]]\nuser = '@bob:hs.test'\npassword = 'p'\n";
    insta::assert_snapshot!(problem(twice, "a.toml"), @"the accounts in `a.toml` cannot be used: account 2 stands there twice; two actors of a trial need two accounts");
}

#[tokio::test]
async fn rate_limits_are_waited_out_as_the_server_says() {
    for hint in ["body", "header", "date"] {
        let fake = Fake::serve(move |asked, number| match (number, hint) {
            (0, "body") => (429, json!({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 120})).into(),
            (0, "header") => Answer(429, Some(("retry-after", "1".to_owned())), String::new()),
            (0, _) => {
                let soon = std::time::SystemTime::now() + Duration::from_secs(1);
                Answer(429, Some(("retry-after", httpdate::fmt_http_date(soon))), String::new())
            }
            _ => account_named(asked.body["username"].as_str().unwrap()),
        })
        .await;
        let start = Instant::now();
        let (_, exchanges) = ask(&fake, AccountOptions::default()).await.unwrap();
        assert_eq!(exchanges.len(), 2, "{hint}");
        assert!(start.elapsed() < Duration::from_secs(5), "{hint}");
        if hint == "body" {
            assert!(start.elapsed() >= Duration::from_millis(115));
        }
    }
}

#[tokio::test]
async fn a_rate_limit_beyond_the_deadline_ends_at_once() {
    let fake =
        Fake::serve(|_, _| (429, json!({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 3_600_000})).into()).await;
    let start = Instant::now();
    let none = ask(&fake, AccountOptions::default()).await.unwrap_err();
    let (_, outcome) = &outcomes(&none)[0];
    assert!(outcome.starts_with("POST /register answered 429 M_LIMIT_EXCEEDED"), "{outcome}");
    assert!(outcome.contains("`--account-timeout`"), "{outcome}");
    assert!(start.elapsed() < Duration::from_secs(5));
}
