//! Requests that are malformed, unknown or not on offer.

use reqwest::Method;
use serde_json::{Value, json};

use super::{World, client::SECRET};
use crate::Config;

#[tokio::test]
async fn malformed_requests_get_the_errcode_they_deserve() {
    let world = World::plain().await;
    let path = "/_matrix/client/v3/account/3pid/email/requestToken";
    let full = json!({"email": "u@x.test", "client_secret": "s", "send_attempt": 1});
    let with = |name: &str, value: Value| {
        let mut body = full.clone();
        body[name] = value;
        body.to_string()
    };
    let without = |name: &str| {
        let mut body = full.clone();
        body.as_object_mut().unwrap().remove(name);
        body.to_string()
    };
    for (body, errcode) in [
        ("{".to_owned(), "M_NOT_JSON"),
        (String::new(), "M_NOT_JSON"),
        ("[]".to_owned(), "M_BAD_JSON"),
        (without("email"), "M_MISSING_PARAM"),
        (without("client_secret"), "M_MISSING_PARAM"),
        (without("send_attempt"), "M_MISSING_PARAM"),
        (with("send_attempt", json!("1")), "M_BAD_JSON"),
        (with("send_attempt", json!(1.5)), "M_BAD_JSON"),
        (with("email", json!(5)), "M_BAD_JSON"),
        (with("client_secret", json!(5)), "M_BAD_JSON"),
        (with("client_secret", json!("a b")), "M_INVALID_PARAM"),
        (with("client_secret", json!("")), "M_INVALID_PARAM"),
        (with("email", json!("address-without-at")), "M_INVALID_PARAM"),
        (with("email", json!("a@evil.test@x.test")), "M_INVALID_PARAM"),
        (with("id_server", json!("is.test")), "M_MISSING_PARAM"),
    ] {
        world.send(Method::POST, path, None, Some(body)).await.expect(400, errcode);
    }
    assert!(world.sink.take().is_empty());
    world.send(Method::POST, path, None, Some("x".repeat(100_000))).await.expect(413, "M_TOO_LARGE");
}

#[tokio::test]
async fn requests_for_nothing_are_unrecognized_and_open_to_browsers() {
    let world = World::plain().await;
    world.get("/_matrix/client/v3/no/such/thing", None).await.expect(404, "M_UNRECOGNIZED");
    world.get("/elsewhere", None).await.expect(404, "M_UNRECOGNIZED");
    let wrong_method = world.get("/_matrix/client/r0/account/3pid/add", None).await;
    wrong_method.expect(405, "M_UNRECOGNIZED");
    assert_eq!(wrong_method.header("access-control-allow-origin"), "*");
    let preflight = world.send(Method::OPTIONS, "/_matrix/client/v3/account/3pid/add", None, None).await;
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.header("access-control-allow-headers"), "X-Requested-With, Content-Type, Authorization");
    let versions = world.get("/_matrix/client/versions", None).await.json();
    assert_eq!(versions["versions"][0], "r0.6.1");
}

#[tokio::test]
async fn variants_refuse_what_they_do_not_offer() {
    let no_mail = Config { mail: false, ..Config::default() };
    let restricted = Config { allowed_domains: Some(vec!["Good.test".to_owned()]), ..Config::default() };
    let disabled = Config { changes_enabled: false, ..Config::default() };
    for (config, status, errcode) in [
        (no_mail, 400, "M_THREEPID_MEDIUM_NOT_SUPPORTED"),
        (restricted, 403, "M_THREEPID_DENIED"),
        (disabled, 403, "M_FORBIDDEN"),
    ] {
        let is_disabled = !config.changes_enabled;
        let world = World::with(|options| options.config = config).await;
        let alice = world.register("alice").await;
        world.request_token("u@x.test", SECRET, 1).await.expect(status, errcode);
        assert!(world.sink.take().is_empty());
        let capabilities = world.get("/_matrix/client/v3/capabilities", Some(&alice)).await.json();
        assert_eq!(capabilities["capabilities"]["m.3pid_changes"]["enabled"], !is_disabled);
        assert!(world.listed(&alice).await.is_empty());
    }
}

#[tokio::test]
async fn a_stopped_server_leaves_its_port() {
    let world = World::plain().await;
    let addr = world.server.addr();
    world.server.shutdown().await;
    tokio::net::TcpListener::bind(addr).await.unwrap();
}
