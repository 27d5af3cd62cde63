//! Links that must not validate.

use std::time::Duration;

use super::{World, client::SECRET};
use crate::Config;

#[tokio::test]
async fn broken_links_validate_nothing() {
    let world = World::plain().await;
    let alice = world.register("alice").await;
    let (sid, letter) = world.requested("alice@x.test", SECRET).await;
    let link = letter.link();
    let token = letter.parameter("token").unwrap();
    let wrong = [
        link.replace(&token, "0123456789"),
        link.replace("client_secret=", "client_secret=x"),
        link.replace(&sid, "unknown"),
        link.replace("token=", "other="),
        link.replace("sid=", "other="),
        link.replace(&token, "%22%3E%3Cscript%3E"),
    ];
    for link in wrong {
        let page = world.get(&link, None).await;
        assert_eq!(page.status, 400, "{link}");
        assert!(!page.text.contains("<script"), "{}", page.text);
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("x-frame-options"), "DENY");
    }
    world.add_as("alice", &alice, &sid).await.expect(400, "M_THREEPID_AUTH_FAILED");
    // A few wrong ones later the right one does not help either, but a new mail does.
    for _ in 0..10 {
        world.get(&link.replace(&token, "0123456789"), None).await;
    }
    assert_eq!(world.get(&link, None).await.status, 400);
    world.add_as("alice", &alice, &sid).await.expect(400, "M_THREEPID_AUTH_FAILED");
    world.request_token("alice@x.test", SECRET, 2).await;
    assert_eq!(world.get(&world.only_letter().link(), None).await.status, 200);
    assert_eq!(world.add_as("alice", &alice, &sid).await.status, 200);
}

#[tokio::test]
async fn expired_links_validate_nothing() {
    let config = Config { token_lifetime: Duration::ZERO, ..Config::default() };
    let world = World::with(|options| options.config = config).await;
    let (_, letter) = world.requested("alice@x.test", SECRET).await;
    let page = world.get(&letter.link(), None).await;
    assert!(page.status == 400 && page.text.contains("expired"), "{page:?}");
}
