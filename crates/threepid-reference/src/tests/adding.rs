//! Adding and removing: the password stage, the proof, and whose address it is.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    World,
    client::{PASSWORD, SECRET, password_of},
    flow::browse,
};
use crate::find_shape;

#[tokio::test]
async fn the_flow_ends_with_the_address_in_the_list() {
    let world = World::plain().await;
    let alice = world.register("alice").await;
    let (sid, letter) = world.requested("alice@x.test", SECRET).await;
    let page = world.get(&letter.link(), None).await;
    assert!(page.status == 200 && page.text.contains("Your email has now been validated"), "{page:?}");

    let challenge = world.add(&alice, &sid, None).await;
    assert_eq!(challenge.status, 401);
    let body = challenge.json();
    assert_eq!(body["flows"], json!([{"stages": ["m.login.password"]}]));
    assert_eq!((&body["params"], &body["errcode"]), (&json!({}), &Value::Null));
    let mut auth = password_of("@alice:reference.test");
    auth["session"] = body["session"].clone();
    auth["password"] = "weak".into();
    let refused = world.add(&alice, &sid, Some(auth.clone())).await;
    refused.expect(401, "M_FORBIDDEN");
    let refused = refused.json();
    assert_eq!(refused["completed"], json!([]));
    assert_eq!((&refused["session"], &refused["flows"]), (&body["session"], &body["flows"]));
    assert!(world.listed(&alice).await.is_empty());
    auth["password"] = PASSWORD.into();
    let added = world.add(&alice, &sid, Some(auth.clone())).await;
    assert_eq!((added.status.as_u16(), added.json()), (200, json!({})));
    assert_eq!(world.listed(&alice).await, ["alice@x.test"]);
    // The session was used up, and so was the proof.
    world.add(&alice, &sid, Some(auth)).await.expect(401, "M_FORBIDDEN");
    world.add_as("alice", &alice, &sid).await.expect(400, "M_THREEPID_AUTH_FAILED");

    world.request_token("Alice@X.test", "other", 1).await.expect(400, "M_THREEPID_IN_USE");
    let login = json!({"type": "m.login.password", "password": PASSWORD,
        "identifier": {"type": "m.id.thirdparty", "medium": "email", "address": "ALICE@X.test"}});
    assert_eq!(world.post("/login", None, login.clone()).await.status, 200);
    let removed =
        world.post("/account/3pid/delete", Some(&alice), json!({"medium": "email", "address": "ALICE@x.test"}));
    assert_eq!(removed.await.json(), json!({"id_server_unbind_result": "no-support"}));
    assert!(world.listed(&alice).await.is_empty());
    world.post("/login", None, login).await.expect(403, "M_FORBIDDEN");
}

#[tokio::test]
async fn an_unclicked_link_adds_nothing_until_it_is_clicked() {
    let world = World::plain().await;
    let alice = world.register("alice").await;
    let (sid, letter) = world.requested("alice@x.test", SECRET).await;
    let session = world.add(&alice, &sid, None).await.json()["session"].clone();
    let mut auth = password_of("alice");
    auth["session"] = session;
    world.add(&alice, &sid, Some(auth.clone())).await.expect(400, "M_THREEPID_AUTH_FAILED");
    assert!(world.listed(&alice).await.is_empty());
    // HEAD asks for nothing to happen.
    assert_eq!(world.send(Method::HEAD, &letter.link(), None, None).await.status, 200);
    world.add(&alice, &sid, Some(auth.clone())).await.expect(400, "M_THREEPID_AUTH_FAILED");
    browse(&world, &letter.link()).await;
    assert_eq!(world.add(&alice, &sid, Some(auth)).await.status, 200);
}

#[tokio::test]
async fn a_session_counts_for_its_operation_only() {
    let world = World::plain().await;
    let (alice, bob) = (world.register("alice").await, world.register("bob").await);
    let (one, first) = world.requested("one@x.test", SECRET).await;
    let (two, second) = world.requested("two@x.test", SECRET).await;
    browse(&world, &second.link()).await;
    // The stage is completed for the first sid, whose link nobody followed.
    let session = world.add(&alice, &one, None).await.json()["session"].clone();
    let mut auth = password_of("alice");
    auth["session"] = session.clone();
    world.add(&alice, &one, Some(auth)).await.expect(400, "M_THREEPID_AUTH_FAILED");
    world.add(&alice, &two, Some(json!({"session": session}))).await.expect(401, "M_FORBIDDEN");
    world.add(&bob, &one, Some(json!({"session": session}))).await.expect(401, "M_FORBIDDEN");
    browse(&world, &first.link()).await;
    assert_eq!(world.add(&alice, &one, Some(json!({"session": session}))).await.status, 200);
    // Another account's credentials prove nothing, whether they are right or there is no such account.
    for name in ["bob", "nobody"] {
        world.add(&alice, &two, Some(password_of(name))).await.expect(403, "M_FORBIDDEN");
    }
    assert_eq!(world.listed(&alice).await, ["one@x.test"]);
}

#[tokio::test]
async fn the_first_of_two_owners_keeps_the_address() {
    let world = World::plain().await;
    let (alice, bob) = (world.register("alice").await, world.register("bob").await);
    let (hers, first) = world.requested("shared@x.test", SECRET).await;
    let answer = world.request_token("shared@x.test", "another", 1).await;
    let his = answer.json()["sid"].as_str().unwrap().to_owned();
    for link in [first.link(), world.only_letter().link()] {
        browse(&world, &link).await;
    }
    assert_eq!(world.add_as("alice", &alice, &hers).await.status, 200);
    let body = json!({"sid": his, "client_secret": "another", "auth": password_of("bob")});
    world.post("/account/3pid/add", Some(&bob), body).await.expect(400, "M_THREEPID_IN_USE");
    let removal = json!({"medium": "email", "address": "shared@x.test"});
    assert_eq!(world.post("/account/3pid/delete", Some(&bob), removal).await.status, 200);
    assert_eq!(world.listed(&alice).await, ["shared@x.test"]);
}

#[tokio::test]
async fn a_legacy_user_member_is_enough_unless_a_shape_says_otherwise() {
    for (shape, status) in [(None, 200), (Some("identifier-only"), 400)] {
        let world = World::with(|options| options.shapes.extend(shape.and_then(find_shape))).await;
        let alice = world.register("alice").await;
        let (sid, letter) = world.requested("alice@x.test", SECRET).await;
        browse(&world, &letter.link()).await;
        let auth = json!({"type": "m.login.password", "user": "alice", "password": PASSWORD});
        assert_eq!(world.add(&alice, &sid, Some(auth)).await.status, status);
    }
}

#[tokio::test]
async fn the_deprecated_endpoint_adds_a_proven_address() {
    let world = World::plain().await;
    let alice = world.register("alice").await;
    let (sid, letter) = world.requested("alice@x.test", SECRET).await;
    let body = json!({"three_pid_creds": {"sid": sid, "client_secret": SECRET}, "bind": true});
    world.post("/account/3pid", Some(&alice), body.clone()).await.expect(403, "M_THREEPID_AUTH_FAILED");
    browse(&world, &letter.link()).await;
    assert_eq!(world.post("/account/3pid", Some(&alice), body).await.json(), json!({}));
    assert_eq!(world.listed(&alice).await, ["alice@x.test"]);
}
