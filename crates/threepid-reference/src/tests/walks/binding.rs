//! Binding and unbinding at an identity server, and leaving.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use serde_json::{Value, json};

use super::{Broken, Seen, expect};
use crate::tests::{
    World,
    client::{Answer, SECRET, password_of},
    identity_server::{IdentityServer, Mood, certificate},
};

struct Alice<'a> {
    world: &'a World,
    token: String,
    id_server: String,
}

impl Alice<'_> {
    async fn bind(&self, address: &str) -> Answer {
        let body = json!({"sid": address, "client_secret": SECRET, "id_server": self.id_server,
            "id_access_token": "is-token"});
        self.post("/account/3pid/bind", body).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.world.post(path, Some(&self.token), body).await
    }

    /// The answer to a removal or an unbinding, and what the list says then.
    async fn undo(&self, seen: &mut Seen, what: &str, path: &str, address: &str, at: Option<&str>) {
        let mut body = json!({"medium": "email", "address": address});
        if let Some(id_server) = at {
            body["id_server"] = id_server.into();
        }
        let undone = self.post(&format!("/account/3pid/{path}"), body).await;
        seen.note(what, &undone);
        let result = &undone.json()["id_server_unbind_result"];
        let listed = self.world.listed(&self.token).await;
        seen.add(format!("result: {result}, list: {listed:?}"));
    }
}

pub(super) async fn walk(broken: Broken, seen: &mut Seen) {
    let is = IdentityServer::start().await;
    let world = broken
        .world(|options| {
            options.config.identity_ca_pem = Some(is.ca_pem.clone());
            options.config.private_identity_servers.push("127.0.0.1:1".to_owned());
            options.config.private_identity_servers.push(is.name());
        })
        .await;
    let token = world.register("alice").await;
    let id_server = is.name();
    let alice = Alice { world: &world, token, id_server };

    add(&world, &alice.token, "one@x.test").await;
    seen.note("bind", &alice.bind("one@x.test").await);
    for request in is.asked() {
        seen.add(format!("{}: {} {}", request.path, request.authorization, request.body));
    }
    let both = Some(alice.id_server.as_str());
    alice.undo(seen, "unbind", "unbind", "one@x.test", None).await;
    seen.add(format!("bound: {:?}", is.bound()));
    alice.undo(seen, "unbind again", "unbind", "one@x.test", None).await;
    alice.bind("one@x.test").await;
    alice.undo(seen, "delete", "delete", "ONE@x.test", None).await;
    seen.add(format!("bound: {:?}", is.bound()));
    add(&world, &alice.token, "two@x.test").await;
    alice.undo(seen, "never bound", "delete", "two@x.test", None).await;
    add(&world, &alice.token, "two@x.test").await;
    is.bind("@alice:reference.test", "two@x.test");
    alice.undo(seen, "explicit", "delete", "two@x.test", both).await;
    seen.add(format!("bound: {:?}", is.bound()));
    failures(seen, &is, &alice).await;
    refusals(seen, &is, &alice).await;
    leaving(seen, &is, &alice).await;
}

async fn add(world: &World, token: &str, address: &str) {
    world.sink.take();
    world.add_address("alice", token, address).await;
}

/// Identity servers that cannot unbind, or do not want to.
async fn failures(seen: &mut Seen, is: &IdentityServer, alice: &Alice<'_>) {
    let named = Some(alice.id_server.as_str());
    for status in [404, 400, 501] {
        add(alice.world, &alice.token, "three@x.test").await;
        is.is(Mood::Says(status, "<html>no</html>".to_owned()));
        let what = format!("{status} without JSON");
        alice.undo(seen, &what, "delete", "three@x.test", named).await;
    }
    add(alice.world, &alice.token, "four@x.test").await;
    let refusal = json!({"errcode": "M_FORBIDDEN", "error": "no", "extra": 1}).to_string();
    is.is(Mood::Says(403, refusal));
    alice.undo(seen, "refused", "delete", "four@x.test", named).await;
    is.is(Mood::Helpful);
    let nobody = Some("127.0.0.1:1");
    alice.undo(seen, "not there", "delete", "four@x.test", nobody).await;
}

/// What the identity server says to a bind reaches the client.
async fn refusals(seen: &mut Seen, is: &IdentityServer, alice: &Alice<'_>) {
    for (status, errcode) in [
        (400, "M_SESSION_NOT_VALIDATED"),
        (404, "M_NO_VALID_SESSION"),
        (403, "M_TERMS_NOT_SIGNED"),
        (401, "M_UNAUTHORIZED"),
        (200, "M_SESSION_NOT_VALIDATED"),
    ] {
        let refusal = json!({"errcode": errcode, "error": "no"});
        is.is(Mood::Says(status, refusal.to_string()));
        seen.note(&format!("bind, {status}"), &alice.bind("five@x.test").await);
    }
    is.is(Mood::Says(200, "{}".to_owned()));
    seen.note("bind, nonsense", &alice.bind("five@x.test").await);
    is.is(Mood::Helpful);
}

async fn leaving(seen: &mut Seen, is: &IdentityServer, alice: &Alice<'_>) {
    let world = alice.world;
    let bob = world.register("bob").await;
    let body = json!({"auth": password_of("bob")});
    let left = world.post("/account/deactivate", Some(&bob), body).await;
    seen.add(format!("without an address: {}", left.json()["id_server_unbind_result"]));
    alice.bind("four@x.test").await;
    let challenge = alice.post("/account/deactivate", json!({})).await;
    seen.note("leave", &challenge);
    let body = json!({"auth": password_of("alice")});
    let left = alice.post("/account/deactivate", body).await;
    seen.note("left", &left);
    seen.add(format!("result: {}", left.json()["id_server_unbind_result"]));
    seen.add(format!("bound: {:?}", is.bound()));
    let identifier = json!({"type": "m.id.thirdparty", "medium": "email", "address": "four@x.test"});
    let body = json!({"type": "m.login.password", "identifier": identifier,
        "password": crate::tests::client::PASSWORD});
    seen.note("log in", &world.post("/login", None, body).await);
    let whoami = "/_matrix/client/v3/account/whoami";
    seen.note("token", &world.get(whoami, Some(&alice.token)).await);
    world.sink.take();
    let free = world.request_token("four@x.test", "new", 1).await;
    seen.note("address", &free);
}

#[tokio::test]
async fn binding() {
    let mut seen = Seen::default();
    walk(Broken::default(), &mut seen).await;
    let bind = "/_matrix/identity/v2/3pid/bind: Bearer is-token {\"sid\":\"one@x.test\",\"client_secret\":\"a.client-secret_with=all\",\"mxid\":\"@alice:reference.test\"}";
    let no_support = "result: \"no-support\", list: []";
    let kept = "result: null, list: [\"four@x.test\"]";
    expect(
        &seen,
        &[
            "bind: 200",
            bind,
            "unbind: 200",
            "result: \"success\", list: [\"one@x.test\"]",
            "bound: []",
            "unbind again: 200",
            "result: \"no-support\", list: [\"one@x.test\"]",
            "delete: 200",
            "result: \"success\", list: []",
            "bound: []",
            "never bound: 200",
            no_support,
            "explicit: 200",
            "result: \"success\", list: []",
            "bound: []",
            "404 without JSON: 200",
            no_support,
            "400 without JSON: 200",
            no_support,
            "501 without JSON: 200",
            no_support,
            "refused: 403 M_FORBIDDEN",
            kept,
            "not there: 502 M_UNKNOWN",
            kept,
            "bind, 400: 400 M_SESSION_NOT_VALIDATED",
            "bind, 404: 404 M_NO_VALID_SESSION",
            "bind, 403: 403 M_TERMS_NOT_SIGNED",
            "bind, 401: 400 M_UNAUTHORIZED",
            "bind, 200: 400 M_SESSION_NOT_VALIDATED",
            "bind, nonsense: 502 M_UNKNOWN",
            "without an address: \"success\"",
            "leave: 401",
            "left: 200",
            "result: \"success\"",
            "bound: []",
            "log in: 403 M_FORBIDDEN",
            "token: 401 M_UNKNOWN_TOKEN",
            "address: 200",
        ],
    );
}

#[tokio::test]
async fn a_silent_identity_server_is_given_up_on() {
    let is = IdentityServer::start().await;
    is.is(Mood::Silent);
    let world = World::with(|options| {
        options.config.identity_ca_pem = Some(is.ca_pem.clone());
        options.config.private_identity_servers.push(is.name());
        options.config.identity_timeout = Duration::from_millis(50);
    })
    .await;
    let alice = world.register("alice").await;
    add(&world, &alice, "one@x.test").await;
    let body = json!({"medium": "email", "address": "one@x.test", "id_server": is.name()});
    world.post("/account/3pid/delete", Some(&alice), body).await.expect(504, "M_UNKNOWN");
    assert_eq!(world.listed(&alice).await, ["one@x.test"]);
}

#[tokio::test]
async fn without_an_authority_no_identity_server_is_trusted() {
    let world = World::plain().await;
    let alice = world.register("alice").await;
    let body = json!({"sid": "x", "client_secret": "s", "id_server": "127.0.0.1:1",
        "id_access_token": "t"});
    world.post("/account/3pid/bind", Some(&alice), body).await.expect(400, "M_SERVER_NOT_TRUSTED");
    let is = IdentityServer::start().await;
    let world = World::with(|options| {
        // An authority that did not sign this identity server's certificate.
        options.config.identity_ca_pem = Some(certificate().0);
        options.config.private_identity_servers.push(is.name());
    })
    .await;
    let alice = world.register("alice").await;
    let body = json!({"sid": "x", "client_secret": "s", "id_server": is.name(),
        "id_access_token": "t"});
    world.post("/account/3pid/bind", Some(&alice), body).await.expect(502, "M_UNKNOWN");
    assert!(is.asked().is_empty());
}

/// What an identity server does: it asks who its client is, and checks the signature of an unbind, as the harness does.
#[tokio::test]
async fn an_identity_server_can_check_token_and_signature() {
    let is = IdentityServer::start().await;
    let world = World::with(|options| {
        options.config.identity_ca_pem = Some(is.ca_pem.clone());
        options.config.private_identity_servers.push(is.name());
        options.server_name = "localhost".to_owned();
    })
    .await;
    let alice = world.register("alice").await;
    let name = "localhost";
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let get = async |path: String| -> Value {
        let url = format!("{}{path}", world.server.url());
        let text = http.get(url).send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    };

    let path = format!("/user/@alice:{name}/openid/request_token");
    let openid = world.post(&path, Some(&alice), json!({})).await.json();
    assert_eq!(openid["matrix_server_name"], name);
    let userinfo = "/_matrix/federation/v1/openid/userinfo?access_token=";
    let token = openid["access_token"].as_str().unwrap();
    let sub = get(format!("{userinfo}{token}")).await["sub"].clone();
    assert_eq!(sub, format!("@alice:{name}"));
    assert_eq!(get(format!("{userinfo}{alice}")).await["errcode"], "M_UNKNOWN_TOKEN");
    let other = format!("/user/@bob:{name}/openid/request_token");
    world.post(&other, Some(&alice), json!({})).await.expect(403, "M_FORBIDDEN");

    let body = json!({"medium": "email", "address": "a@x.test", "id_server": is.name()});
    world.post("/account/3pid/unbind", Some(&alice), body).await;
    let request = is.asked().remove(0);
    let part = |name: &str| {
        let rest = request.authorization.split(&format!("{name}=\"")).nth(1);
        rest.unwrap().split('"').next().unwrap().to_owned()
    };
    let keys = get("/_matrix/key/v2/server".to_owned()).await;
    let public = keys["verify_keys"][&part("key")]["key"].as_str().unwrap();
    // Canonical by hand: the members in order, those of the content too.
    let signed = format!(
        r#"{{"content":{{"mxid":"@alice:{name}","threepid":{{"address":"a@x.test","medium":"email"}}}},"destination":"{}","method":"POST","origin":"{name}","uri":"/_matrix/identity/v2/3pid/unbind"}}"#,
        is.name()
    );
    let public = STANDARD_NO_PAD.decode(public).unwrap();
    let signature = STANDARD_NO_PAD.decode(part("sig")).unwrap();
    ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, public)
        .verify(signed.as_bytes(), &signature)
        .unwrap();
    world.server.shutdown().await;
}
