//! One walk through the whole flow, written down as what an observer sees. The walk never asserts: the same walk is taken with
//! every defect and every shape, and compared.

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::{
    World,
    client::{Answer, Letter, PASSWORD, SECRET},
};

/// What an observer saw, step by step.
pub(super) async fn walk(world: &World) -> Vec<String> {
    let mut seen = Vec::new();
    let alice = world.register("alice").await;
    let email = "alice@x.test";

    let requested = world.request_token(email, SECRET, 1).await;
    let sid = requested.json()["sid"].clone();
    seen.push(format!("requestToken: {} {}", requested.status, grammar(&sid)));
    let sid = sid.as_str().map_or_else(|| sid.to_string(), str::to_owned);
    let letters: Vec<_> = world.sink.take().into_iter().map(Letter::read).collect();
    seen.push(format!("mails: {}", letters.len()));
    let link = letters.first().and_then(|letter| describe(&mut seen, world, letter, &sid));

    step(&mut seen, world, "unclicked, asked", &alice, world.add(&alice, &sid, None).await).await;
    let session = world.add(&alice, &sid, None).await.json()["session"].clone();
    let right = |session: &Value, user: &str| {
        json!({"type": "m.login.password", "session": session, "password": PASSWORD,
               "identifier": {"type": "m.id.user", "user": user}})
    };
    let unclicked = world.add(&alice, &sid, Some(right(&session, "@alice:reference.test"))).await;
    step(&mut seen, world, "unclicked, password", &alice, unclicked).await;

    if let Some(link) = link {
        let page = browse(world, &link).await;
        let says = page.text.contains("has now been validated");
        seen.push(format!("page: {} {} says so: {says}", page.status, page.header("content-type")));
    }
    let asked = world.add(&alice, &sid, None).await;
    let session = asked.json()["session"].clone();
    step(&mut seen, world, "clicked, asked", &alice, asked).await;
    let mut wrong = right(&session, "@alice:reference.test");
    wrong["password"] = "wrong".into();
    let refused = world.add(&alice, &sid, Some(wrong)).await;
    seen.push(format!("completed: {:?}", refused.json()["completed"].as_array().map(Vec::len)));
    // The client goes on in the session that was named last, and in its own where none is.
    let next = refused.json()["session"].clone();
    let session = if next.is_null() { session } else { next };
    step(&mut seen, world, "wrong password", &alice, refused).await;
    let added = world.add(&alice, &sid, Some(right(&session, "alice"))).await;
    step(&mut seen, world, "right password", &alice, added).await;

    world.sink.take();
    let in_use = world.request_token("ALICE@X.TEST", "another", 1).await;
    seen.push(format!("in use: {} {} mails: {}", in_use.status, in_use.errcode(), world.sink.take().len()));

    let removal = json!({"medium": "email", "address": email});
    let removed = world.post("/account/3pid/delete", Some(&alice), removal).await;
    seen.push(format!("removal says: {}", removed.json()["id_server_unbind_result"]));
    step(&mut seen, world, "removed", &alice, removed).await;
    let again = world.add(&alice, &sid, Some(right(&Value::Null, "alice"))).await;
    step(&mut seen, world, "proof again", &alice, again).await;
    seen
}

fn grammar(sid: &Value) -> &'static str {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".=_-".contains(&byte);
    match sid.as_str() {
        Some(sid) if sid.bytes().all(allowed) && (1..=255).contains(&sid.len()) => "with a sid",
        _ => "without a proper sid",
    }
}

/// Notes what the mail says; gives its link.
fn describe(seen: &mut Vec<String>, world: &World, letter: &Letter, sid: &str) -> Option<String> {
    let links = letter.links();
    let link = links.first()?;
    seen.push(format!("recipients: {:?}", letter.mail.recipients));
    seen.push(format!("same links: {}", links.iter().all(|other| other == link)));
    seen.push(format!("leads here: {}", link.starts_with(&format!("{}/", world.server.url()))));
    let names_sid = ["sid", "session"].iter().any(|name| letter.parameter(name).as_deref() == Some(sid));
    let names_secret = letter.parameter("client_secret").is_none_or(|secret| secret == SECRET);
    seen.push(format!("right sid: {names_sid}, right secret: {names_secret}"));
    let url = Url::parse(link).unwrap();
    // A link elsewhere is not followed there, but here.
    Some(format!("{}{}?{}", world.server.url(), url.path(), url.query()?))
}

/// What a browser does: it follows redirects and submits the page's only form.
pub(super) async fn browse(world: &World, link: &str) -> Answer {
    let page = world.get(link, None).await;
    // Another site is not asked.
    if page.status.is_redirection() && page.header("location").starts_with('/') {
        return world.get(page.header("location"), None).await;
    }
    if !page.text.contains("<form") {
        return page;
    }
    let attribute = |input: &str, name: &str| {
        let value = input.split(&format!("{name}=\"")).nth(1).unwrap();
        value.split('"').next().unwrap().to_owned()
    };
    let fields = page.text.split("<input").skip(1).map(|input| (attribute(input, "name"), attribute(input, "value")));
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    world.send(Method::POST, link, None, Some(form)).await
}

async fn step(seen: &mut Vec<String>, world: &World, name: &str, token: &str, answer: Answer) {
    let body = answer.json();
    let has = |member: &str| if body[member].is_null() { "" } else { " yes" };
    let (status, errcode) = (answer.status.as_u16(), answer.errcode());
    let flows = &body["flows"];
    let list = world.listed(token).await;
    seen.push(format!("{name}: {status} {errcode}; session{}; flows {flows}; list {list:?}", has("session")));
}
