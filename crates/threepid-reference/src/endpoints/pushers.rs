//! `GET /pushers` and `POST /pushers/set`.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use serde_json::{Value, json};

use crate::{
    answer::{self, MatrixError},
    body::{Body, Fields as _},
    caller::Caller,
    pushers::Pusher,
    server::Server,
};

/// Characters in an `app_id`, and bytes in a `pushkey`.
const APP_ID_LIMIT: usize = 64;
const PUSHKEY_LIMIT: usize = 512;
/// Bytes in a whole pusher.
const PUSHER_LIMIT: usize = 4 * 1024;
/// What a pusher must have beside its name, and what else is listed of it.
const TEXTS: [&str; 3] = ["app_display_name", "device_display_name", "lang"];

/// `GET /pushers`
pub(crate) async fn list(State(server): State<Arc<Server>>, caller: Caller) -> Response {
    let state = server.state();
    let pushers = state.pushers.of(&caller.user).iter();
    let listed: Vec<_> = pushers.map(|pusher| Value::from(pusher.fields.clone())).collect();
    answer::ok(json!({"pushers": listed}))
}

/// `POST /pushers/set`. A `kind` of `null` removes the pusher; its absence is a mistake.
pub(crate) async fn set(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Body(mut body): Body,
) -> Result<Response, MatrixError> {
    let app_id = body.text("app_id")?.to_owned();
    let pushkey = body.text("pushkey")?.to_owned();
    if app_id.chars().count() > APP_ID_LIMIT || pushkey.len() > PUSHKEY_LIMIT {
        return Err(MatrixError::invalid_param(format!(
            "an app_id has at most {APP_ID_LIMIT} characters, a pushkey {PUSHKEY_LIMIT} bytes"
        )));
    }
    if !body.contains_key("kind") {
        return Err(MatrixError::missing_param("kind"));
    }
    let Some(kind) = body.optional_text("kind")? else {
        let mut state = server.state();
        state.pushers.remove(&caller.user, &app_id, &pushkey);
        return Ok(answer::empty());
    };
    let is_email = kind == "email";
    for name in TEXTS {
        body.text(name)?;
    }
    if body.optional_object("data")?.is_none() {
        return Err(MatrixError::missing_param("data"));
    }
    let listed = ["app_id", "pushkey", "kind", "data", "profile_tag"];
    body.retain(|name, _| listed.contains(&name.as_str()) || TEXTS.contains(&name.as_str()));
    if Value::from(body.clone()).to_string().len() > PUSHER_LIMIT {
        return Err(MatrixError::invalid_param(format!("a pusher has at most {PUSHER_LIMIT} bytes")));
    }
    let pusher = Pusher { app_id, pushkey, is_email, fields: body };
    server.state().pushers.set(&caller.user, pusher);
    Ok(answer::empty())
}
