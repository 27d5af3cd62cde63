//! Which request goes where.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};

use super::answer::Refusal;
use super::endpoints::{account, bind, lookup, pubkey, status, terms, unbind, validate};
use super::paths::{SUBMIT, V2};
use super::server::Server;

/// The router of the whole server.
pub(super) fn router(server: Arc<Server>) -> Router {
    let v2 = Router::new()
        .route("/account", get(account::account))
        .route("/account/register", post(account::register))
        .route("/account/logout", post(account::logout))
        .route("/terms", get(terms::terms).post(terms::accept))
        .route("/hash_details", get(lookup::hash_details))
        .route("/lookup", post(lookup::lookup))
        .route("/validate/email/requestToken", post(validate::request_token))
        .route(SUBMIT, get(validate::followed).post(validate::submitted))
        .route("/3pid/getValidated3pid", get(bind::validated))
        .route("/3pid/bind", post(bind::bind))
        .route("/3pid/unbind", post(unbind::unbind))
        .route("/pubkey/isvalid", get(pubkey::is_valid))
        .route("/pubkey/ephemeral/isvalid", get(pubkey::is_ephemeral_valid))
        .route("/pubkey/{key_id}", get(pubkey::key));
    Router::new()
        .route("/_matrix/identity/versions", get(status::versions))
        .route(V2, get(status::ping))
        .nest(V2, v2)
        .fallback(async || Refusal::unrecognized(StatusCode::NOT_FOUND))
        .method_not_allowed_fallback(async || Refusal::unrecognized(StatusCode::METHOD_NOT_ALLOWED))
        .with_state(server)
}
