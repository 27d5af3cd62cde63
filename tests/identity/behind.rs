//! Another identity server behind this one.

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse as _;
use serde_json::json;
use threepid::identity::{Behaviour, Matcher};

use crate::world::{V2, World, answer, error, refused};

/// A server that says what it was asked.
async fn echo() -> String {
    let router = axum::Router::new().fallback(|request: Request| async move {
        let (parts, body) = request.into_parts();
        let signatures = parts.headers.get_all(header::AUTHORIZATION).iter().count();
        let body = axum::body::to_bytes(body, 1000).await.unwrap();
        let seen = json!({
            "asked": format!("{} {}", parts.method, parts.uri),
            "authorizations": signatures,
            "body": String::from_utf8_lossy(&body),
        });
        let headers = [(header::CONTENT_TYPE, "application/json"), (header::LOCATION, "https://next.test/")];
        (StatusCode::IM_A_TEAPOT, headers, seen.to_string()).into_response()
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    origin
}

#[tokio::test]
async fn it_answers_what_is_not_answered_otherwise() {
    let world = World::new().await;
    world.identity.forward_to(&echo().await).unwrap();
    let body = json!({"address": "a@threepid.test"});
    let request = world.request("POST", "/3pid/unbind?a=b%20c", Some("x")).header("authorization", "X-Matrix y");
    let exchange = world.send(request.json(&body)).await;
    let expected =
        json!({"asked": format!("POST {V2}/3pid/unbind?a=b%20c"), "authorizations": 2, "body": body.to_string()});
    assert_eq!(answer(&exchange), (418, expected));
    assert_eq!(exchange.response.unwrap().header("location"), Some("https://next.test/"));

    let matcher = Matcher { path: format!("{V2}/3pid/unbind"), about: "a@threepid.test".to_owned() };
    assert_eq!(world.identity.asked(&matcher).len(), 1);
    world.identity.behave(matcher.clone(), Behaviour::matrix_error(403, "M_FORBIDDEN"));
    assert_eq!(error(world.post("/3pid/unbind", None, &body).await), refused(403, "M_FORBIDDEN"));
    assert_eq!(world.identity.asked(&matcher).len(), 2);
}

#[tokio::test]
async fn one_that_is_not_there_is_said_so() {
    let world = World::new().await;
    world.identity.forward_to("http://127.0.0.1:9").unwrap();
    assert_eq!(error(world.get("/account", None).await), refused(502, "M_UNKNOWN"));
}
