//! `GET /account/3pid` and `POST /account/3pid/delete`: the list, and removing from it.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::{Map, Value, json};

use crate::reference::{
    accounts::Threepid,
    address::Address,
    answer::{self, MatrixError},
    body::{Body, Fields as _},
    caller::Caller,
    defects::{
        DELETE_ASKS_FOR_THE_PASSWORD, DELETE_CLAIMS_AN_UNBINDING, DELETE_KEEPS_THE_ADDRESS, DELETE_WITHOUT_RESULT,
        LISTS_SECONDS, LISTS_WITHOUT_TIMES,
    },
    server::Server,
    shapes::UNKNOWN_DELETE_404,
    uia::{self, Ask, Operation, Stage},
};

/// `GET /account/3pid`
pub(in crate::reference) async fn list(State(server): State<Arc<Server>>, caller: Caller) -> Response {
    let state = server.state();
    let threepids = state.accounts.threepids(&caller.user).iter().map(|threepid| listed(&server, threepid));
    answer::ok(json!({"threepids": threepids.collect::<Vec<_>>()}))
}

fn listed(server: &Server, threepid: &Threepid) -> Value {
    let unit_ms = if server.broken(LISTS_SECONDS) { 1000 } else { 1 };
    let mut entry = json!({"medium": "email", "address": threepid.address.as_str()});
    if !server.broken(LISTS_WITHOUT_TIMES) {
        entry["validated_at"] = (threepid.validated_at / unit_ms).into();
        entry["added_at"] = (threepid.added_at / unit_ms).into();
    }
    entry
}

/// `POST /account/3pid/delete`. Only the caller's own address is ever removed. One that the account does not have is as good
/// as removed: whoever repeats a request whose answer was lost is not told off for it.
pub(in crate::reference) async fn delete(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Body(body): Body,
) -> Result<Response, MatrixError> {
    if !server.config.changes_enabled {
        return Err(MatrixError::changes_disabled());
    }
    let medium = body.text("medium")?;
    let address = body.text("address")?;
    let mut state = server.state();
    if server.broken(DELETE_ASKS_FOR_THE_PASSWORD) {
        let operation = Operation::RemoveAddress { user: caller.user.clone() };
        let auth = body.optional_object("auth")?;
        uia::authorise(
            &server,
            &mut state,
            Ask { operation, flows: &[&[Stage::Password]], auth, remember: Map::new() },
        )?;
    }
    let removed = match medium {
        "email" => Address::parse(address).is_ok_and(|address| {
            state.accounts.owner(&address) == Some(&caller.user)
                && (server.broken(DELETE_KEEPS_THE_ADDRESS) || state.accounts.detach(&caller.user, &address))
        }),
        "msisdn" => false,
        _ => {
            return Err(MatrixError::invalid_param(format!("the medium `{medium}` is not known")));
        }
    };
    if !removed && server.shaped(UNKNOWN_DELETE_404) {
        let error = "the account does not have this address";
        return Err(MatrixError::new(StatusCode::NOT_FOUND, "M_THREEPID_NOT_FOUND", error));
    }
    if server.broken(DELETE_WITHOUT_RESULT) {
        return Ok(answer::empty());
    }
    let result = if server.broken(DELETE_CLAIMS_AN_UNBINDING) { "success" } else { "no-support" };
    Ok(answer::ok(json!({"id_server_unbind_result": result})))
}
