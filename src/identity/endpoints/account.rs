//! `/account`: from a homeserver's OpenID token to an access token ("Authentication").

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::json;

use crate::identity::answer::{Answer, Refusal, ok};
use crate::identity::body::Body;
use crate::identity::caller::{self, Caller};
use crate::identity::server::Server;
use crate::identity::sessions::letters;

/// `POST /account/register`: whose the token is, says the homeserver that issued it.
pub(in crate::identity) async fn register(State(server): State<Arc<Server>>, body: Body) -> Answer {
    let (token, homeserver) = (body.text("access_token")?, body.text("matrix_server_name")?);
    body.integer("expires_in")?;
    if !body.text("token_type")?.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::invalid("`token_type` is not `Bearer`"));
    }
    let user = server.homeservers.user_of(homeserver, token).await;
    let user = user.map_err(|fault| Refusal::unauthorized(fault.to_string()))?;
    let token = letters();
    server.state().tokens.insert(token.clone(), user);
    ok(json!({"token": token}))
}

/// `GET /account`.
pub(in crate::identity) async fn account(caller: Caller) -> Answer {
    ok(json!({"user_id": caller.user_id}))
}

/// `POST /account/logout`. For a token that is not known it has a code of its own.
pub(in crate::identity) async fn logout(
    State(server): State<Arc<Server>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Answer {
    let token = caller::token(&headers, &uri).ok_or_else(|| Refusal::unauthorized("an access token is needed"))?;
    match server.state().tokens.remove(&token) {
        Some(_) => ok(json!({})),
        None => Err(Refusal::new(StatusCode::UNAUTHORIZED, "M_UNKNOWN_TOKEN", "that access token is not known")),
    }
}
