//! `/3pid/getValidated3pid` and `/3pid/bind` ("Establishing associations").

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::validate::of_fault;
use crate::identity::answer::{Answer, Refusal, ok};
use crate::identity::body::{Body, Query};
use crate::identity::caller::Caller;
use crate::identity::limits;
use crate::identity::server::{Server, now_ms};

/// `GET /3pid/getValidated3pid`.
pub(in crate::identity) async fn validated(State(server): State<Arc<Server>>, _caller: Caller, query: Query) -> Answer {
    let (sid, secret) = (query.text("sid")?, query.text("client_secret")?);
    let proof = server.state().sessions.proof(sid, secret, Instant::now()).map_err(of_fault)?;
    ok(json!({"medium": "email", "address": proof.address, "validated_at": proof.validated_at_ms}))
}

/// `POST /3pid/bind`: publishes an association, and gives it signed.
pub(in crate::identity) async fn bind(State(server): State<Arc<Server>>, caller: Caller, body: Body) -> Answer {
    let (sid, secret, mxid) = (body.text("sid")?, body.text("client_secret")?, body.text("mxid")?);
    if caller.user_id != mxid {
        // The text leaves it open; without this, whoever has an account could publish in anybody's name.
        return Err(Refusal::new(StatusCode::FORBIDDEN, "M_UNAUTHORIZED", "the access token is another user's"));
    }
    let address = {
        let mut state = server.state();
        let proof = state.sessions.proof(sid, secret, Instant::now()).map_err(of_fault)?;
        state.associations.insert(server.hash(&proof.address), mxid.to_owned());
        proof.address
    };
    let now = now_ms();
    let life = u64::try_from(limits::ASSOCIATION_LIFE.as_millis()).unwrap_or(u64::MAX);
    let association: Map<String, Value> = [
        ("address", json!(address)),
        ("medium", json!("email")),
        ("mxid", json!(mxid)),
        ("not_before", json!(now)),
        ("not_after", json!(now.saturating_add(life))),
        ("ts", json!(now)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    let signed = server.key.sign(association, &server.name);
    ok(signed.map_err(|fault| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "M_UNKNOWN", fault.to_string()))?)
}
