//! Accounts: registering, access tokens.

use serde_json::json;

use super::{World, client::PASSWORD};
use crate::{Config, Registration};

#[tokio::test]
async fn access_tokens_end_with_logout() {
    let world = World::plain().await;
    let alice = world.register("alice").await;
    for prefix in ["r0", "v3"] {
        let path = format!("/_matrix/client/{prefix}/account/whoami");
        world.get(&path, None).await.expect(401, "M_MISSING_TOKEN");
        world.get(&path, Some("made-up")).await.expect(401, "M_UNKNOWN_TOKEN");
        assert_eq!(world.get(&path, Some(&alice)).await.json()["user_id"], "@alice:reference.test");
        assert_eq!(world.get(&format!("{path}?access_token={alice}"), None).await.status, 200);
    }
    assert_eq!(world.post("/logout", Some(&alice), json!({})).await.status, 200);
    world.post("/account/3pid/add", Some(&alice), json!({})).await.expect(401, "M_UNKNOWN_TOKEN");
}

#[tokio::test]
async fn registration_remembers_the_first_request() {
    let world = World::plain().await;
    let first = json!({"username": "alice", "password": PASSWORD, "inhibit_login": true});
    let session = world.post("/register", None, first.clone()).await.json()["session"].clone();
    let last = json!({"auth": {"type": "m.login.dummy", "session": session}});
    let created = world.post("/register", None, last).await;
    assert_eq!(created.json(), json!({"user_id": "@alice:reference.test"}));
    world.post("/register", None, first).await.expect(400, "M_USER_IN_USE");
    world.post("/register", None, json!({"username": "A"})).await.expect(400, "M_INVALID_USERNAME");
    let login = json!({"type": "m.login.password", "user": "alice", "password": PASSWORD});
    assert_eq!(world.post("/login", None, login).await.status, 200);
}

#[tokio::test]
async fn registration_can_need_a_token_or_be_disabled() {
    let config = Config { registration: Registration::Token("welcome".to_owned()), ..Config::default() };
    let world = World::with(|options| options.config = config).await;
    let with = |token: &str| {
        let auth = json!({"type": "m.login.registration_token", "token": token});
        json!({"username": "alice", "password": PASSWORD, "auth": auth})
    };
    world.post("/register", None, with("guess")).await.expect(401, "M_FORBIDDEN");
    assert_eq!(world.post("/register", None, with("welcome")).await.status, 200);

    let config = Config { registration: Registration::Disabled, ..Config::default() };
    let world = World::with(|options| options.config = config).await;
    world.post("/register", None, json!({})).await.expect(403, "M_FORBIDDEN");
}
