//! `/terms` ("Terms of service"). Nothing has to be accepted, unless a scenario makes the server say so.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::identity::answer::{Answer, ok};
use crate::identity::body::Body;
use crate::identity::caller::Caller;
use crate::identity::server::Server;

/// `GET /terms`.
pub(in crate::identity) async fn terms(State(server): State<Arc<Server>>) -> Json<Value> {
    let url = format!("{}/terms/test-1.0-en.html", server.url());
    Json(json!({"policies": {"terms_of_service": {"version": "1.0", "en": {"name": "Terms of a test", "url": url}}}}))
}

/// `POST /terms`. What was accepted stands in the record of what was asked.
pub(in crate::identity) async fn accept(_caller: Caller, body: Body) -> Answer {
    body.texts("user_accepts")?;
    ok(json!({}))
}
