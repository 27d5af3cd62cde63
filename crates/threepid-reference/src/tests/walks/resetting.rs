//! Setting a new password by mail.

use futures_util::future::join;
use serde_json::{Value, json};

use super::{Broken, Seen, expect};
use crate::tests::{
    World,
    client::{Answer, Letter, PASSWORD, SECRET},
    flow::browse,
};

const RESET: &str = "/account/password";

async fn log_in(world: &World, user: &str, password: &str) -> Answer {
    let body = json!({"type": "m.login.password", "user": user, "password": password});
    world.post("/login", None, body).await
}

async fn reset(world: &World, sid: &Value, secret: &str, password: &str, more: Value) -> Answer {
    let credentials = json!({"sid": sid, "client_secret": secret});
    let auth = json!({"type": "m.login.email.identity", "threepid_creds": credentials});
    let mut body = json!({"new_password": password, "auth": auth});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    world.post(RESET, None, body).await
}

/// Asks for a mail; gives the sid and the mail, if there was one.
async fn asked(world: &World, email: &str, secret: &str) -> (Value, Option<Letter>) {
    let answer = world.ask(RESET, email, secret, json!({})).await;
    (answer.json()["sid"].clone(), world.letters().pop())
}

/// Asks, opens the link and confirms.
async fn confirmed(world: &World, email: &str, secret: &str) -> Value {
    let (sid, letter) = asked(world, email, secret).await;
    if let Some(letter) = letter {
        browse(world, &letter.link()).await;
    }
    sid
}

pub(super) async fn walk(broken: Broken, seen: &mut Seen) {
    let world = broken.plain().await;
    let alice = world.register("alice").await;
    world.add_address("alice", &alice, "alice@x.test").await;

    let known = world.ask(RESET, "ALICE@X.test", SECRET, json!({})).await;
    seen.note("known", &known);
    let sid = known.json()["sid"].clone();
    let letter = world.letters().pop();
    let recipients = letter.as_ref().map(|letter| letter.mail.recipients.clone());
    seen.add(format!("mailed to {recipients:?}"));
    let unknown = world.ask(RESET, "nobody@x.test", SECRET, json!({})).await;
    seen.note("unknown", &unknown);
    seen.add(format!("mails: {}", world.letters().len()));

    let challenge = world.post(RESET, None, json!({"new_password": "new"})).await;
    seen.note("challenge", &challenge);
    seen.add(format!("flows: {}", challenge.json()["flows"]));
    let unclicked = reset(&world, &sid, SECRET, "new", json!({})).await;
    seen.note("unclicked", &unclicked);
    let has = |member: &str| !unclicked.json()[member].is_null();
    seen.add(format!("session: {}, flows: {}", has("session"), has("flows")));
    seen.note("new password", &log_in(&world, "alice", "new").await);
    seen.note("old password", &log_in(&world, "alice", PASSWORD).await);
    if let Some(letter) = &letter {
        let page = world.get(&(letter.link() + "&token=<i>"), None).await;
        seen.add(format!("page repeats what it was given: {}", page.text.contains("<i>")));
        world.get(&letter.link(), None).await;
        let fetched = reset(&world, &sid, SECRET, "new", json!({})).await;
        seen.note("link only fetched", &fetched);
        browse(&world, &letter.link()).await;
    }
    seen.note("wrong secret", &reset(&world, &sid, "other", "new", json!({})).await);
    seen.note("right", &reset(&world, &sid, SECRET, "new", json!({})).await);
    seen.note("new password", &log_in(&world, "alice", "new").await);
    seen.note("old password", &log_in(&world, "alice", PASSWORD).await);
    seen.note("again", &reset(&world, &sid, SECRET, "third", json!({})).await);
    seen.note("third password", &log_in(&world, "alice", "third").await);
    details(seen, &world).await;
}

async fn details(seen: &mut Seen, world: &World) {
    let phone = log_in(world, "alice", "new").await.json()["access_token"].clone();
    let phone = phone.as_str().unwrap_or("none");
    let whoami = "/_matrix/client/v3/account/whoami";
    for (what, more) in [("devices kept", json!({"logout_devices": false})), ("devices logged out", json!({}))] {
        let secret = what.replace(' ', "-");
        let sid = confirmed(world, "alice@x.test", &secret).await;
        reset(world, &sid, &secret, "new", more).await;
        seen.note(what, &world.get(whoami, Some(phone)).await);
    }

    let sid = confirmed(world, "alice@x.test", "race").await;
    let both = join(reset(world, &sid, "race", "one", json!({})), reset(world, &sid, "race", "two", json!({})));
    let (one, two) = both.await;
    let won = [one, two].iter().filter(|answer| answer.status == 200).count();
    seen.add(format!("of two at once {won} won"));

    let foreign = world.ask("/account/3pid", "free@x.test", SECRET, json!({})).await;
    let sid = foreign.json()["sid"].clone();
    if let Some(letter) = world.letters().pop() {
        browse(world, &letter.link()).await;
    }
    seen.note("cross purpose", &reset(world, &sid, SECRET, "x", json!({})).await);
    let stage = "m.login.email.identity";
    for auth in [
        json!({"type": stage}),
        json!({"type": stage, "threepid_creds": {"client_secret": SECRET}}),
        json!({"type": stage, "threepid_creds": {"sid": "x"}}),
        json!({"type": stage, "threepid_creds": "x"}),
    ] {
        let body = json!({"new_password": "x", "auth": auth});
        seen.note("malformed", &world.post(RESET, None, body).await);
    }
}

#[tokio::test]
async fn resetting() {
    let mut seen = Seen::default();
    walk(Broken::default(), &mut seen).await;
    expect(
        &seen,
        &[
            "known: 200",
            "mailed to Some([\"alice@x.test\"])",
            "unknown: 400 M_THREEPID_NOT_FOUND",
            "mails: 0",
            "challenge: 401",
            "flows: [{\"stages\":[\"m.login.email.identity\"]}]",
            "unclicked: 401 M_UNAUTHORIZED",
            "session: true, flows: true",
            "new password: 403 M_FORBIDDEN",
            "old password: 200",
            "page repeats what it was given: false",
            "link only fetched: 401 M_UNAUTHORIZED",
            "wrong secret: 401 M_UNAUTHORIZED",
            "right: 200",
            "new password: 200",
            "old password: 403 M_FORBIDDEN",
            "again: 401 M_UNAUTHORIZED",
            "third password: 403 M_FORBIDDEN",
            "devices kept: 200",
            "devices logged out: 401 M_UNKNOWN_TOKEN",
            "of two at once 1 won",
            "cross purpose: 401 M_UNAUTHORIZED",
            "malformed: 400 M_MISSING_PARAM",
            "malformed: 400 M_MISSING_PARAM",
            "malformed: 400 M_MISSING_PARAM",
            "malformed: 400 M_BAD_JSON",
        ],
    );
}

#[tokio::test]
async fn somebody_who_is_logged_in_proves_the_old_password() {
    let world = World::plain().await;
    let alice = world.register("alice").await;
    let other = log_in(&world, "alice", PASSWORD).await.json();
    let other = other["access_token"].as_str().unwrap();
    let auth = |password: &str| json!({"type": "m.login.password", "user": "alice", "password": password});
    let body = |password: &str| json!({"new_password": "new", "auth": auth(password)});
    world.post(RESET, Some(&alice), body("wrong")).await.expect(401, "M_FORBIDDEN");
    world.post(RESET, Some("made-up"), body(PASSWORD)).await.expect(401, "M_UNKNOWN_TOKEN");
    assert_eq!(world.post(RESET, Some(&alice), body(PASSWORD)).await.status, 200);
    // The token of the request goes on working, the other one does not.
    let whoami = "/_matrix/client/v3/account/whoami";
    assert_eq!(world.get(whoami, Some(&alice)).await.status, 200);
    world.get(whoami, Some(other)).await.expect(401, "M_UNKNOWN_TOKEN");
    assert_eq!(log_in(&world, "alice", "new").await.status, 200);
}
