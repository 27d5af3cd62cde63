//! `POST /account/3pid/bind` and `/unbind`: what identity servers know of an account's addresses.
//!
//! Both leave the account's own list as it is. Neither holds the state's lock while an identity server is asked.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::json;

use crate::{
    accounts::UserId,
    address::Address,
    answer::{self, MatrixError},
    body::{Body, Fields as _},
    caller::Caller,
    identity::{Association, Bind, Sender, Unbound, bindings},
    server::Server,
};

/// `POST /account/3pid/bind`: hands the request on to the identity server, and its answer back.
pub(crate) async fn bind(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Body(body): Body,
) -> Result<Response, MatrixError> {
    let bind = Bind {
        id_server: body.text("id_server")?,
        id_access_token: body.text("id_access_token")?,
        sid: body.text("sid")?,
        client_secret: body.text("client_secret")?,
    };
    match server.identity.bind(&server.switches, &caller.user, bind).await {
        Ok(bound) => {
            let mut state = server.state();
            let is_refused = server.has_defect("bind-refuses-what-another-bound");
            if is_refused && state.bindings.is_bound_by_another(&caller.user, &bindings::canonical(bound.clone())) {
                return Err(MatrixError::in_use());
            }
            if !server.has_shape("binds-are-not-tracked") {
                state.bindings.remember(&caller.user, bound, bind.id_server);
            }
            Ok(answer::empty())
        }
        Err(_) if server.has_defect("bind-ignores-refusals") => Ok(answer::empty()),
        Err(refusal) if server.has_defect("bind-hides-the-reason") => {
            let hidden = refusal.with_status(StatusCode::INTERNAL_SERVER_ERROR);
            Err(hidden.because("M_UNKNOWN", "the identity server refused"))
        }
        Err(refusal) => Err(refusal),
    }
}

/// `POST /account/3pid/unbind`
pub(crate) async fn unbind(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Body(body): Body,
) -> Result<Response, MatrixError> {
    let what = named(body.text("medium")?, body.text("address")?)?;
    let id_server = body.optional_text("id_server")?;
    let result = everywhere(&server, &caller.user, &what, id_server).await?;
    if server.has_defect("unbind-removes-the-address")
        && let Ok(address) = Address::parse(&what.address)
    {
        server.state().accounts.detach(&caller.user, &address);
    }
    Ok(answer::ok(json!({"id_server_unbind_result": word(result)})))
}

/// What a request names. An address that is none is bound nowhere.
pub(super) fn named(medium: &str, address: &str) -> Result<Association, MatrixError> {
    if !matches!(medium, "email" | "msisdn") {
        return Err(MatrixError::invalid_param(format!("the medium `{medium}` is not known")));
    }
    Ok(bindings::canonical(Association { medium: medium.to_owned(), address: address.to_owned() }))
}

/// Takes an association back at the named identity server, or wherever this homeserver knows it to be. Nowhere is no support:
/// the specification has no other word for it.
pub(super) async fn everywhere(
    server: &Server,
    user: &UserId,
    what: &Association,
    id_server: Option<&str>,
) -> Result<Unbound, MatrixError> {
    let servers = match id_server {
        Some(id_server) => vec![id_server.to_owned()],
        None => server.state().bindings.servers(user, what),
    };
    if servers.is_empty() {
        return Ok(Unbound::NotSupported);
    }
    let sender = Sender { name: &server.name, key: &server.key, switches: &server.switches };
    let mut result = Unbound::Done;
    for id_server in servers {
        let answered = server.identity.unbind(&sender, &id_server, user, what).await;
        match answered {
            Ok(Unbound::Done) => server.state().bindings.forget(user, what, &id_server),
            Ok(Unbound::NotSupported) => result = Unbound::NotSupported,
            Err(_) if server.has_defect("unbind-error-becomes-success") => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(result)
}

/// The specification's word for the result.
pub(super) fn word(result: Unbound) -> &'static str {
    match result {
        Unbound::Done => "success",
        Unbound::NotSupported => "no-support",
    }
}
