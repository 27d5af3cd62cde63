//! What other servers ask: the key that signs, and whom an OpenID token names.
//!
//! Specification: server-server API, `GET /_matrix/key/v2/server`, `GET /_matrix/federation/v1/openid/userinfo`; client-server
//! API, `POST /user/{userId}/openid/request_token`.

use std::sync::Arc;

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use serde_json::json;

use crate::{
    answer::{self, MatrixError},
    body::Body,
    caller::Caller,
    identity::openid,
    server::Server,
};

/// `GET /_matrix/key/v2/server`
pub(crate) async fn key(State(server): State<Arc<Server>>) -> Response {
    answer::ok(server.key.published(&server.name))
}

/// `POST /user/{userId}/openid/request_token`
pub(crate) async fn request_token(
    State(server): State<Arc<Server>>,
    Path(user): Path<String>,
    caller: Caller,
    Body(_): Body,
) -> Result<Response, MatrixError> {
    if user != caller.user.as_str() {
        return Err(MatrixError::forbidden("this is not your account"));
    }
    let token = server.state().openid.issue(&caller.user);
    Ok(answer::ok(json!({
        "access_token": token,
        "token_type": "Bearer",
        "matrix_server_name": server.name,
        "expires_in": openid::LIFETIME.as_secs(),
    })))
}

/// `GET /_matrix/federation/v1/openid/userinfo`
pub(crate) async fn userinfo(
    State(server): State<Arc<Server>>,
    RawQuery(query): RawQuery,
) -> Result<Response, MatrixError> {
    let query = query.unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let (_, token) = pairs.find(|(name, _)| name == "access_token").ok_or_else(MatrixError::missing_token)?;
    let state = server.state();
    let user = state.openid.user(&token).ok_or_else(|| {
        MatrixError::new(StatusCode::UNAUTHORIZED, "M_UNKNOWN_TOKEN", "this OpenID token is not known, or no longer")
    })?;
    Ok(answer::ok(json!({"sub": user.as_str()})))
}
