//! Logging in and out.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::json;

use crate::{
    answer::{self, MatrixError},
    body::{Body, Fields as _},
    caller::Caller,
    identifier,
    server::Server,
};

/// `GET /login`
pub(crate) async fn flows() -> Response {
    answer::ok(json!({"flows": [{"type": "m.login.password"}]}))
}

/// `POST /login`, by password. An unknown account and a wrong password get the same answer.
pub(crate) async fn login(State(server): State<Arc<Server>>, Body(body): Body) -> Result<Response, MatrixError> {
    let kind = body.text("type")?;
    if kind != "m.login.password" {
        let error = format!("logins of the type `{kind}` are not supported");
        return Err(MatrixError::new(StatusCode::BAD_REQUEST, "M_UNKNOWN", error));
    }
    let password = body.text("password")?;
    let device = body.device_id()?;
    let mut state = server.state();
    let mut user = identifier::named(&server, &state.accounts, &body)?;
    let identifier = body.get("identifier");
    if identifier.is_some_and(|identifier| identifier["type"] == "m.id.thirdparty") {
        if server.has_defect("login-knows-no-addresses") {
            user = None;
        }
        if user.is_none() && server.has_defect("login-tells-unknown-addresses") {
            return Err(MatrixError::no_such_address(StatusCode::FORBIDDEN));
        }
    }
    let refused = || MatrixError::forbidden("Invalid username or password");
    let user = user.ok_or_else(refused)?;
    if server.has_shape("deactivated-accounts-are-named") && state.accounts.is_deactivated(&user) {
        return Err(MatrixError::new(StatusCode::FORBIDDEN, "M_USER_DEACTIVATED", "this account was deactivated"));
    }
    if !server.password_is(&mut state, &user, password)? {
        return Err(refused());
    }
    if state.accounts.is_locked(&user) && !server.has_defect("locked-accounts-log-in") {
        return Err(MatrixError::locked());
    }
    if state.accounts.is_suspended(&user) && server.has_defect("suspended-accounts-cannot-log-in") {
        return Err(MatrixError::suspended());
    }
    let (device, token) = state.accounts.log_in(&user, device).ok_or_else(refused)?;
    Ok(answer::ok(json!({"user_id": user.as_str(), "access_token": token, "device_id": device})))
}

/// `POST /logout`
pub(crate) async fn logout(State(server): State<Arc<Server>>, caller: Caller) -> Response {
    server.state().accounts.log_out(&caller.token);
    answer::empty()
}

/// `POST /logout/all`
pub(crate) async fn logout_all(State(server): State<Arc<Server>>, caller: Caller) -> Response {
    server.state().accounts.log_out_everywhere(&caller.user);
    answer::empty()
}

/// `GET /account/whoami`
pub(crate) async fn whoami(State(server): State<Arc<Server>>, caller: Caller) -> Response {
    let is_guest = server.state().accounts.is_guest(&caller.user);
    answer::ok(json!({"user_id": caller.user.as_str(), "device_id": caller.device, "is_guest": is_guest}))
}
