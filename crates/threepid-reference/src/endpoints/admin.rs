//! Creating accounts with a secret, for servers on which nobody can register.
//!
//! The way that several homeservers offer to administrators: a nonce, and a MAC over it with a secret that is shared with the
//! administrator. It is there only if the configuration has such a secret. A nonce is good for one account.

use std::sync::{Arc, MutexGuard};

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use hmac::{Hmac, Mac as _};
use serde_json::{Map, Value, json};
use sha1::Sha1;

use super::register;
use crate::{
    answer::{self, MatrixError},
    body::{Body, Fields as _},
    caller::Caller,
    server::{Server, State as ServerState},
};

/// `GET /_synapse/admin/v1/register`
pub(crate) async fn nonce(State(server): State<Arc<Server>>) -> Result<Response, MatrixError> {
    secret(&server)?;
    Ok(answer::ok(json!({"nonce": server.state().nonces.give()})))
}

/// `POST /_synapse/admin/v1/register`
pub(crate) async fn create(State(server): State<Arc<Server>>, Body(body): Body) -> Result<Response, MatrixError> {
    let secret = secret(&server)?;
    let text = |name: &'static str| {
        body.optional_text(name).and_then(|text| text.ok_or_else(|| MatrixError::missing_param(name)))
    };
    let (nonce, username, password, mac) = (text("nonce")?, text("username")?, text("password")?, text("mac")?);
    let mut state = server.state();
    if !state.nonces.take(nonce) {
        return Err(MatrixError::new(
            StatusCode::BAD_REQUEST,
            "M_UNKNOWN",
            "this nonce was never given out, or is used up",
        ));
    }
    let is_admin = body.optional_flag("admin")?.unwrap_or(false);
    let role = if is_admin { "admin" } else { "notadmin" };
    if !is_signed(secret, [nonce, username, password, role], mac) {
        return Err(MatrixError::forbidden("the MAC is not right"));
    }
    register::outright(&mut state, username, password, is_admin)
}

/// `PUT /_matrix/client/v1/admin/lock/{userId}`
pub(crate) async fn lock(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(user): Path<String>,
    Body(body): Body,
) -> Result<Response, MatrixError> {
    let locked = state_of(&body, "locked")?;
    let mut state = administered(&server, &caller)?;
    if !state.accounts.lock(&user, locked) {
        return Err(no_such_user());
    }
    if locked && server.has_defect("locks-end-sessions") {
        let user = state.accounts.named(&user).cloned();
        user.iter().for_each(|user| state.accounts.log_out_everywhere(user));
    }
    Ok(answer::ok(json!({"locked": locked})))
}

/// `PUT /_matrix/client/v1/admin/suspend/{userId}`
pub(crate) async fn suspend(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(user): Path<String>,
    Body(body): Body,
) -> Result<Response, MatrixError> {
    let suspended = state_of(&body, "suspended")?;
    let mut state = administered(&server, &caller)?;
    if !state.accounts.suspend(&user, suspended) {
        return Err(no_such_user());
    }
    Ok(answer::ok(json!({"suspended": suspended})))
}

fn state_of(body: &Map<String, Value>, name: &'static str) -> Result<bool, MatrixError> {
    body.optional_flag(name)?.ok_or_else(|| MatrixError::missing_param(name))
}

fn administered<'a>(server: &'a Server, caller: &Caller) -> Result<MutexGuard<'a, ServerState>, MatrixError> {
    let state = server.state();
    if state.accounts.is_admin(&caller.user) {
        return Ok(state);
    }
    Err(MatrixError::forbidden("you are not an administrator of this server"))
}

fn no_such_user() -> MatrixError {
    MatrixError::new(StatusCode::NOT_FOUND, "M_NOT_FOUND", "there is no such account here")
}

fn secret(server: &Server) -> Result<&str, MatrixError> {
    let secret = server.config.registration_shared_secret.as_deref();
    secret.ok_or_else(|| MatrixError::unrecognized(StatusCode::NOT_FOUND))
}

/// Whether `mac` is the HMAC-SHA1 over the parts, separated by NUL, in hexadecimal.
fn is_signed(secret: &str, parts: [&str; 4], mac: &str) -> bool {
    let given: Option<Vec<u8>> = (0..mac.len())
        .step_by(2)
        .map(|at| mac.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect();
    let (Some(given), Ok(mut wanted)) = (given, Hmac::<Sha1>::new_from_slice(secret.as_bytes())) else { return false };
    wanted.update(parts.join("\0").as_bytes());
    wanted.verify_slice(&given).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_mac_is_taken() {
        let parts = ["nonce", "user", "pass", "notadmin"];
        assert!(is_signed("secret", parts, "a62633a505e2bc2e61569cf3c6847ee41ef09bae"));
        assert!(!is_signed("other", parts, "a62633a505e2bc2e61569cf3c6847ee41ef09bae"));
        for wrong in ["", "a6", "zz", "é", "a62633a505e2bc2e61569cf3c6847ee41ef09baf"] {
            assert!(!is_signed("secret", parts, wrong), "{wrong}");
        }
    }
}
