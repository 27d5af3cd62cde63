//! Logging in with an address.

use serde_json::json;

use super::{Broken, Seen, expect};
use crate::tests::{
    World,
    client::{Answer, PASSWORD},
};

async fn log_in(world: &World, address: &str, password: &str) -> Answer {
    let identifier = json!({"type": "m.id.thirdparty", "medium": "email", "address": address});
    let body = json!({"type": "m.login.password", "identifier": identifier, "password": password});
    world.post("/login", None, body).await
}

pub(super) async fn walk(broken: Broken, seen: &mut Seen) {
    let world = broken.plain().await;
    let alice = world.register("alice").await;
    world.add_address("alice", &alice, "alice@x.test").await;
    let right = log_in(&world, "alice@x.test", PASSWORD).await;
    seen.note("right", &right);
    seen.add(format!("as {}", right.json()["user_id"]));
    let other_case = log_in(&world, "ALICE@X.test", PASSWORD).await;
    seen.note("in other letters", &other_case);
    let unknown = log_in(&world, "nobody@x.test", PASSWORD).await;
    seen.note("unknown", &unknown);
    let wrong = log_in(&world, "alice@x.test", "wrong").await;
    seen.note("wrong", &wrong);
    seen.add(format!("alike: {}", unknown.text == wrong.text));
    let removal = json!({"medium": "email", "address": "alice@x.test"});
    world.post("/account/3pid/delete", Some(&alice), removal).await;
    seen.note("removed", &log_in(&world, "alice@x.test", PASSWORD).await);
}

#[tokio::test]
async fn logging_in() {
    let mut seen = Seen::default();
    walk(Broken::default(), &mut seen).await;
    expect(
        &seen,
        &[
            "right: 200",
            "as \"@alice:reference.test\"",
            "in other letters: 200",
            "unknown: 403 M_FORBIDDEN",
            "wrong: 403 M_FORBIDDEN",
            "alike: true",
            "removed: 403 M_FORBIDDEN",
        ],
    );
}
