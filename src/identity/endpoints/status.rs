//! `GET /versions` and `GET /v2` ("API Version check", "Status check").

use axum::Json;
use serde_json::{Value, json};

/// The versions of the specification that are spoken.
pub(in crate::identity) async fn versions() -> Json<Value> {
    Json(json!({"versions": ["v1.1", "v1.2", "v1.3", "v1.4", "v1.5", "v1.6"]}))
}

/// Something is here.
pub(in crate::identity) async fn ping() -> Json<Value> {
    Json(json!({}))
}
