//! What the server speaks and offers.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use serde_json::json;

use crate::{answer, caller::Caller, server::Server};

/// `GET /_matrix/client/versions`: every version whose rules for these flows the server keeps.
pub(crate) async fn versions() -> Response {
    let mut versions = vec!["r0.6.1".to_owned()];
    versions.extend((1..=18).map(|minor| format!("v1.{minor}")));
    // Clients of r0.6.1 look here before they use /account/3pid/add (MSC2290).
    answer::ok(json!({"versions": versions, "unstable_features": {"m.separate_add_and_bind": true}}))
}

/// `GET /capabilities`. Those not mentioned here default to what this server does not offer or need.
pub(crate) async fn capabilities(State(server): State<Arc<Server>>, _caller: Caller) -> Response {
    let capabilities = json!({
        "m.3pid_changes": {"enabled": server.config.changes_enabled},
        "m.change_password": {"enabled": true},
        "m.set_displayname": {"enabled": false},
        "m.set_avatar_url": {"enabled": false},
        "m.get_login_token": {"enabled": false},
    });
    answer::ok(json!({"capabilities": capabilities}))
}

/// `GET /.well-known/matrix/client`: where clients that know only the server's name should go.
pub(crate) async fn well_known(State(server): State<Arc<Server>>) -> Response {
    answer::ok(json!({"m.homeserver": {"base_url": server.public_url}}))
}
