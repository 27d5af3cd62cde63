//! Runs on accounts that somebody brought, where no other can be made.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use threepid::http::{Client, HttpOptions, Origins, Outgoing, Shared};
use threepid::reference::{Config, Options, Registration, Running, find_shape, start};
use threepid::target::{AccountOptions, Accounts, Method, Need};

use crate::program::{Ended, Place, free_address};

const SECRET: &str = "only for these tests";

/// A reference homeserver on which nobody can register, with accounts that are in a file.
struct Homeserver {
    runtime: tokio::runtime::Runtime,
    running: Option<Running>,
    client: Client,
    smtp: String,
    /// User and password.
    accounts: Vec<(String, String)>,
    place: Place,
}

impl Homeserver {
    fn new(shapes: &[&str], accounts: usize) -> Homeserver {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let smtp = free_address();
        let mut options = Options::new(smtp);
        options.shapes = shapes.iter().map(|name| find_shape(name).unwrap()).collect();
        options.config = closed();
        let running = runtime.block_on(start(options)).unwrap();
        let client = Client::new(&HttpOptions::default(), &Shared::new().unwrap()).unwrap();
        let origins = Origins::parse(running.url(), None).unwrap();
        let secret = AccountOptions {
            chain: vec![Method::SharedSecret],
            registration_shared_secret: Some(SECRET.to_owned()),
            ..AccountOptions::default()
        };
        let source = Accounts::new(client.clone(), origins, "v3", secret);
        let needs: Vec<Need> =
            (0..accounts).map(|index| Need { actor: format!("given{index}"), ..Need::default() }).collect();
        let lent = runtime.block_on(source.lend(&needs)).unwrap();
        let accounts: Vec<(String, String)> =
            lent.accounts.into_iter().map(|(_, account)| (account.user_id, account.password.unwrap())).collect();
        let place = Place::new().patient(Duration::from_secs(300));
        let table = |(user, password): &(String, String)| {
            format!("[[accounts]]\nuser = \"{user}\"\npassword = \"{password}\"\n")
        };
        place.write("accounts.toml", &accounts.iter().map(table).collect::<String>());
        Homeserver { runtime, running: Some(running), client, smtp: smtp.to_string(), accounts, place }
    }

    fn run(&self, args: &[&str]) -> Ended {
        let url = self.running.as_ref().unwrap().url();
        let mine = ["run", "--homeserver", url, "--smtp-listen", &self.smtp, "--accounts", "accounts.toml"];
        self.place.run(&[&mine[..], &["--output", "out"], args].concat())
    }

    fn ask(&self, method: &str, path: &str, token: Option<&str>, body: Option<Value>) -> (u16, Value) {
        let url = format!("{}/_matrix/client/v3{path}", self.running.as_ref().unwrap().url());
        let mut asked = Outgoing::new(method, url);
        if let Some(token) = token {
            asked = asked.bearer(token);
        }
        if let Some(body) = body {
            asked = asked.json(&body);
        }
        let response = self.runtime.block_on(self.client.send(asked)).response.unwrap();
        (response.status, serde_json::from_str(response.body.text.as_deref().unwrap()).unwrap())
    }

    /// The addresses on an account, by a login with its first password; `None` if that is refused.
    fn addresses(&self, (user, password): &(String, String)) -> Option<Vec<Value>> {
        let login = serde_json::json!({
            "type": "m.login.password", "password": password, "identifier": {"type": "m.id.user", "user": user},
        });
        let (status, body) = self.ask("POST", "/login", None, Some(login));
        let token = body["access_token"].as_str().filter(|_| status == 200)?;
        let (status, body) = self.ask("GET", "/account/3pid", Some(token), None);
        assert_eq!(status, 200, "{body}");
        Some(body["threepids"].as_array().unwrap().clone())
    }

    #[track_caller]
    fn assert_all_as_before(&self) {
        for account in &self.accounts {
            assert_eq!(self.addresses(account), Some(Vec::new()), "{}", account.0);
        }
    }
}

impl Drop for Homeserver {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.shutdown());
        }
    }
}

fn closed() -> Config {
    let mut config = Config::default();
    config.registration = Registration::Disabled;
    config.registration_shared_secret = Some(SECRET.to_owned());
    config
}

/// Scenario, outcome and reason of each trial.
fn trials(folder: &Path) -> Vec<(String, String, String)> {
    let record: Value = serde_json::from_slice(&std::fs::read(folder.join("out/report.json")).unwrap()).unwrap();
    let text = |trial: &Value, name: &str| trial[name].as_str().unwrap().to_owned();
    let all = record["trials"].as_array().unwrap();
    all.iter().map(|trial| (text(trial, "id"), text(trial, "outcome"), text(trial, "reason"))).collect()
}

fn outcome<'t>(trials: &'t [(String, String, String)], id: &str) -> (&'t str, &'t str) {
    let (_, outcome, reason) = trials.iter().find(|(of, ..)| of == id).unwrap();
    (outcome, reason)
}

#[test]
fn three_accounts_are_enough_for_everything_one_after_the_other() {
    three_accounts_are_enough("1");
}

#[test]
fn three_accounts_are_enough_for_everything_at_once() {
    three_accounts_are_enough("16");
}

fn three_accounts_are_enough(jobs: &str) {
    let homeserver = Homeserver::new(&[], 3);
    let ended = homeserver.run(&["--jobs", jobs]).expect(0);
    assert!(!ended.err.contains("note: accounts"), "{}", ended.err);
    let trials = trials(homeserver.place.path());
    let passed = trials.iter().filter(|(_, outcome, _)| outcome == "pass").count();
    assert!(passed > 200, "{passed} passed");
    let suite = threepid::shipped::suite().map_err(drop).unwrap();
    let uses_up = |id: &str| suite.scenario(id).is_some_and(|scenario| !scenario.uses_up.is_empty());
    let mut left_out = 0;
    for (id, outcome, reason) in &trials {
        assert!(["pass", "skip"].contains(&outcome.as_str()), "{id}: {outcome}: {reason}");
        let for_want_of_accounts = reason.contains("--accounts");
        assert!(!for_want_of_accounts || uses_up(id), "{id} was not run: {reason}");
        assert!(!uses_up(id) || outcome == "skip", "{id} uses an account up");
        left_out += usize::from(for_want_of_accounts);
    }
    assert!(left_out > 10, "{left_out} were left out");
    let (_, reason) = outcome(&trials, "reset-password/success");
    for part in ["it uses up the account of alice", "--accounts-may-be-used-up", "registration is disabled"] {
        assert!(reason.contains(part), "{part:?} is missing in {reason}");
    }
    homeserver.assert_all_as_before();
}

#[test]
fn one_account_is_not_enough_for_two_actors() {
    let homeserver = Homeserver::new(&[], 1);
    homeserver.run(&["list-emails", "--jobs", "16"]).expect(0);
    let trials = trials(homeserver.place.path());
    assert_eq!(outcome(&trials, "list-emails/fields").0, "pass");
    let reason = "it needs 2 accounts at once; of the 1 of `--accounts`, 1 will do";
    let (outcome, shown) = outcome(&trials, "list-emails/own-only");
    assert_eq!(outcome, "skip");
    assert!(shown.starts_with(reason), "{shown}");
    homeserver.assert_all_as_before();
}

#[test]
fn accounts_that_may_be_used_up_get_their_passwords_back() {
    let homeserver = Homeserver::new(&[], 2);
    let selected = ["remove-email/deactivated-account-without-address", "reset-password/success", "list-emails/fields"];
    let flags = ["--accounts-may-be-used-up", "--jobs", "1"];
    let ended = homeserver.run(&[&selected[..], &flags[..]].concat()).expect(0);
    let trials = trials(homeserver.place.path());
    for id in selected {
        assert_eq!(outcome(&trials, id).0, "pass", "{id}");
    }
    assert_eq!(trials.iter().find(|(id, ..)| !id.starts_with("contract/")).unwrap().0, "list-emails/fields");
    let ended = ended.says(&["note: accounts of --accounts that are not as they were", "used up by a trial"]);
    let left: Vec<_> = homeserver.accounts.iter().filter_map(|account| homeserver.addresses(account)).collect();
    assert_eq!(left, [Vec::<Value>::new()], "one was deactivated, and the other has its password again: {}", ended.err);
}

#[test]
fn addresses_that_cannot_be_removed_are_said_once_and_are_no_failure() {
    let homeserver = Homeserver::new(&["removal-refused-by-policy"], 1);
    let selected = ["add-email/success", "list-emails/empty", "list-emails/fields", "add-email/password-asked"];
    let ended = homeserver.run(&[&selected[..], &["--jobs", "1"]].concat()).expect(0);
    let trials = trials(homeserver.place.path());
    assert_eq!(outcome(&trials, "add-email/success").0, "pass");
    assert_eq!(outcome(&trials, "list-emails/empty").0, "skip");
    let (_, reason) = outcome(&trials, "list-emails/fields");
    for part in ["without an address", "0 will do", "is still on it, whose removal was answered 403 M_FORBIDDEN"] {
        assert!(reason.contains(part), "{part:?} is missing in {reason}");
    }
    assert_eq!(ended.err.matches("whose removal was answered").count(), 1, "{}", ended.err);
    let addresses = homeserver.addresses(&homeserver.accounts[0]).unwrap();
    assert!(!addresses.is_empty());
}
