//! Publishing an address, and looking it up.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, VerifyingKey};
use ring::digest::{SHA256, digest};
use serde_json::json;

use crate::world::{World, error, refused, user};

#[tokio::test]
async fn an_association_is_signed_with_the_published_key() {
    let world = World::new().await;
    let token = world.token("alice").await;
    let session = world.validated(&token, "a@threepid.test").await;
    let body = json!({"sid": session.sid, "client_secret": session.secret, "mxid": user("alice")});
    let (status, bound) = world.post("/3pid/bind", Some(&token), &body).await;
    assert_eq!(status, 200, "{bound}");
    // Canonical JSON by hand, apart from the code under test.
    let signed = format!(
        r#"{{"address":"a@threepid.test","medium":"email","mxid":"{}","not_after":{},"not_before":{},"ts":{}}}"#,
        user("alice"),
        bound["not_after"],
        bound["not_before"],
        bound["ts"]
    );
    let (_, key) = world.get("/pubkey/ed25519:0", None).await;
    let key = STANDARD_NO_PAD.decode(key["public_key"].as_str().unwrap()).unwrap();
    let signature = bound["signatures"][world.identity.name()]["ed25519:0"].as_str().unwrap();
    let signature = Signature::from_slice(&STANDARD_NO_PAD.decode(signature).unwrap()).unwrap();
    let key = VerifyingKey::from_bytes(&key.try_into().unwrap()).unwrap();
    assert!(key.verify_strict(signed.as_bytes(), &signature).is_ok(), "{bound}");
}

#[tokio::test]
async fn only_a_validated_address_is_published_and_only_by_its_user() {
    let world = World::new().await;
    let (alice, bob) = (world.token("alice").await, world.token("bob").await);
    let session = world.session(&alice, "b@threepid.test").await;
    let body = json!({"sid": session.sid, "client_secret": session.secret, "mxid": user("alice")});
    let early = world.post("/3pid/bind", Some(&alice), &body).await;
    assert_eq!(error(early), refused(400, "M_SESSION_NOT_VALIDATED"));
    let session = world.validated(&alice, "c@threepid.test").await;
    for (token, body, expected) in [
        (
            Some(&bob),
            json!({"sid": session.sid, "client_secret": session.secret, "mxid": user("alice")}),
            refused(403, "M_UNAUTHORIZED"),
        ),
        (
            None,
            json!({"sid": session.sid, "client_secret": session.secret, "mxid": user("alice")}),
            refused(401, "M_UNAUTHORIZED"),
        ),
        (
            Some(&alice),
            json!({"sid": "other", "client_secret": session.secret, "mxid": user("alice")}),
            refused(404, "M_NO_VALID_SESSION"),
        ),
        (Some(&alice), json!({"sid": session.sid, "mxid": user("alice")}), refused(400, "M_MISSING_PARAMS")),
    ] {
        assert_eq!(error(world.post("/3pid/bind", token.map(String::as_str), &body).await), expected, "{body}");
    }
    for address in ["b@threepid.test", "c@threepid.test"] {
        assert_eq!(world.found(&alice, address).await, None);
    }
}

#[tokio::test]
async fn an_address_is_found_by_its_name_and_by_its_hash() {
    let world = World::new().await;
    let token = world.bound("alice", "d@threepid.test").await;
    assert_eq!(world.found(&token, "d@threepid.test").await, Some(user("alice")));
    assert_eq!(world.found(&token, "e@threepid.test").await, None);
    let (_, details) = world.get("/hash_details", Some(&token)).await;
    let pepper = details["lookup_pepper"].as_str().unwrap();
    let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, format!("d@threepid.test email {pepper}").as_bytes()));
    let ask = |algorithm: &str, pepper: &str| json!({"algorithm": algorithm, "pepper": pepper, "addresses": [hash]});
    let found = world.post("/lookup", Some(&token), &ask("sha256", pepper)).await;
    assert_eq!(found, (200, json!({"mappings": {&hash: user("alice")}})));
    let wrong = world.post("/lookup", Some(&token), &ask("sha256", "old")).await;
    assert_eq!(error(wrong), refused(400, "M_INVALID_PEPPER"));
    let wrong = world.post("/lookup", Some(&token), &ask("md5", pepper)).await;
    assert_eq!(error(wrong), refused(400, "M_INVALID_PARAM"));
    // A hash is no address, so it is not found as one.
    let none = world.post("/lookup", Some(&token), &ask("none", pepper)).await;
    assert_eq!(none, (200, json!({"mappings": {}})));
}
