//! Registering with an address.

use serde_json::{Value, json};

use super::{Broken, Seen, expect};
use crate::{
    Registration,
    tests::{
        World,
        client::{Answer, PASSWORD, SECRET},
        flow::browse,
    },
};

const REGISTER: &str = "/register";

fn stage(session: &Value, sid: &Value, secret: &str) -> Value {
    let credentials = json!({"sid": sid, "client_secret": secret});
    json!({"type": "m.login.email.identity", "session": session, "threepid_creds": credentials})
}

async fn register(world: &World, name: &str, auth: Value) -> Answer {
    let body = json!({"username": name, "password": PASSWORD, "auth": auth});
    world.post(REGISTER, None, body).await
}

async fn logs_in(world: &World, user: &str) -> Answer {
    let body = json!({"type": "m.login.password", "user": user, "password": PASSWORD});
    world.post("/login", None, body).await
}

pub(super) async fn walk(broken: Broken, seen: &mut Seen) {
    let world = broken.plain().await;
    let challenge = world.post(REGISTER, None, json!({})).await.json();
    seen.add(format!("flows: {}", challenge["flows"]));
    let asked = world.ask(REGISTER, "Bob@X.test", SECRET, json!({})).await;
    seen.note("asked", &asked);
    let sid = asked.json()["sid"].clone();
    let letter = world.letters().pop();
    seen.add(format!("mailed: {}", letter.is_some()));

    let auth = stage(&challenge["session"], &sid, SECRET);
    let poll = register(&world, "bob", auth.clone()).await;
    seen.note("poll", &poll);
    let body = poll.json();
    let repeats = body["session"] == challenge["session"] && body["flows"] == challenge["flows"];
    seen.add(format!("repeats: {repeats}, completed: {}", body["completed"]));
    let free = "/_matrix/client/v3/register/available?username=bob";
    seen.note("name", &world.get(free, None).await);
    if let Some(letter) = &letter {
        browse(&world, &letter.link()).await;
    }
    let created = register(&world, "bob", auth).await;
    seen.note("created", &created);
    let token = created.json()["access_token"].clone();
    if let Some(token) = token.as_str() {
        seen.add(format!("listed: {:?}", world.listed(token).await));
    }
    seen.note("log in", &logs_in(&world, "bob").await);
    seen.note("in use", &world.ask(REGISTER, "bob@x.test", "s", json!({})).await);
    seen.add(format!("mails: {}", world.letters().len()));
    auth_only(seen, &world).await;
    twice(seen, &world).await;
    let strict = broken.world(|options| options.config.registration_needs_email = true).await;
    let challenge = strict.post(REGISTER, None, json!({})).await.json();
    seen.add(format!("flows where it is needed: {}", challenge["flows"]));
}

/// The first request holds everything, the last one nothing but `auth`, with a poll that came too early between them.
async fn auth_only(seen: &mut Seen, world: &World) {
    let asked = world.ask(REGISTER, "carol@x.test", SECRET, json!({})).await;
    let first = json!({"username": "carol", "password": PASSWORD});
    let session = world.post(REGISTER, None, first).await.json()["session"].clone();
    let auth = stage(&session, &asked.json()["sid"], SECRET);
    world.post(REGISTER, None, json!({"auth": auth})).await;
    if let Some(letter) = world.letters().pop() {
        browse(world, &letter.link()).await;
    }
    let created = world.post(REGISTER, None, json!({"auth": auth})).await;
    seen.note("auth only", &created);
    seen.add(format!("user: {}", created.json()["user_id"]));
    seen.note("log in", &logs_in(world, "carol").await);
}

/// Two sessions for one address, both validated before either is used.
async fn twice(seen: &mut Seen, world: &World) {
    let mut sids = Vec::new();
    for secret in ["one", "two"] {
        let asked = world.ask(REGISTER, "shared@x.test", secret, json!({})).await;
        sids.push((asked.json()["sid"].clone(), secret));
        if let Some(letter) = world.letters().pop() {
            browse(world, &letter.link()).await;
        }
    }
    for ((sid, secret), name) in sids.iter().zip(["dave", "erin"]) {
        let created = register(world, name, stage(&Value::Null, sid, secret)).await;
        seen.note(name, &created);
    }
}

#[tokio::test]
async fn registering() {
    let mut seen = Seen::default();
    walk(Broken::default(), &mut seen).await;
    expect(
        &seen,
        &[
            "flows: [{\"stages\":[\"m.login.dummy\"]},{\"stages\":[\"m.login.email.identity\"]}]",
            "asked: 200",
            "mailed: true",
            "poll: 401 M_UNAUTHORIZED",
            "repeats: true, completed: []",
            "name: 200",
            "created: 200",
            "listed: [\"bob@x.test\"]",
            "log in: 200",
            "in use: 400 M_THREEPID_IN_USE",
            "mails: 0",
            "auth only: 200",
            "user: \"@carol:reference.test\"",
            "log in: 200",
            "dave: 200",
            "erin: 400 M_THREEPID_IN_USE",
            "flows where it is needed: [{\"stages\":[\"m.login.email.identity\"]}]",
        ],
    );
}

#[tokio::test]
async fn an_address_can_be_needed_together_with_a_token() {
    let world = World::with(|options| {
        options.config.registration = Registration::Token("welcome".to_owned());
        options.config.registration_needs_email = true;
    })
    .await;
    let challenge = world.post(REGISTER, None, json!({})).await.json();
    assert_eq!(challenge["flows"], json!([{"stages": ["m.login.registration_token", "m.login.email.identity"]}]));
    let asked = world.ask(REGISTER, "bob@x.test", SECRET, json!({})).await.json();
    browse(&world, &world.only_letter().link()).await;
    let session = &challenge["session"];
    let proof = stage(session, &asked["sid"], SECRET);
    let too_early = register(&world, "bob", proof.clone()).await;
    too_early.expect(401, "M_FORBIDDEN");
    assert_eq!(too_early.json()["completed"], json!([]));
    let auth = json!({"type": "m.login.registration_token", "session": session, "token": "welcome"});
    let halfway = register(&world, "bob", auth).await;
    halfway.expect(401, "none");
    assert_eq!(halfway.json()["completed"], json!(["m.login.registration_token"]));
    let created = register(&world, "bob", proof).await;
    assert_eq!(created.status, 200, "{}", created.text);
    let token = created.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(world.listed(&token).await, ["bob@x.test"]);
}

#[tokio::test]
async fn a_proof_for_a_registration_adds_nothing() {
    let world = World::plain().await;
    let alice = world.register("alice").await;
    let asked = world.ask(REGISTER, "a@x.test", SECRET, json!({})).await.json();
    browse(&world, &world.only_letter().link()).await;
    world.add_as("alice", &alice, asked["sid"].as_str().unwrap()).await.expect(400, "M_THREEPID_AUTH_FAILED");
}
