//! The preflight against servers that offer this and that.

use std::future::ready;
use std::pin::Pin;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::fake::{Answer, Asked, Fake, client};
use crate::target::{ProbeMail, ProbeMailbox, ProbeOptions, Target, TargetError, probe};
use threepid_record::model::{Arrival, Link, Mail};
use threepid_wire::http::Origins;

/// A place where a mail with this link is always there already, or never comes.
struct Post(Option<String>);

impl ProbeMail for Post {
    fn open(&self, address: &str) -> Box<dyn ProbeMailbox + '_> {
        assert!(address.starts_with("probe-") && address.ends_with("@threepid.test"), "{address}");
        Box::new(Letterbox(self.0.clone()))
    }

    fn listens_on(&self) -> String {
        "127.0.0.1:2525".to_owned()
    }

    fn strays(&self) -> Vec<Arrival> {
        vec![Arrival { to: "root@hs.test".to_owned(), subject: "Cron".to_owned() }]
    }
}

struct Letterbox(Option<String>);

impl ProbeMailbox for Letterbox {
    fn first(&mut self, _: Instant) -> Pin<Box<dyn Future<Output = Option<Mail>> + Send + '_>> {
        Box::pin(ready(self.0.clone().map(mail)))
    }
}

fn mail(url: String) -> Mail {
    Mail { links: vec![Link { url, score: 1, ..Link::default() }], ..Mail::default() }
}

/// A homeserver that answers requestToken as given and everything else well.
async fn homeserver(request_token: (u16, Value)) -> Fake {
    Fake::serve(move |asked, _| well(asked).unwrap_or_else(|| request_token.clone().into())).await
}

fn well(asked: &Asked) -> Option<Answer> {
    Some(
        match asked.what.as_str() {
            "GET /_matrix/client/versions" => (200, json!({"versions": ["r0.6.1", "v1.1", "v1.11"]})),
            "POST /register" if asked.body.get("auth").is_none() => {
                let flows = json!([{"stages": ["m.login.dummy"]}, {"stages": ["m.login.email.identity"]}]);
                (401, json!({"session": "S", "flows": flows}))
            }
            "POST /register" => (200, json!({"user_id": "@a:hs.test", "access_token": "T"})),
            "GET /login" => (200, json!({"flows": [{"type": "m.login.password"}, {"type": "m.login.sso"}]})),
            "GET /capabilities" => (200, json!({"capabilities": {"m.3pid_changes": {"enabled": false}}})),
            _ => return None,
        }
        .into(),
    )
}

async fn run(fake: &Fake, post: Post) -> Result<Target, TargetError> {
    declaring(fake, post, &[]).await
}

async fn declaring(fake: &Fake, post: Post, offers: &[&str]) -> Result<Target, TargetError> {
    let mut options = ProbeOptions::new("homeserver", fake.origins.clone(), "threepid.test");
    options.mail_timeout = Duration::from_millis(100);
    options.offers = offers.iter().map(|name| (*name).to_owned()).collect();
    options.mail_hint = Some("`email.smtp_host` in its settings".to_owned());
    probe(&options, &client(), &post).await
}

fn no_mail() -> Post {
    Post(None)
}

#[tokio::test]
async fn a_good_homeserver_is_described() {
    let fake = homeserver((200, json!({"sid": "1"}))).await;
    let link = format!("{}confirm?token=x", fake.origins.reachable());
    let target = run(&fake, Post(Some(link))).await.unwrap();
    let mut abilities: Vec<String> = target
        .info
        .abilities
        .iter()
        .map(|ability| format!("{} {}: {}", if ability.offered { "+" } else { "-" }, ability.name, ability.reason))
        .collect();
    abilities.sort();
    insta::assert_snapshot!(abilities.join("\n"), @r"
    + api-r0: /_matrix/client/versions lists at least one of its versions
    + api-v3: /_matrix/client/versions lists at least one of its versions
    + email: requestToken answered 200, and its mail arrived
    + password-login: GET /login lists m.login.password, m.login.sso
    + registration-email: POST /register offers the flows [m.login.dummy] or [m.login.email.identity]
    + registration: POST /register offers the flows [m.login.dummy] or [m.login.email.identity]
    - 3pid-changes: the capability m.3pid_changes says false
    - identity-server: the target was not set up to trust the harness's identity server
    - registration-token: POST /register offers the flows [m.login.dummy] or [m.login.email.identity]
    ");
    assert_eq!(target.apis, ["v3", "r0"]);
    assert_eq!(target.exchanges.len(), fake.asked().len());
    assert!(target.ability("email").unwrap().offered);
    let request = fake.asked().into_iter().find(|asked| asked.what.ends_with("/requestToken")).unwrap();
    assert_eq!((request.bearer.as_deref(), &request.body["send_attempt"]), (Some("T"), &json!(1)));
    assert_eq!(fake.what()[0], "GET /_matrix/client/versions");
}

#[tokio::test]
async fn abilities_can_be_declared() {
    let fake = homeserver((403, json!({"errcode": "M_FORBIDDEN"}))).await;
    let mut options = ProbeOptions::new("homeserver", fake.origins.clone(), "threepid.test");
    options.offers = ["identity-server", "email", "odd", "odd"].map(str::to_owned).to_vec();
    let target = probe(&options, &client(), &no_mail()).await.unwrap();
    for (name, offered) in [("identity-server", true), ("email", true), ("odd", true)] {
        let found: Vec<bool> =
            target.info.abilities.iter().filter(|known| known.name == name).map(|a| a.offered).collect();
        assert_eq!(found, [offered], "{name}");
    }
}

#[tokio::test]
async fn every_known_refusal_means_not_offered() {
    for (status, body, reason) in [
        (400, json!({"errcode": "M_THREEPID_MEDIUM_NOT_SUPPORTED"}), "400 M_THREEPID_MEDIUM_NOT_SUPPORTED"),
        (403, json!({"errcode": "M_THREEPID_DENIED", "error": "no"}), "403 M_THREEPID_DENIED (no)"),
        (403, json!({"errcode": "M_FORBIDDEN"}), "403 M_FORBIDDEN"),
        (404, json!({"errcode": "M_UNRECOGNIZED"}), "404 M_UNRECOGNIZED"),
        (405, json!({"errcode": "M_UNRECOGNIZED"}), "405 M_UNRECOGNIZED"),
        (404, json!("not here"), "404 \"not here\""),
        (400, json!({"errcode": "M_THREEPID_NOT_FOUND"}), "400 M_THREEPID_NOT_FOUND"),
        (400, json!({"errcode": "M_SERVER_NOT_TRUSTED"}), "400 M_SERVER_NOT_TRUSTED"),
    ] {
        let fake = homeserver((status, body)).await;
        let target = run(&fake, no_mail()).await.unwrap();
        let email = target.ability("email").unwrap();
        assert!(!email.offered);
        assert_eq!(email.reason, format!("requestToken answered {reason}"));
    }
}

#[tokio::test]
async fn a_wrong_promise_of_mail_is_for_trials_to_judge() {
    for body in [json!({}), json!({"sid": ""}), json!({"sid": null}), json!("fine")] {
        let fake = homeserver((200, body)).await;
        let target = run(&fake, no_mail()).await.unwrap();
        let email = target.ability("email").unwrap();
        assert!(email.offered && email.reason.contains("200 without a sid"), "{email:?}");
    }
}

#[tokio::test]
async fn what_is_declared_is_asserted() {
    let fake = homeserver((403, json!({"errcode": "M_FORBIDDEN"}))).await;
    let target = declaring(&fake, no_mail(), &["email"]).await.unwrap();
    let email = target.ability("email").unwrap();
    assert!(email.offered && email.reason.contains("`--offers`, though requestToken answered 403"), "{email:?}");
}

#[tokio::test]
async fn an_answer_that_says_nothing_is_an_error() {
    for (status, body) in [
        (500, json!({"errcode": "M_UNKNOWN", "error": "An error was encountered when sending the email"})),
        (400, json!({"errcode": "M_MISSING_PARAM"})),
        (401, json!({"errcode": "M_UNKNOWN_TOKEN"})),
        (302, json!({})),
    ] {
        let fake = homeserver((status, body)).await;
        let error = run(&fake, no_mail()).await.unwrap_err();
        assert!(matches!(error, TargetError::ProbeFailed { .. }), "{status}: {error}");
        if status == 500 {
            insta::assert_snapshot!(error, @"the preflight could not tell whether the homeserver offers e-mail: POST /account/3pid/email/requestToken answered 500 M_UNKNOWN (An error was encountered when sending the email) (its SMTP server should be 127.0.0.1:2525, `email.smtp_host` in its settings)");
        }
    }
}

#[tokio::test]
async fn mail_that_never_comes_says_what_to_set() {
    let fake = homeserver((200, json!({"sid": "1"}))).await;
    let message = run(&fake, no_mail()).await.unwrap_err().to_string();
    for words in [
        "none came within 0.1 s (`--mail-timeout`)",
        "mail came for root@hs.test (\"Cron\")",
        "set its SMTP server to 127.0.0.1:2525 (`email.smtp_host` in its settings)",
    ] {
        assert!(message.contains(words), "{message}");
    }
}

#[tokio::test]
async fn a_link_to_elsewhere_names_the_flag() {
    let fake = homeserver((200, json!({"sid": "1"}))).await;
    let error = run(&fake, Post(Some("https://matrix.example.org/x?token=t".to_owned()))).await.unwrap_err();
    let message = error.to_string();
    assert!(message.contains("leads to https://matrix.example.org,"), "{message}");
    assert!(message.contains("`--public-url https://matrix.example.org`"), "{message}");
    assert!(!message.contains("token"), "{message}");
}

/// A proxy that serves the server below a path is not there, or was not told of.
#[tokio::test]
async fn a_link_below_another_path_names_the_flag() {
    let fake = homeserver((200, json!({"sid": "1"}))).await;
    let below = |path: &str| format!("{}{path}", fake.origins.reachable().as_str().trim_end_matches('/'));
    let link = |path: &str| Post(Some(below(&format!("{path}/_matrix/client/unstable/x?token=t"))));
    let message = run(&fake, link("/hs")).await.unwrap_err().to_string();
    assert!(message.contains(&format!("`--public-url {}`", below("/hs"))), "{message}");
    run(&fake, link("")).await.unwrap();
}

#[tokio::test]
async fn what_is_no_homeserver_is_told_apart() {
    for (status, body, words) in [
        (
            200,
            "<html><title>Welcome to nginx</title></html>",
            "answered 200, which is not JSON: \"<html><title>Welcome",
        ),
        (200, r#"{"hello": 1}"#, "answered 200, JSON without `versions`: \"{\\\"hello\\\": 1}\""),
        (404, "Not Found", "answered 404, where a homeserver answers 200: \"Not Found\""),
        (502, r#"{"versions": ["v1.1"]}"#, "answered 502, where a homeserver answers 200"),
    ] {
        let fake = Fake::serve(move |_, _| Answer(status, None, body.to_owned())).await;
        let error = run(&fake, no_mail()).await.unwrap_err();
        assert!(matches!(error, TargetError::NotAHomeserver { .. }) && error.to_string().contains(words), "{error}");
    }
    let fake = Fake::serve(|_, _| (200, json!({"versions": ["v2.0"]})).into()).await;
    let message = run(&fake, no_mail()).await.unwrap_err().to_string();
    assert!(message.contains("(it lists v2.0)"), "{message}");
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let options =
        ProbeOptions::new("homeserver", Origins::parse(&format!("http://{closed}"), None).unwrap(), "threepid.test");
    let error = probe(&options, &client(), &no_mail()).await.unwrap_err();
    assert!(matches!(error, TargetError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("refused") && error.to_string().contains("`--homeserver`"), "{error}");
}

#[tokio::test]
async fn closed_registration_is_one_error_that_lists_the_ways() {
    let fake = Fake::serve(|asked, _| match asked.what.as_str() {
        "POST /register" => (403, json!({"errcode": "M_FORBIDDEN"})).into(),
        _ => well(asked).unwrap_or_else(|| (200, json!({})).into()),
    })
    .await;
    let error = run(&fake, no_mail()).await.unwrap_err();
    assert!(matches!(error, TargetError::NoAccounts { .. }), "{error}");
    assert!(error.to_string().contains("registration: POST /register answered 403 M_FORBIDDEN"), "{error}");
}

/// A homeserver that hands its mail to a queue answers long before the mail comes.
#[tokio::test]
async fn it_is_measured_how_long_mail_takes() {
    struct Late(String);
    struct Queue(Option<String>);
    impl ProbeMail for Late {
        fn open(&self, _: &str) -> Box<dyn ProbeMailbox + '_> {
            Box::new(Queue(Some(self.0.clone())))
        }
        fn listens_on(&self) -> String {
            "127.0.0.1:2525".to_owned()
        }
        fn strays(&self) -> Vec<Arrival> {
            Vec::new()
        }
    }
    impl ProbeMailbox for Queue {
        fn first(&mut self, _: Instant) -> Pin<Box<dyn Future<Output = Option<Mail>> + Send + '_>> {
            Box::pin(async move {
                tokio::time::pause();
                tokio::time::advance(Duration::from_secs(2)).await;
                tokio::time::resume();
                Some(mail(self.0.take()?))
            })
        }
    }
    let fake = homeserver((200, json!({"sid": "1"}))).await;
    let options = ProbeOptions::new("homeserver", fake.origins.clone(), "threepid.test");
    let late = Late(format!("{}confirm?token=x", fake.origins.reachable()));
    let client = client();
    let target = probe(&options, &client, &late).await.unwrap();
    assert!(target.mail_delay >= Duration::from_secs(2), "{:?}", target.mail_delay);
    assert!(target.ability("email").unwrap().reason.ends_with("its mail arrived 2.0 s later"));
}
