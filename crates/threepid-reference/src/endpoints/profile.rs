//! Profiles: what an account shows of itself. Nothing here concerns mail; it is there for whoever wants to see whether an
//! account still works.
//!
//! Specification: client-server API, "Profiles".

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use serde_json::{Map, Value};

use crate::{
    answer::{self, MatrixError},
    body::{Body, Fields as _},
    caller::Caller,
    server::Server,
};

/// The fields that can be set.
const FIELDS: [&str; 2] = ["displayname", "avatar_url"];
/// Bytes in a field.
const FIELD_LIMIT: usize = 512;

/// `GET /profile/{userId}`
pub(crate) async fn whole(
    State(server): State<Arc<Server>>,
    Path(user): Path<String>,
) -> Result<Response, MatrixError> {
    let state = server.state();
    let profile = state.accounts.profile(&user).ok_or_else(not_found)?;
    Ok(answer::ok(Value::from(profile.clone())))
}

/// `GET /profile/{userId}/{keyName}`
pub(crate) async fn field(
    State(server): State<Arc<Server>>,
    Path((user, field)): Path<(String, String)>,
) -> Result<Response, MatrixError> {
    let state = server.state();
    let value = state.accounts.profile(&user).and_then(|profile| profile.get(&field)).ok_or_else(not_found)?;
    Ok(answer::ok(Map::from_iter([(field, value.clone())]).into()))
}

/// `PUT /profile/{userId}/{keyName}`
pub(crate) async fn set(
    State(server): State<Arc<Server>>,
    Path((user, field)): Path<(String, String)>,
    caller: Caller,
    Body(body): Body,
) -> Result<Response, MatrixError> {
    if user != caller.user.as_str() {
        return Err(MatrixError::forbidden("this is not your account"));
    }
    let value = body.text(&field)?;
    if !FIELDS.contains(&field.as_str()) || value.len() > FIELD_LIMIT {
        return Err(MatrixError::invalid_param("this server keeps a short displayname and avatar_url"));
    }
    server.state().accounts.set_profile(&caller.user, &field, value);
    Ok(answer::empty())
}

fn not_found() -> MatrixError {
    MatrixError::new(StatusCode::NOT_FOUND, "M_NOT_FOUND", "there is no such profile, or not this part of it")
}
