//! `/pubkey` ("Key management").

use std::sync::Arc;

use axum::extract::{Path, State};
use serde_json::json;

use crate::identity::answer::{Answer, Refusal, ok};
use crate::identity::body::Query;
use crate::identity::server::Server;
use crate::identity::signing::KEY_ID;

/// `GET /pubkey/{keyId}`.
pub(in crate::identity) async fn key(State(server): State<Arc<Server>>, Path(key_id): Path<String>) -> Answer {
    if key_id != KEY_ID {
        return Err(Refusal::not_found("there is no such key"));
    }
    ok(json!({"public_key": server.key.public()}))
}

/// `GET /pubkey/isvalid`.
pub(in crate::identity) async fn is_valid(State(server): State<Arc<Server>>, query: Query) -> Answer {
    ok(json!({"valid": server.key.is_public(query.text("public_key")?)}))
}

/// `GET /pubkey/ephemeral/isvalid`: there are no short-term keys.
pub(in crate::identity) async fn is_ephemeral_valid(query: Query) -> Answer {
    query.text("public_key")?;
    ok(json!({"valid": false}))
}
