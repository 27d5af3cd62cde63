//! Access tokens, terms, keys, versions.

use serde_json::json;
use threepid::http::Outgoing;

use crate::homeserver::NAME;
use crate::world::{World, answer, error, openid, refused, user};

#[tokio::test]
async fn an_account_is_whom_its_homeserver_vouches_for() {
    let world = World::new().await;
    let token = world.token("alice").await;
    assert_eq!(world.get("/account", Some(&token)).await, (200, json!({"user_id": user("alice")})));
    let by_query = world.get(&format!("/account?access_token={token}"), None).await;
    assert_eq!(by_query, (200, json!({"user_id": user("alice")})));
    assert_eq!(world.post("/account/logout", Some(&token), &json!({})).await.0, 200);
    assert_eq!(error(world.get("/account", Some(&token)).await), refused(401, "M_UNAUTHORIZED"));
    let again = world.post("/account/logout", Some(&token), &json!({})).await;
    assert_eq!(error(again), refused(401, "M_UNKNOWN_TOKEN"));
}

#[tokio::test]
async fn nobody_is_taken_for_another() {
    let world = World::new().await;
    for (token, server) in [
        ("unknown", NAME),
        ("thief", NAME),
        ("alice", "elsewhere.test"),
        ("alice", "10.0.0.1"),
        ("alice", "localhost:1"),
    ] {
        let answer = world.post("/account/register", None, &openid(token, server)).await;
        assert_eq!(error(answer), refused(401, "M_UNAUTHORIZED"), "{token} {server}");
    }
    let incomplete = world.post("/account/register", None, &json!({"access_token": "alice"})).await;
    assert_eq!(error(incomplete), refused(400, "M_MISSING_PARAMS"));
    for token in [None, Some("made-up")] {
        assert_eq!(error(world.get("/account", token).await), refused(401, "M_UNAUTHORIZED"));
        assert_eq!(error(world.get("/hash_details", token).await), refused(401, "M_UNAUTHORIZED"));
    }
}

/// Homeservers hand `expires_in` on as they compute it, and some compute with floats.
#[tokio::test]
async fn a_whole_number_may_be_written_with_a_fraction() {
    let world = World::new().await;
    for (expires_in, status) in [(json!(3600.0), 200), (json!(3600.5), 400), (json!("3600"), 400)] {
        let mut asked = openid("alice", NAME);
        asked["expires_in"] = expires_in.clone();
        assert_eq!(world.post("/account/register", None, &asked).await.0, status, "{expires_in}");
    }
}

#[tokio::test]
async fn what_needs_no_account_needs_none() {
    let world = World::new().await;
    assert_eq!(world.get("", None).await, (200, json!({})));
    let versions = Outgoing::new("GET", format!("{}/_matrix/identity/versions", world.identity.url()));
    assert!(answer(&world.send(versions).await).1["versions"].is_array());
    let (_, terms) = world.get("/terms", None).await;
    assert!(terms["policies"]["terms_of_service"]["en"]["url"].is_string());
    let (status, key) = world.get("/pubkey/ed25519:0", None).await;
    let key = key["public_key"].as_str().unwrap().to_owned();
    assert_eq!(status, 200);
    let encoded: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
    let valid = world.get(&format!("/pubkey/isvalid?public_key={encoded}"), None).await;
    assert_eq!(valid, (200, json!({"valid": true})));
    let other = world.get("/pubkey/isvalid?public_key=AAAA", None).await;
    assert_eq!(other, (200, json!({"valid": false})));
    assert_eq!(error(world.get("/pubkey/ed25519:9", None).await), refused(404, "M_NOT_FOUND"));
}

#[tokio::test]
async fn terms_are_accepted_by_somebody() {
    let world = World::new().await;
    let token = world.token("alice").await;
    let body = json!({"user_accepts": ["https://x.test/terms"]});
    assert_eq!(world.post("/terms", Some(&token), &body).await, (200, json!({})));
    assert_eq!(error(world.post("/terms", None, &body).await), refused(401, "M_UNAUTHORIZED"));
    assert_eq!(error(world.post("/terms", Some(&token), &json!({})).await), refused(400, "M_MISSING_PARAMS"));
}

#[tokio::test]
async fn what_is_not_there_is_said_so_in_json() {
    let world = World::new().await;
    assert_eq!(error(world.get("/nothing", None).await), refused(404, "M_UNRECOGNIZED"));
    assert_eq!(error(world.get("/lookup", None).await), refused(405, "M_UNRECOGNIZED"));
    let mut large = world.request("POST", "/account/register", None);
    large.body = Some(vec![b' '; 100 * 1024]);
    assert_eq!(answer(&world.send(large).await).0, 413);
    let preflight = world.send(world.request("OPTIONS", "/lookup", None)).await.response.unwrap();
    assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (200, Some("*")));
}
