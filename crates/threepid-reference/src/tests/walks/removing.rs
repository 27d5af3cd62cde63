//! Removing an address.

use reqwest::Method;
use serde_json::json;

use super::{Broken, Seen, expect};
use crate::tests::World;

async fn pushers(world: &World, token: &str) -> Vec<String> {
    let path = "/_matrix/client/v3/pushers";
    let listed = world.get(path, Some(token)).await.json();
    let listed = listed["pushers"].as_array().unwrap();
    listed.iter().map(|it| it["pushkey"].to_string()).collect()
}

pub(super) async fn walk(broken: Broken, seen: &mut Seen) {
    let world = broken.plain().await;
    let (alice, bob) = (world.register("alice").await, world.register("bob").await);
    world.add_address("alice", &alice, "one@x.test").await;
    world.add_address("alice", &alice, "two@x.test").await;
    for address in ["one@x.test", "two@x.test"] {
        let pusher = json!({"app_id": "m.email", "pushkey": address, "kind": "email", "lang": "en",
            "app_display_name": "mail", "device_display_name": address, "data": {}});
        let set = world.post("/pushers/set", Some(&alice), pusher).await;
        seen.note("pusher", &set);
    }
    for (who, token, address) in [
        ("bob", &bob, "one@x.test"),
        ("alice", &alice, "nobodys@x.test"),
        ("alice", &alice, "no address"),
        ("alice", &alice, "TWO@x.test"),
    ] {
        let body = json!({"medium": "email", "address": address});
        let removed = world.post("/account/3pid/delete", Some(token), body).await;
        seen.note(&format!("{who} removes {address}"), &removed);
        seen.add(format!("result: {}", removed.json()["id_server_unbind_result"]));
        seen.add(format!("alice has {:?}", world.listed(&alice).await));
    }
    seen.add(format!("pushers: {:?}", pushers(&world, &alice).await));
}

#[tokio::test]
async fn removing() {
    let mut seen = Seen::default();
    walk(Broken::default(), &mut seen).await;
    let both = "alice has [\"one@x.test\", \"two@x.test\"]";
    expect(
        &seen,
        &[
            "pusher: 200",
            "pusher: 200",
            "bob removes one@x.test: 200",
            "result: \"no-support\"",
            both,
            "alice removes nobodys@x.test: 200",
            "result: \"no-support\"",
            both,
            "alice removes no address: 200",
            "result: \"no-support\"",
            both,
            "alice removes TWO@x.test: 200",
            "result: \"no-support\"",
            "alice has [\"one@x.test\"]",
            "pushers: [\"\\\"one@x.test\\\"\"]",
        ],
    );
}

#[tokio::test]
async fn pushers_are_set_listed_and_removed() {
    let world = World::plain().await;
    let alice = world.register("alice").await;
    let pusher = json!({"app_id": "app", "pushkey": "key", "kind": "http", "lang": "en",
        "app_display_name": "a", "device_display_name": "d", "data": {"url": "https://p.test/"}});
    for missing in ["app_id", "pushkey", "kind", "lang", "data"] {
        let mut body = pusher.clone();
        body.as_object_mut().unwrap().remove(missing);
        let answer = world.post("/pushers/set", Some(&alice), body).await;
        answer.expect(400, "M_MISSING_PARAM");
    }
    world.post("/pushers/set", Some(&alice), pusher.clone()).await;
    let listed = world.send(Method::GET, "/_matrix/client/r0/pushers", Some(&alice), None).await;
    assert_eq!(listed.json(), json!({"pushers": [pusher]}));
    let removal = json!({"app_id": "app", "pushkey": "key", "kind": null});
    world.post("/pushers/set", Some(&alice), removal).await;
    assert!(pushers(&world, &alice).await.is_empty());
}
