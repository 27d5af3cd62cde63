//! What requestToken accepts, answers and mails.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Broken, Seen, expect};
use crate::tests::{World, client::SECRET, flow::browse};

const ADD: &str = "/account/3pid";

/// The answer, and to whom mails went.
async fn ask(seen: &mut Seen, world: &World, what: &str, email: &str, more: Value) -> Value {
    let answer = world.ask(ADD, email, SECRET, more).await;
    let mails = world.letters();
    let recipients: Vec<_> = mails.iter().flat_map(|it| it.mail.recipients.clone()).collect();
    let mut errcode = format!(" {}", answer.errcode());
    if errcode == " none" {
        errcode.clear();
    }
    seen.add(format!("{what}: {}{errcode} {recipients:?}", answer.status.as_u16()));
    answer.json()["sid"].clone()
}

pub(super) async fn walk(broken: Broken, seen: &mut Seen) {
    let world = broken.plain().await;
    let alice = world.register("alice").await;
    world.add_address("alice", &alice, "alice@x.test").await;
    let own = json!({"email": "alice@x.test", "client_secret": "s", "send_attempt": 1});
    let again = world.post("/account/3pid/email/requestToken", Some(&alice), own).await;
    seen.note("my own address", &again);
    world.sink.take();
    ask(seen, &world, "in other letters", "ALICE@X.test", json!({})).await;
    let body = json!({"email": "new@x.test", "client_secret": "s.=_-", "send_attempt": 1});
    let with_token = world.post("/account/3pid/email/requestToken", Some(&alice), body).await;
    seen.note("with a token", &with_token);
    seen.add(format!("submit_url: {}", with_token.json()["submit_url"]));
    for letter in world.letters() {
        let leaks = letter.text.as_ref().is_some_and(|text| text.contains(&alice));
        let whole = letter.parameter("client_secret").as_deref() == Some("s.=_-");
        let here = letter.link().starts_with(world.server.url());
        seen.add(format!("leaks: {leaks}, parameters whole: {whole}, here: {here}"));
    }

    let no_attempt = json!({"email": "u@x.test", "client_secret": "s"});
    let missing = world.post("/account/3pid/email/requestToken", None, no_attempt).await;
    seen.note("no attempt", &missing);
    ask(seen, &world, "attempt as text", "u@x.test", json!({"send_attempt": "1"})).await;
    ask(seen, &world, "secret of two words", "u@x.test", json!({"client_secret": "a b"})).await;
    let long = "x".repeat(256);
    ask(seen, &world, "long secret", "u@x.test", json!({"client_secret": long})).await;
    ask(seen, &world, "id_server alone", "u@x.test", json!({"id_server": "is.test"})).await;
    for email in ["nothing", "a@evil.test@x.test", "@x.test", "A <u@x.test>", " u@x.test"] {
        ask(seen, &world, email, email, json!({})).await;
    }
    ask(seen, &world, "Strauß", "Strauß@Example.com", json!({})).await;

    let first = ask(seen, &world, "attempt 2", "r@x.test", json!({"send_attempt": 2})).await;
    for attempt in [2, 1, 3] {
        let more = json!({"send_attempt": attempt});
        let sid = ask(seen, &world, &format!("then {attempt}"), "r@x.test", more).await;
        seen.add(format!("same sid: {}", sid == first));
    }
    let answers = join_all((0..6).map(|_| world.ask(ADD, "p@x.test", SECRET, json!({})))).await;
    let same = answers.iter().all(|answer| answer.text == answers[0].text);
    seen.add(format!("six at once: same {same}, mails {}", world.letters().len()));

    world.sink.refuse(true);
    ask(seen, &world, "refused", "f@x.test", json!({})).await;
    world.sink.refuse(false);
    ask(seen, &world, "repeated", "f@x.test", json!({})).await;

    let (sid, letter) = world.requested("listed@x.test", SECRET).await;
    browse(&world, &letter.link()).await;
    world.add_as("alice", &alice, &sid).await;
    seen.add(format!("listed: {:?}", world.listed(&alice).await));
}

#[tokio::test]
async fn asking() {
    let mut seen = Seen::default();
    walk(Broken::default(), &mut seen).await;
    expect(
        &seen,
        &[
            "my own address: 400 M_THREEPID_IN_USE",
            "in other letters: 400 M_THREEPID_IN_USE []",
            "with a token: 200",
            "submit_url: null",
            "leaks: false, parameters whole: true, here: true",
            "no attempt: 400 M_MISSING_PARAM",
            "attempt as text: 400 M_BAD_JSON []",
            "secret of two words: 400 M_INVALID_PARAM []",
            "long secret: 400 M_INVALID_PARAM []",
            "id_server alone: 400 M_MISSING_PARAM []",
            "nothing: 400 M_INVALID_PARAM []",
            "a@evil.test@x.test: 400 M_INVALID_PARAM []",
            "@x.test: 400 M_INVALID_PARAM []",
            "A <u@x.test>: 400 M_INVALID_PARAM []",
            " u@x.test: 400 M_INVALID_PARAM []",
            "Strauß: 200 [\"strauss@example.com\"]",
            "attempt 2: 200 [\"r@x.test\"]",
            "then 2: 200 []",
            "same sid: true",
            "then 1: 200 []",
            "same sid: true",
            "then 3: 200 [\"r@x.test\"]",
            "same sid: true",
            "six at once: same true, mails 1",
            "refused: 500 M_UNKNOWN []",
            "repeated: 200 [\"f@x.test\"]",
            "listed: [\"alice@x.test\", \"listed@x.test\"]",
        ],
    );
}
