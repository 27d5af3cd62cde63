//! Being told to misbehave, saying what one was asked, and ending.

use std::time::Duration;

use serde_json::json;
use threepid::identity::{Behaviour, Matcher};
use threepid::model::FailureKind;
use tokio::time::Instant;

use crate::world::{V2, World, answer, error, refused, user};

fn matcher(path: &str, about: &str) -> Matcher {
    Matcher { path: format!("{V2}{path}"), about: about.to_owned() }
}

#[tokio::test]
async fn it_misbehaves_for_those_who_are_named_only() {
    let world = World::new().await;
    let (alice, bob) = (world.token("alice").await, world.token("bob").await);
    world.identity.behave(matcher("/account", &user("alice")), Behaviour::matrix_error(403, "M_TERMS_NOT_SIGNED"));
    assert_eq!(error(world.get("/account", Some(&alice)).await), refused(403, "M_TERMS_NOT_SIGNED"));
    assert_eq!(world.get("/account", Some(&bob)).await.0, 200);
    assert_eq!(world.get("/hash_details", Some(&alice)).await.0, 200);

    world.identity.behave(matcher("/account", &user("alice")), Behaviour::not_found_plain());
    let plain = world.send(world.request("GET", "/account", Some(&alice))).await.response.unwrap();
    assert_eq!((plain.status, plain.header("content-type")), (404, Some("text/plain; charset=utf-8")));

    world.identity.behave(matcher("/account", &user("alice")), Behaviour::Refuse);
    let refused = world.send(world.request("GET", "/account", Some(&alice))).await;
    assert_eq!(refused.response, None);
    assert_eq!(refused.failure.map(|failure| failure.kind), Some(FailureKind::Broken));

    world.identity.calm(&user("alice"));
    assert_eq!(world.get("/account", Some(&alice)).await.0, 200);
}

#[tokio::test]
async fn what_is_answered_otherwise_is_not_done() {
    let world = World::new().await;
    let token = world.token("alice").await;
    let session = world.validated(&token, "a@threepid.test").await;
    let body = json!({"sid": session.sid, "client_secret": session.secret, "mxid": user("alice")});
    world.identity.behave(matcher("/3pid/bind", &session.sid), Behaviour::plain(200, "{}"));
    assert_eq!(world.post("/3pid/bind", Some(&token), &body).await, (200, json!({})));
    assert_eq!(world.found(&token, "a@threepid.test").await, None);
    let asked = world.identity.asked(&matcher("/3pid/bind", &session.sid));
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].method.as_str(), asked[0].body.as_ref()), ("POST", Some(&body)));
    assert_eq!(asked[0].authorization, Some(format!("Bearer {token}")));
    assert_eq!(world.identity.asked(&matcher("/3pid/bind", "other")), []);
}

#[tokio::test]
async fn it_can_be_slow() {
    let world = World::new().await;
    let token = world.token("alice").await;
    world.identity.behave(matcher("/account", &user("alice")), Behaviour::Stall(Duration::from_millis(300)));
    let begun = Instant::now();
    let exchange = world.send(world.request("GET", "/account", Some(&token))).await;
    assert_eq!(answer(&exchange).0, 200);
    assert!(begun.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_stalled_request_does_not_hold_up_the_end() {
    let world = World::new().await;
    let token = world.token("alice").await;
    world.identity.behave(matcher("/account", &user("alice")), Behaviour::Stall(Duration::from_secs(3600)));
    let stalled = world.send(world.request("GET", "/account", Some(&token)));
    let ended = async {
        // A whole exchange later, the first request is under way.
        assert_eq!(world.get("", None).await.0, 200);
        world.identity.shutdown().await;
    };
    let begun = Instant::now();
    let (exchange, ()) = tokio::join!(stalled, ended);
    assert!(exchange.failure.is_some() && begun.elapsed() < Duration::from_secs(5));
    let after = world.send(world.request("GET", "", None)).await;
    assert_eq!(after.failure.map(|failure| failure.kind), Some(FailureKind::Connect));
}
