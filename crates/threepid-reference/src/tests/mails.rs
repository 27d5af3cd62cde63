//! Mails: what they say, how many there are, and what happens when they cannot be sent.

use std::time::Duration;

use futures_util::future::join_all;

use super::{World, client::SECRET};
use crate::find_shape;

const SENTENCE: &str = "A request to add an email address to your Matrix account has been received.";

#[tokio::test]
async fn the_mail_says_what_it_should_in_both_parts() {
    let world = World::plain().await;
    let (sid, letter) = world.requested("Strauß@Example.com", SECRET).await;
    assert_eq!(letter.mail.recipients, ["strauss@example.com"]);
    let message = letter.message();
    assert_eq!(message.subject(), Some("[reference.test] Validate your email"));
    assert_eq!(message.from().unwrap().first().unwrap().address(), Some("noreply@reference.test"));
    assert_eq!(message.to().unwrap().first().unwrap().address(), Some("strauss@example.com"));
    assert!(message.date().is_some() && message.message_id().is_some_and(|id| id.ends_with("@reference.test")));
    for part in [&letter.text, &letter.html] {
        let part = part.as_ref().unwrap();
        assert!(part.contains(SENTENCE) && part.contains("If this was not you"), "{part}");
    }
    let links = letter.links();
    assert!(links.len() == 2 && links[0] == links[1], "{links:?}");
    assert!(links[0].starts_with(world.server.url()));
    assert_eq!(letter.parameter("sid"), Some(sid));
    assert_eq!(letter.parameter("client_secret").as_deref(), Some(SECRET));
    assert!(letter.parameter("token").is_some_and(|token| token.len() >= 22));
}

#[tokio::test]
async fn shapes_of_the_mail_are_what_they_say() {
    for (name, encoding, has_text, has_html) in [
        ("text-only-mail", "7bit", true, false),
        ("html-only-mail", "7bit", false, true),
        ("folded-quoted-printable", "quoted-printable", true, true),
        ("base64-mail", "base64", true, true),
    ] {
        let world = World::with(|options| options.shapes.push(find_shape(name).unwrap())).await;
        let (_, letter) = world.requested("u@x.test", SECRET).await;
        assert_eq!((letter.text.is_some(), letter.html.is_some()), (has_text, has_html), "{name}");
        let raw = &letter.mail.raw;
        assert!(raw.contains(&format!("Content-Transfer-Encoding: {encoding}")), "{name}: {raw}");
        assert_eq!(raw.contains(&letter.link()), name == "text-only-mail", "{name}: {raw}");
        if name == "html-only-mail" {
            assert!(raw.contains("&amp;client_secret="), "{raw}");
        }
        if name == "folded-quoted-printable" {
            assert!(raw.lines().any(|line| line.starts_with("http") && line.ends_with('=')), "{raw}");
        }
    }
}

#[tokio::test]
async fn an_attempt_is_mailed_once_and_a_higher_one_again() {
    let world = World::plain().await;
    let first = world.request_token("u@x.test", SECRET, 2).await.json();
    let link = world.only_letter().link();
    for repeated in [2, 1] {
        assert_eq!(world.request_token("u@x.test", SECRET, repeated).await.json(), first);
        assert!(world.sink.take().is_empty());
    }
    assert_eq!(world.request_token("U@X.test", SECRET, 3).await.json(), first);
    let second_link = world.only_letter().link();
    assert_ne!(second_link, link);
    assert_ne!(world.request_token("u@x.test", "another", 2).await.json(), first);
    // Both links work: people click on either.
    for link in [link, second_link] {
        assert_eq!(world.get(&link, None).await.status, 200);
    }
}

#[tokio::test]
async fn identical_requests_at_once_send_one_mail() {
    let world = World::plain().await;
    let answers = join_all((0..6).map(|_| world.request_token("u@x.test", SECRET, 1))).await;
    let first = answers[0].json();
    assert!(first["sid"].is_string());
    assert!(answers.iter().all(|answer| answer.json() == first), "{answers:?}");
    assert_eq!(world.sink.take().len(), 1);
}

#[tokio::test]
async fn a_refused_mail_is_an_error_and_the_same_attempt_can_be_repeated() {
    let world = World::plain().await;
    world.sink.refuse(true);
    world.request_token("u@x.test", SECRET, 1).await.expect(500, "M_UNKNOWN");
    world.sink.refuse(false);
    let (_, letter) = world.requested("u@x.test", SECRET).await;
    assert_eq!(world.get(&letter.link(), None).await.status, 200);
}

#[tokio::test]
async fn a_server_without_smtputf8_gets_no_international_address() {
    let world = World::plain().await;
    world.request_token("é@x.test", SECRET, 1).await.expect(400, "M_INVALID_PARAM");
    assert!(world.sink.take().is_empty());
    let (_, letter) = world.requested("u@münchen.test", SECRET).await;
    assert_eq!(letter.mail.recipients, ["u@xn--mnchen-3ya.test"]);
}

#[tokio::test]
async fn a_silent_smtp_server_is_given_up_on() {
    // Connections are taken by the operating system, and nobody ever greets them.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let world = World::with(|options| {
        options.smtp = silent.local_addr().unwrap();
        options.config.smtp_timeout = Duration::from_millis(20);
    })
    .await;
    world.request_token("u@x.test", SECRET, 1).await.expect(500, "M_UNKNOWN");
}
