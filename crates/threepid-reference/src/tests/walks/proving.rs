//! The password stage, whose proof is whose, and the list.

use serde_json::{Value, json};

use super::{Broken, Seen, expect};
use crate::tests::{
    World,
    client::{PASSWORD, SECRET, password_of},
    flow::browse,
};

/// A validated session for a new address.
async fn validated(world: &World, email: &str) -> String {
    let (sid, letter) = world.requested(email, SECRET).await;
    browse(world, &letter.link()).await;
    sid
}

fn by_address(address: &str) -> Value {
    let identifier = json!({"type": "m.id.thirdparty", "medium": "email", "address": address});
    json!({"type": "m.login.password", "identifier": identifier, "password": PASSWORD})
}

async fn delete(world: &World, token: &str, address: &str) {
    let body = json!({"medium": "email", "address": address});
    world.post("/account/3pid/delete", Some(token), body).await;
}

pub(super) async fn walk(broken: Broken, seen: &mut Seen) {
    let world = broken.plain().await;
    let (alice, bob) = (world.register("alice").await, world.register("bob").await);
    let list = "/_matrix/client/v3/account/3pid";
    seen.add(format!("empty: {}", world.get(list, Some(&bob)).await.text));
    seen.note("no token", &world.get(list, None).await);
    seen.note("wrong token", &world.get(list, Some("made-up")).await);

    let sid = validated(&world, "one@x.test").await;
    let legacy = json!({"type": "m.login.password", "user": "alice", "password": PASSWORD});
    seen.note("legacy", &world.add(&alice, &sid, Some(legacy)).await);
    let sid = validated(&world, "two@x.test").await;
    let by_own = world.add(&alice, &sid, Some(by_address("One@x.test"))).await;
    seen.note("own address", &by_own);
    seen.add(format!("listed: {:?}", listed(&world, &alice).await));
    seen.add(format!("bob has: {:?}", listed(&world, &bob).await));

    let sid = validated(&world, "three@x.test").await;
    let unknown = world.add(&alice, &sid, Some(by_address("nobody@x.test"))).await;
    seen.note("unknown address", &unknown);
    seen.note("bob's", &world.add(&alice, &sid, Some(password_of("bob"))).await);
    seen.note("unknown sid", &world.add_as("alice", &alice, "unknown").await);

    // The stage is completed for a sid whose link nobody followed, then tried for another one.
    let (pending, _) = world.requested("four@x.test", SECRET).await;
    let challenge = world.add(&alice, &pending, None).await.json();
    let mut auth = password_of("alice");
    auth["session"] = challenge["session"].clone();
    world.add(&alice, &pending, Some(auth)).await;
    let auth = json!({"session": challenge["session"]});
    let reused = world.add(&alice, &sid, Some(auth)).await;
    seen.note("session of another sid", &reused);
    ownership(seen, &world, &alice, &bob).await;
}

async fn ownership(seen: &mut Seen, world: &World, alice: &str, bob: &str) {
    let hers = validated(world, "shared@x.test").await;
    let other = world.request_token("shared@x.test", "another", 1).await.json();
    browse(world, &world.only_letter().link()).await;
    seen.note("alice", &world.add_as("alice", alice, &hers).await);
    let body = json!({"sid": other["sid"], "client_secret": "another", "auth": password_of("bob")});
    seen.note("bob", &world.post("/account/3pid/add", Some(bob), body).await);
    seen.note("bob with hers", &world.add_as("bob", bob, &hers).await);
    seen.add(format!("bob has: {:?}", listed(world, bob).await));
    delete(world, alice, "shared@x.test").await;
    seen.note("used proof", &world.add_as("alice", alice, &hers).await);

    let (sid, letter) = world.requested("old@x.test", SECRET).await;
    let body = json!({"three_pid_creds": {"sid": sid, "client_secret": SECRET}});
    let deprecated = world.post("/account/3pid", Some(bob), body.clone()).await;
    seen.note("deprecated, unclicked", &deprecated);
    browse(world, &letter.link()).await;
    let deprecated = world.post("/account/3pid", Some(bob), body).await;
    seen.note("deprecated", &deprecated);
    seen.add(format!("bob has: {:?}", listed(world, bob).await));
}

async fn listed(world: &World, token: &str) -> Vec<String> {
    let list = world.get("/_matrix/client/v3/account/3pid", Some(token)).await.json();
    let entries = list["threepids"].as_array().cloned().unwrap_or_default();
    entries.iter().map(|it| it["address"].to_string()).collect()
}

#[tokio::test]
async fn proving() {
    let mut seen = Seen::default();
    walk(Broken::default(), &mut seen).await;
    expect(
        &seen,
        &[
            "empty: {\"threepids\":[]}",
            "no token: 401 M_MISSING_TOKEN",
            "wrong token: 401 M_UNKNOWN_TOKEN",
            "legacy: 200",
            "own address: 200",
            "listed: [\"\\\"one@x.test\\\"\", \"\\\"two@x.test\\\"\"]",
            "bob has: []",
            "unknown address: 403 M_FORBIDDEN",
            "bob's: 403 M_FORBIDDEN",
            "unknown sid: 400 M_THREEPID_AUTH_FAILED",
            "session of another sid: 401 M_FORBIDDEN",
            "alice: 200",
            "bob: 400 M_THREEPID_IN_USE",
            "bob with hers: 400 M_THREEPID_AUTH_FAILED",
            "bob has: []",
            "used proof: 400 M_THREEPID_AUTH_FAILED",
            "deprecated, unclicked: 403 M_THREEPID_AUTH_FAILED",
            "deprecated: 200",
            "bob has: [\"\\\"old@x.test\\\"\"]",
        ],
    );
}
