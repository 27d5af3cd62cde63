//! Shapes from outside: none shows but where it says.

use serde_json::json;

use super::{World, client::SECRET, flow::walk};
use crate::{Shape, find_shape, shapes};

/// Whether a shape, or one of those it consists of, may show in this line.
fn may_show(shape: &Shape, line: &str) -> bool {
    let mut parts = shape.includes.iter();
    let by_part = parts.any(|name| may_show(find_shape(name).unwrap(), line));
    by_part
        || match shape.name.as_str() {
            "auth-failed-403" => line.contains("403 M_THREEPID_AUTH_FAILED"),
            "unknown-sid-404" => line.starts_with("proof again: 404 M_NOT_FOUND"),
            "redirect-elsewhere" => line.starts_with("page: 303 See Other"),
            "completed-absent" => line == "completed: None",
            "session-required" => line.starts_with("proof again: 401 none"),
            _ => false,
        }
}

/// Servers on which the walk cannot be walked to its end, or whose mails are more than it counts: the scenarios try them.
const OTHERWISE: &[&str] = &[
    "removal-refused-by-policy",
    "removal-refused-400",
    "second-factor",
    "single-sign-on-only",
    "oauth-only",
    "no-session-in-challenges",
    "code-mail",
    "notice-after-add",
    "notice-to-the-owner",
    "new-sid-every-request",
];

fn refuses(shape: &Shape) -> bool {
    shape.aspect == "what requestToken answers"
}

#[tokio::test]
async fn no_shape_changes_what_is_promised() {
    let clean = walk(&World::plain().await).await;
    for shape in shapes().iter().filter(|shape| !refuses(shape) && !OTHERWISE.contains(&shape.name.as_str())) {
        let world = World::with(|options| options.shapes.push(shape)).await;
        let seen = walk(&world).await;
        let different: Vec<_> = seen.iter().zip(&clean).filter(|(seen, clean)| seen != clean).collect();
        let lawful = different.iter().all(|(seen, _)| may_show(shape, seen));
        assert!(lawful && seen.len() == clean.len(), "{}: {different:#?}", shape.name);
        world.server.shutdown().await;
    }
}

#[tokio::test]
async fn a_refusing_server_offers_nothing_that_needs_mail() {
    for (name, status, errcode) in [
        ("refuses-403-denied", 403, "M_THREEPID_DENIED"),
        ("refuses-400-medium", 400, "M_THREEPID_MEDIUM_NOT_SUPPORTED"),
        ("refuses-403-forbidden", 403, "M_FORBIDDEN"),
        ("refuses-404-unrecognized", 404, "M_UNRECOGNIZED"),
        ("refuses-405-unrecognized", 405, "M_UNRECOGNIZED"),
        ("refuses-400-not-found", 400, "M_THREEPID_NOT_FOUND"),
        ("refuses-400-untrusted", 400, "M_SERVER_NOT_TRUSTED"),
    ] {
        let shape = find_shape(name).unwrap();
        assert!(refuses(shape));
        let world = World::with(|options| options.shapes.push(shape)).await;
        for path in ["/account/3pid", "/register", "/account/password"] {
            let answer = world.ask(path, "u@x.test", SECRET, json!({})).await;
            answer.expect(status, errcode);
            assert!(answer.json()["sid"].is_null());
        }
        assert!(world.sink.take().is_empty());
        let flows = world.post("/register", None, json!({})).await.json()["flows"].clone();
        assert_eq!(flows, json!([{"stages": ["m.login.dummy"]}]));
        world.post("/account/password", None, json!({"new_password": "x"})).await.expect(401, "M_MISSING_TOKEN");
        world.register("alice").await;
    }
}

#[tokio::test]
async fn disabled_changes_and_limits_have_lawful_forms() {
    let world = World::with(|options| {
        options.shapes.extend(find_shape("changes-disabled-400"));
        options.config.changes_enabled = false;
    })
    .await;
    world.request_token("u@x.test", SECRET, 1).await.expect(400, "M_FORBIDDEN");
    let world = World::with(|options| {
        options.shapes.extend(find_shape("limit-without-hint"));
        options.config.rate_limits = Some(crate::RateLimits::default());
    })
    .await;
    for number in 0..5 {
        let email = format!("u{number}@x.test");
        assert_eq!(world.request_token(&email, SECRET, 1).await.status, 200);
    }
    let limited = world.request_token("u5@x.test", SECRET, 1).await;
    limited.expect(429, "M_LIMIT_EXCEEDED");
    assert!(limited.header("retry-after").is_empty());
    assert!(limited.json()["retry_after_ms"].is_null());
}
