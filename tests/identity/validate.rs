//! Validating an address: the mail, the link, the token.

use serde_json::json;
use threepid::http::Outgoing;
use threepid::model::MailFault;

use crate::world::{Session, World, error, refused};

/// What the session says of itself.
async fn state(world: &World, token: &str, session: &Session) -> (u16, String) {
    let path = format!("/3pid/getValidated3pid?sid={}&client_secret={}", session.sid, session.secret);
    error(world.get(&path, Some(token)).await)
}

#[tokio::test]
async fn the_link_in_the_mail_validates_and_nothing_less() {
    let world = World::new().await;
    let token = world.token("alice").await;
    let session = world.session(&token, "a@threepid.test").await;
    assert_eq!(state(&world, &token, &session).await, refused(400, "M_SESSION_NOT_VALIDATED"));

    let head = world.send(Outgoing::new("HEAD", session.link.as_str())).await;
    assert_eq!(head.response.unwrap().status, 200);
    let mut wrong = session.link.clone();
    wrong.set_query(Some(&format!("sid={}&client_secret={}&token=wrong", session.sid, session.secret)));
    let page = world.send(Outgoing::new("GET", wrong.as_str())).await.response.unwrap();
    assert_eq!((page.status, page.header("content-type")), (400, Some("text/html; charset=utf-8")));
    assert_eq!(state(&world, &token, &session).await, refused(400, "M_SESSION_NOT_VALIDATED"));

    let page = world.send(Outgoing::new("GET", session.link.as_str())).await.response.unwrap();
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let path = format!("/3pid/getValidated3pid?sid={}&client_secret={}", session.sid, session.secret);
    let (status, proof) = world.get(&path, Some(&token)).await;
    assert_eq!((status, &proof["address"], &proof["medium"]), (200, &json!("a@threepid.test"), &json!("email")));
    assert!(proof["validated_at"].as_u64().unwrap() > 1_700_000_000_000);
    let stranger = Session { secret: "other".to_owned(), ..session };
    assert_eq!(state(&world, &token, &stranger).await, refused(404, "M_NO_VALID_SESSION"));
}

#[tokio::test]
async fn a_client_can_hand_in_the_token_too() {
    let world = World::new().await;
    let token = world.token("alice").await;
    let session = world.session(&token, "b@threepid.test").await;
    let mailed = session.link.query_pairs().find(|(name, _)| name == "token").unwrap().1.into_owned();
    let submit = |sid: &str, secret: &str, mailed: &str| json!({"sid": sid, "client_secret": secret, "token": mailed});
    let path = "/validate/email/submitToken";
    for (body, expected) in [
        (submit(&session.sid, &session.secret, "wrong"), refused(400, "M_TOKEN_INCORRECT")),
        (submit("other", &session.secret, &mailed), refused(404, "M_NO_VALID_SESSION")),
        (json!({"sid": session.sid, "token": mailed}), refused(400, "M_MISSING_PARAMS")),
        (json!({"sid": 5, "client_secret": "x", "token": mailed}), refused(400, "M_INVALID_PARAM")),
    ] {
        assert_eq!(error(world.post(path, Some(&token), &body).await), expected, "{body}");
    }
    let right = submit(&session.sid, &session.secret, &mailed);
    assert_eq!(error(world.post(path, None, &right).await), refused(401, "M_UNAUTHORIZED"));
    assert_eq!(world.post(path, Some(&token), &right).await, (200, json!({"success": true})));
}

#[tokio::test]
async fn addresses_are_one_whatever_their_case() {
    let world = World::new().await;
    let token = world.token("alice").await;
    let mut mailbox = world.mailbox("strauss@threepid.test");
    let ask = |email: &str, attempt: u32| json!({"email": email, "client_secret": "s", "send_attempt": attempt});
    let path = "/validate/email/requestToken";
    let (_, first) = world.post(path, Some(&token), &ask("Strauß@ThreePid.Test", 1)).await;
    let link = world.link(&mut mailbox).await;
    let (_, second) = world.post(path, Some(&token), &ask("STRAUSS@threepid.test", 2)).await;
    assert_eq!((first["sid"].is_string(), &first), (true, &second));
    assert_eq!(world.link(&mut mailbox).await, link);
}

#[tokio::test]
async fn what_cannot_be_mailed_is_said_so() {
    let world = World::new().await;
    let token = world.token("alice").await;
    let path = "/validate/email/requestToken";
    let ask = |email: &str, secret: &str| json!({"email": email, "client_secret": secret, "send_attempt": 1});
    for (body, expected) in [
        (ask("no address", "s"), "M_INVALID_EMAIL"),
        (ask("a@threepid.test", "sp ace"), "M_INVALID_PARAM"),
        (ask("a@threepid.test", ""), "M_INVALID_PARAM"),
        (json!({"email": "a@threepid.test", "client_secret": "s"}), "M_MISSING_PARAMS"),
        (json!({"email": "a@threepid.test", "client_secret": "s", "send_attempt": "1"}), "M_INVALID_PARAM"),
        (
            json!({"email": "a@threepid.test", "client_secret": "s", "send_attempt": 1, "next_link": "file:///x"}),
            "M_INVALID_PARAM",
        ),
    ] {
        assert_eq!(error(world.post(path, Some(&token), &body).await), refused(400, expected), "{body}");
    }
    world.sink.behave("refused@threepid.test", MailFault::RefuseRcpt { code: 550, text: "no".to_owned() }, None);
    let body = ask("refused@threepid.test", "s");
    assert_eq!(error(world.post(path, Some(&token), &body).await), refused(400, "M_EMAIL_SEND_ERROR"));
    // The attempt did not count.
    world.sink.calm("refused@threepid.test");
    let mut mailbox = world.mailbox("refused@threepid.test");
    assert_eq!(world.post(path, Some(&token), &body).await.0, 200);
    world.link(&mut mailbox).await;
}

#[tokio::test]
async fn the_person_is_sent_on_to_next_link() {
    let world = World::new().await;
    let token = world.token("alice").await;
    let mut mailbox = world.mailbox("n@threepid.test");
    let next = "https://next.test/done?a=b";
    let body = json!({"email": "n@threepid.test", "client_secret": "s", "send_attempt": 1, "next_link": next});
    assert_eq!(world.post("/validate/email/requestToken", Some(&token), &body).await.0, 200);
    let link = world.link(&mut mailbox).await;
    let answer = world.send(Outgoing::new("GET", link.as_str())).await.response.unwrap();
    assert_eq!((answer.status / 100, answer.header("location")), (3, Some(next)));
}
