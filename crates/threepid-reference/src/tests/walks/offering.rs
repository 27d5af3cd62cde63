//! The variants: what each of them offers and refuses.

use serde_json::json;

use super::{Broken, Seen, expect};
use crate::{
    Config, Limit, RateLimits, Registration,
    tests::{World, client::SECRET},
};

const ADD: &str = "/account/3pid";
const ALL: [&str; 3] = [ADD, "/register", "/account/password"];

async fn variant(broken: Broken, change: impl FnOnce(&mut Config)) -> World {
    broken.world(|options| change(&mut options.config)).await
}

pub(super) async fn walk(broken: Broken, seen: &mut Seen) {
    changes_disabled(broken, seen).await;
    let world = variant(broken, |config| config.mail = false).await;
    for path in ALL {
        let answer = world.ask(path, "u@x.test", SECRET, json!({})).await;
        seen.note(&format!("no mail for {path}"), &answer);
    }

    let allowed = vec!["Good.test".to_owned()];
    let world = variant(broken, |config| config.allowed_domains = Some(allowed)).await;
    for (path, email) in [(ADD, "u@x.test"), (ADD, "u@good.test"), ("/register", "u@x.test")] {
        let answer = world.ask(path, email, "domains", json!({})).await;
        seen.note(&format!("{path} {email}"), &answer);
        seen.add(format!("mails: {}", world.letters().len()));
    }
    let world = variant(broken, |config| config.registration = Registration::Disabled).await;
    let disabled = world.ask("/register", "u@x.test", SECRET, json!({})).await;
    seen.note("registration disabled", &disabled);
    seen.add(format!("mails: {}", world.letters().len()));

    inhibited(broken, seen).await;
    next_links(broken, seen).await;
    limited(broken, seen).await;

    let world = broken.plain().await;
    for path in ALL {
        let phone = format!("{path}/msisdn/requestToken");
        seen.note(&phone, &world.post(&phone, None, json!({})).await);
    }
    let fax = world.post("/account/3pid/fax/requestToken", None, json!({})).await;
    seen.note("fax", &fax);
    let path = "/_matrix/client/r0/account/3pid";
    seen.note("r0", &world.get(path, None).await);
}

async fn changes_disabled(broken: Broken, seen: &mut Seen) {
    let world = variant(broken, |config| config.changes_enabled = false).await;
    let alice = world.register("alice").await;
    let capabilities = world.get("/_matrix/client/v3/capabilities", Some(&alice)).await.json();
    let capability = &capabilities["capabilities"]["m.3pid_changes"];
    seen.add(format!("capability: {capability}"));
    seen.note("RT", &world.ask(ADD, "u@x.test", SECRET, json!({})).await);
    seen.add(format!("mails: {}", world.letters().len()));
    seen.note("ADD", &world.add_as("alice", &alice, "x").await);
    let body = json!({"medium": "email", "address": "u@x.test"});
    let delete = world.post("/account/3pid/delete", Some(&alice), body).await;
    seen.note("DEL", &delete);
    seen.add(format!("list: {:?}", world.listed(&alice).await));
}

/// Known and unknown addresses on all three endpoints, each asked for twice.
async fn inhibited(broken: Broken, seen: &mut Seen) {
    let world = variant(broken, |config| config.inhibit_3pid_errors = true).await;
    let alice = world.register("alice").await;
    let asked = world.ask(ADD, "alice@x.test", SECRET, json!({})).await.json();
    let letter = world.sink.next().await;
    world.get(&letter.link(), None).await;
    let sid = asked["sid"].as_str().unwrap_or_default();
    seen.note("added", &world.add_as("alice", &alice, sid).await);
    for path in ALL {
        for email in ["alice@x.test", "unknown@x.test"] {
            let first = world.ask(path, email, "inhibited", json!({})).await;
            let second = world.ask(path, email, "inhibited", json!({})).await;
            let members: Vec<_> = first.json().as_object().unwrap().keys().cloned().collect();
            let status = (first.status.as_u16(), second.status.as_u16());
            let same = first.text == second.text;
            seen.add(format!("{path} {email}: {status:?} {members:?} same {same}"));
        }
        if path == ADD {
            seen.add(format!("the first mail goes to {:?}", world.sink.next().await.mail.recipients));
        }
    }
}

async fn next_links(broken: Broken, seen: &mut Seen) {
    let hosts = vec!["threepid.test".to_owned()];
    let world = variant(broken, |config| config.next_link_hosts = Some(hosts)).await;
    for next_link in [
        "https://threepid.test/a",
        "https://evil.test/",
        "https://threepid.test.evil.test/",
        "https://threepid.test@evil.test/",
    ] {
        let mut statuses = Vec::new();
        for path in ALL {
            let more = json!({"next_link": next_link});
            let answer = world.ask(path, "u@x.test", SECRET, more).await;
            statuses.push(format!("{} {}", answer.status.as_u16(), answer.errcode()));
        }
        seen.add(format!("{next_link}: {statuses:?}"));
    }
    seen.note("none", &world.ask(ADD, "v@x.test", SECRET, json!({})).await);
}

async fn limited(broken: Broken, seen: &mut Seen) {
    let limit = |burst| Limit { burst, interval: std::time::Duration::from_secs(600) };
    let limits = RateLimits { by_client: limit(2), by_email: limit(9), by_guess: limit(9) };
    let world = variant(broken, |config| config.rate_limits = Some(limits)).await;
    for email in ["l1@x.test", "l2@x.test", "l3@x.test"] {
        let answer = world.ask(ADD, email, SECRET, json!({})).await;
        seen.note(email, &answer);
        let near = |seconds: u64| (595..=600).contains(&seconds);
        let header = answer.header("retry-after").parse().is_ok_and(near);
        let member = answer.json()["retry_after_ms"].as_u64();
        let member = member.is_some_and(|wait_ms| near(wait_ms.div_ceil(1000)));
        seen.add(format!("hints: {header} {member}, mails: {}", world.letters().len()));
    }
}

#[tokio::test]
async fn offering() {
    let mut seen = Seen::default();
    walk(Broken::default(), &mut seen).await;
    let refused = "[\"400 M_INVALID_PARAM\", \"400 M_INVALID_PARAM\", \"400 M_INVALID_PARAM\"]";
    let evil = format!("https://evil.test/: {refused}");
    let prefix = format!("https://threepid.test.evil.test/: {refused}");
    let userinfo = format!("https://threepid.test@evil.test/: {refused}");
    expect(
        &seen,
        &[
            "capability: {\"enabled\":false}",
            "RT: 403 M_FORBIDDEN",
            "mails: 0",
            "ADD: 403 M_FORBIDDEN",
            "DEL: 403 M_FORBIDDEN",
            "list: []",
            "no mail for /account/3pid: 400 M_THREEPID_MEDIUM_NOT_SUPPORTED",
            "no mail for /register: 400 M_THREEPID_MEDIUM_NOT_SUPPORTED",
            "no mail for /account/password: 400 M_THREEPID_MEDIUM_NOT_SUPPORTED",
            "/account/3pid u@x.test: 403 M_THREEPID_DENIED",
            "mails: 0",
            "/account/3pid u@good.test: 200",
            "mails: 1",
            "/register u@x.test: 403 M_THREEPID_DENIED",
            "mails: 0",
            "registration disabled: 403 M_FORBIDDEN",
            "mails: 0",
            "added: 200",
            "/account/3pid alice@x.test: (200, 200) [\"sid\"] same true",
            "/account/3pid unknown@x.test: (200, 200) [\"sid\"] same true",
            "the first mail goes to [\"unknown@x.test\"]",
            "/register alice@x.test: (200, 200) [\"sid\"] same true",
            "/register unknown@x.test: (200, 200) [\"sid\"] same true",
            "/account/password alice@x.test: (200, 200) [\"sid\"] same true",
            "/account/password unknown@x.test: (200, 200) [\"sid\"] same true",
            "https://threepid.test/a: [\"200 none\", \"200 none\", \"400 M_THREEPID_NOT_FOUND\"]",
            &evil,
            &prefix,
            &userinfo,
            "none: 200",
            "l1@x.test: 200",
            "hints: false false, mails: 1",
            "l2@x.test: 200",
            "hints: false false, mails: 1",
            "l3@x.test: 429 M_LIMIT_EXCEEDED",
            "hints: true true, mails: 0",
            "/account/3pid/msisdn/requestToken: 400 M_THREEPID_MEDIUM_NOT_SUPPORTED",
            "/register/msisdn/requestToken: 400 M_THREEPID_MEDIUM_NOT_SUPPORTED",
            "/account/password/msisdn/requestToken: 400 M_THREEPID_MEDIUM_NOT_SUPPORTED",
            "fax: 404 M_UNRECOGNIZED",
            "r0: 401 M_MISSING_TOKEN",
        ],
    );
}

/// The wait for the SMTP server would tell that there is a mail.
#[tokio::test]
async fn no_inhibited_answer_waits_for_the_mail() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let world = World::with(|options| {
        options.smtp = silent.local_addr().unwrap();
        options.config.inhibit_3pid_errors = true;
        options.config.smtp_timeout = std::time::Duration::from_secs(600);
    })
    .await;
    // With a wait this would take ten minutes.
    let asked = world.ask(ADD, "u@x.test", SECRET, json!({})).await;
    assert_eq!(asked.status, 200);
}

#[tokio::test]
async fn a_proxy_names_the_client_and_the_client_cannot() {
    let limits = RateLimits {
        by_client: Limit { burst: 1, interval: std::time::Duration::from_secs(600) },
        ..RateLimits::default()
    };
    for (trusted, last) in [(true, 200), (false, 429)] {
        let limits = limits.clone();
        let world = World::with(|options| {
            options.config.rate_limits = Some(limits);
            options.config.trust_forwarded_for = trusted;
        })
        .await;
        let mut statuses = Vec::new();
        for (forwarded, email) in
            [("192.0.2.1", "a@x.test"), ("203.0.113.9, 192.0.2.1", "b@x.test"), ("192.0.2.2", "c@x.test")]
        {
            let body = json!({"email": email, "client_secret": "s", "send_attempt": 1});
            statuses.push(world.forwarded(forwarded, body).await);
        }
        assert_eq!(statuses, [200, 429, last], "trusted: {trusted}");
    }
}
