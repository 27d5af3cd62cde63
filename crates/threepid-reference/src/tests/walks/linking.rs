//! Links, next links and submitted tokens.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Broken, Seen, expect};
use crate::{
    find_shape,
    tests::{World, client::SECRET, flow::browse},
};

const ADD: &str = "/account/3pid";

/// Whether the session counts as validated: adding gets as far as it can without a password that is right.
async fn validated(world: &World, token: &str, sid: &str) -> bool {
    let body = json!({"three_pid_creds": {"sid": sid, "client_secret": SECRET}});
    world.post("/account/3pid", Some(token), body).await.status == 200
}

pub(super) async fn walk(broken: Broken, seen: &mut Seen) {
    let world = broken.plain().await;
    let alice = world.register("alice").await;

    let (sid, letter) = world.requested("twice@x.test", SECRET).await;
    let token = letter.parameter("token").unwrap_or_default();
    seen.add(format!("token of {} letters", token.len()));
    let link = letter.link();
    seen.note("first click", &browse(&world, &link).await);
    seen.note("second click", &browse(&world, &link).await);
    seen.add(format!("validated: {}", validated(&world, &alice, &sid).await));

    for (part, name) in [("token=", "token"), ("client_secret=", "secret")] {
        let email = format!("{name}@x.test");
        let (sid, letter) = world.requested(&email, SECRET).await;
        let wrong = letter.link().replace(part, &format!("{part}x"));
        let page = world.get(&wrong, None).await;
        seen.note(&format!("wrong {name}"), &page);
        seen.add(format!("validated: {}", validated(&world, &alice, &sid).await));
    }

    let (sid, letter) = world.requested("head@x.test", SECRET).await;
    let head = world.send(Method::HEAD, &letter.link(), None, None).await;
    seen.note("head", &head);
    seen.add(format!("validated: {}", validated(&world, &alice, &sid).await));

    let payload = "%22%3E%3Cscript%3E";
    let token = letter.parameter("token").unwrap_or_default();
    let page = world.get(&letter.link().replace(&token, payload), None).await;
    seen.add(format!("script: {}", page.text.contains("<script>")));
    for header in ["cache-control", "referrer-policy", "x-frame-options"] {
        seen.add(format!("{header}: {}", page.header(header)));
    }

    let short = broken.world(|options| options.config.token_lifetime = Duration::ZERO).await;
    let (_, letter) = short.requested("late@x.test", SECRET).await;
    seen.note("expired", &browse(&short, &letter.link()).await);

    next(seen, &world).await;
    submit(broken, seen).await;
}

async fn next(seen: &mut Seen, world: &World) {
    for (email, next_link) in [
        ("n1@x.test", "https://h.test/a?b=1"),
        ("n2@x.test", "https://h.test/#/there"),
        ("n3@x.test", "javascript:alert(1)"),
        ("n4@x.test", "//evil.test"),
        ("n5@x.test", "file:///etc/passwd"),
    ] {
        let more = json!({"next_link": next_link});
        let answer = world.ask(ADD, email, SECRET, more).await;
        seen.note(next_link, &answer);
        for letter in world.letters() {
            let page = world.get(&letter.link(), None).await;
            let sid = answer.json()["sid"].as_str().unwrap_or_default().to_owned();
            let location = page.header("location").replace(&sid, "<sid>");
            seen.add(format!("leads to {location} with {}", page.status.as_u16()));
        }
    }
}

async fn submit(broken: Broken, seen: &mut Seen) {
    let shape = find_shape("submit-url").unwrap();
    let world = broken.world(|options| options.shapes.push(shape)).await;
    let alice = world.register("alice").await;
    let answer = world.ask(ADD, "typed@x.test", SECRET, json!({})).await.json();
    let url = answer["submit_url"].as_str().unwrap_or_default().to_owned();
    let here = url.starts_with(world.server.url());
    seen.add(format!("submit_url leads here: {here}"));
    let sid = answer["sid"].as_str().unwrap_or_default();
    let letters = world.letters();
    let token = letters.first().and_then(|letter| letter.parameter("token"));
    let right = json!({"sid": sid, "client_secret": SECRET, "token": token});
    let with = |name: &str, value: Value| {
        let mut body = right.clone();
        body[name] = value;
        body.to_string()
    };
    let path = "/_reference/email/submit";
    for (what, body) in [
        ("wrong token", with("token", "made-up".into())),
        ("wrong secret", with("client_secret", "other".into())),
        ("wrong sid", with("sid", "unknown".into())),
        ("right", right.to_string()),
    ] {
        let submitted = world.send(Method::POST, path, None, Some(body)).await;
        seen.note(what, &submitted);
        seen.add(format!("success: {}", submitted.json()["success"]));
    }
    seen.add(format!("validated: {}", validated(&world, &alice, sid).await));
    let short = broken
        .world(|options| {
            options.shapes.push(shape);
            options.config.token_lifetime = Duration::ZERO;
        })
        .await;
    let answer = short.ask(ADD, "late@x.test", SECRET, json!({})).await.json();
    let token = short.only_letter().parameter("token");
    let body = json!({"sid": answer["sid"], "client_secret": SECRET, "token": token});
    let late = short.send(Method::POST, path, None, Some(body.to_string())).await;
    seen.note("too late", &late);
}

#[tokio::test]
async fn linking() {
    let mut seen = Seen::default();
    walk(Broken::default(), &mut seen).await;
    expect(
        &seen,
        &[
            "token of 32 letters",
            "first click: 200",
            "second click: 200",
            "validated: true",
            "wrong token: 400",
            "validated: false",
            "wrong secret: 400",
            "validated: false",
            "head: 200",
            "validated: false",
            "script: false",
            "cache-control: no-store",
            "referrer-policy: no-referrer",
            "x-frame-options: DENY",
            "expired: 400",
            "https://h.test/a?b=1: 200",
            "leads to https://h.test/a?b=1&sid=<sid> with 302",
            "https://h.test/#/there: 200",
            "leads to https://h.test/?sid=<sid>#/there with 302",
            "javascript:alert(1): 400 M_INVALID_PARAM",
            "//evil.test: 400 M_INVALID_PARAM",
            "file:///etc/passwd: 400 M_INVALID_PARAM",
            "submit_url leads here: true",
            "wrong token: 400 M_TOKEN_INCORRECT",
            "success: null",
            "wrong secret: 400 M_INVALID_PARAM",
            "success: null",
            "wrong sid: 400 M_INVALID_PARAM",
            "success: null",
            "right: 200",
            "success: true",
            "validated: true",
            "too late: 400 M_SESSION_EXPIRED",
        ],
    );
}
