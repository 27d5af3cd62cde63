//! A homeserver as far as identity servers ask one. Its signatures are made here, apart from the code under test:
//! what is signed is written out as canonical JSON by hand.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

/// Its name, which leads nowhere by itself.
pub(crate) const NAME: &str = "hs.test";
/// Its key's id.
pub(crate) const KEY_ID: &str = "ed25519:a";
/// Until when its keys are valid: beyond all tests.
const VALID_UNTIL: u64 = 9_999_999_999_999;

/// A homeserver on a port of its own.
pub(crate) struct Homeserver {
    pub(crate) origin: String,
    key: Arc<SigningKey>,
}

impl Homeserver {
    pub(crate) async fn start() -> Homeserver {
        let key = Arc::new(SigningKey::from_bytes(&[7; 32]));
        let router = Router::new()
            .route("/_matrix/federation/v1/openid/userinfo", get(user_info))
            .route("/_matrix/key/v2/server", get(keys))
            .with_state(Arc::clone(&key));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Homeserver { origin, key }
    }

    /// The header that signs a request to unbind. `destination` is the member's name and value.
    pub(crate) fn authorization(&self, origin: &str, destination: (&str, &str), content: &str) -> String {
        self.authorization_with(&self.key, origin, destination, content)
    }

    /// The same with another key than the published one.
    pub(crate) fn forged(&self, destination: (&str, &str), content: &str) -> String {
        self.authorization_with(&SigningKey::from_bytes(&[8; 32]), NAME, destination, content)
    }

    fn authorization_with(&self, key: &SigningKey, origin: &str, destination: (&str, &str), content: &str) -> String {
        let (member, to) = destination;
        // Members in the order of their names: content, destination(_is), method, origin, uri.
        let signed = format!(
            r#"{{"content":{content},"{member}":"{to}","method":"POST","origin":"{origin}","uri":"/_matrix/identity/v2/3pid/unbind"}}"#
        );
        let signature = STANDARD_NO_PAD.encode(key.sign(signed.as_bytes()).to_bytes());
        format!(r#"X-Matrix origin="{origin}",key="{KEY_ID}",sig="{signature}",destination="{to}""#)
    }
}

/// Tokens are the local parts of who holds them; `thief` makes the homeserver vouch for another server's user.
async fn user_info(Query(query): Query<Vec<(String, String)>>) -> Response {
    match query.iter().find(|(name, _)| name == "access_token").map(|(_, token)| token.as_str()) {
        Some("thief") => Json(json!({"sub": "@alice:other.test"})).into_response(),
        Some(token) if token != "unknown" => Json(json!({"sub": format!("@{token}:{NAME}")})).into_response(),
        _ => (StatusCode::UNAUTHORIZED, Json(json!({"errcode": "M_UNKNOWN_TOKEN", "error": "no"}))).into_response(),
    }
}

async fn keys(State(key): State<Arc<SigningKey>>) -> Json<Value> {
    let public = STANDARD_NO_PAD.encode(key.verifying_key().as_bytes());
    let signed = format!(
        r#"{{"old_verify_keys":{{}},"server_name":"{NAME}","valid_until_ts":{VALID_UNTIL},"verify_keys":{{"{KEY_ID}":{{"key":"{public}"}}}}}}"#
    );
    let signature = STANDARD_NO_PAD.encode(key.sign(signed.as_bytes()).to_bytes());
    let mut answer: Value = serde_json::from_str(&signed).unwrap();
    answer["signatures"] = json!({NAME: {KEY_ID: signature}});
    Json(answer)
}
