//! Taking an address back: by the user's homeserver, or by whoever proves the address.

use serde_json::json;

use crate::homeserver::NAME;
use crate::world::{World, answer, error, refused, user};

/// The body as it is sent, which is canonical already.
fn content(address: &str, mxid: &str) -> String {
    format!(r#"{{"mxid":"{mxid}","threepid":{{"address":"{address}","medium":"email"}}}}"#)
}

async fn unbind(world: &World, content: &str, authorization: &str) -> (u16, String) {
    let mut request = world.request("POST", "/3pid/unbind", None).header("authorization", authorization);
    request.body = Some(content.as_bytes().to_vec());
    error(answer(&world.send(request).await))
}

#[tokio::test]
async fn the_users_homeserver_can_unbind_in_both_forms() {
    let world = World::new().await;
    let name = world.identity.name().to_owned();
    for (member, address) in [("destination", "a@threepid.test"), ("destination_is", "b@threepid.test")] {
        let token = world.bound("alice", address).await;
        let content = content(address, &user("alice"));
        let authorization = world.homeserver.authorization(NAME, (member, &name), &content);
        assert_eq!(unbind(&world, &content, &authorization).await, refused(200, ""), "{member}");
        assert_eq!(world.found(&token, address).await, None, "{member}");
        // An answer that was lost is asked for again.
        assert_eq!(unbind(&world, &content, &authorization).await, refused(200, ""), "{member}");
    }
}

#[tokio::test]
async fn nobody_else_can() {
    let world = World::new().await;
    let (name, address) = (world.identity.name().to_owned(), "c@threepid.test");
    let token = world.bound("alice", address).await;
    let own = content(address, &user("alice"));
    let signed = world.homeserver.authorization(NAME, ("destination", &name), &own);
    let other = content("d@threepid.test", &user("alice"));
    // Rightly signed, by a homeserver that has no say over that user.
    let foreign = content(address, "@alice:other.test");
    let overreaching = world.homeserver.authorization(NAME, ("destination", &name), &foreign);
    for (what, content, authorization) in [
        ("for another server's user", &foreign, overreaching),
        ("unsigned", &own, "X-Matrix".to_owned()),
        ("by a client", &own, format!("Bearer {token}")),
        ("by an unknown key", &own, world.homeserver.forged(("destination", &name), &own)),
        ("for another body", &own, world.homeserver.authorization(NAME, ("destination", &name), &other)),
        ("for another server", &own, world.homeserver.authorization(NAME, ("destination", "is.test"), &own)),
        ("by another server", &own, world.homeserver.authorization("other.test", ("destination", &name), &own)),
        ("with another key's name", &own, signed.replace("ed25519:a", "ed25519:b")),
    ] {
        assert_eq!(unbind(&world, content, &authorization).await, refused(403, "M_FORBIDDEN"), "{what}");
        assert_eq!(world.found(&token, address).await, Some(user("alice")), "{what}");
    }
    assert_eq!(unbind(&world, &own, &signed).await, refused(200, ""));
}

#[tokio::test]
async fn one_users_homeserver_does_not_unbind_another_user() {
    let world = World::new().await;
    let (name, address) = (world.identity.name().to_owned(), "e@threepid.test");
    let token = world.bound("alice", address).await;
    let content = content(address, &user("bob"));
    let authorization = world.homeserver.authorization(NAME, ("destination", &name), &content);
    assert_eq!(unbind(&world, &content, &authorization).await, refused(200, ""));
    assert_eq!(world.found(&token, address).await, Some(user("alice")));
}

#[tokio::test]
async fn whoever_proves_the_address_can() {
    let world = World::new().await;
    let address = "f@threepid.test";
    let token = world.bound("alice", address).await;
    let session = world.validated(&token, "g@threepid.test").await;
    let body = |sid: &str, secret: &str, address: &str| json!({"sid": sid, "client_secret": secret, "mxid": user("alice"), "threepid": {"medium": "email", "address": address}});
    let other = world.post("/3pid/unbind", Some(&token), &body(&session.sid, &session.secret, address)).await;
    assert_eq!(error(other), refused(403, "M_FORBIDDEN"));
    let unknown = world.post("/3pid/unbind", Some(&token), &body("other", &session.secret, address)).await;
    assert_eq!(error(unknown), refused(404, "M_NO_VALID_SESSION"));
    let half = json!({"sid": session.sid, "mxid": user("alice"), "threepid": {"medium": "email", "address": address}});
    assert_eq!(error(world.post("/3pid/unbind", Some(&token), &half).await), refused(400, "M_MISSING_PARAMS"));
    assert_eq!(world.found(&token, address).await, Some(user("alice")));

    // The session in which it was bound proves it still.
    let secret = format!("secret-{}", address.replace('@', "."));
    let again = json!({"email": address, "client_secret": secret, "send_attempt": 1});
    let (_, same) = world.post("/validate/email/requestToken", Some(&token), &again).await;
    let right = body(same["sid"].as_str().unwrap(), &secret, address);
    assert_eq!(world.post("/3pid/unbind", None, &right).await, (200, json!({})));
    assert_eq!(world.found(&token, address).await, None);
}
