//! `GET /account/3pid` and `POST /account/3pid/delete`: the list, and removing from it.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::{Map, Value, json};

use crate::{
    accounts::{Threepid, UserId},
    address::Address,
    answer::{self, MatrixError},
    body::{Body, Fields as _},
    caller::Caller,
    endpoints::binding::{everywhere, named, word},
    identity::{Association, Unbound},
    server::Server,
    uia::{self, Ask, Operation, Stage},
};

/// `GET /account/3pid`
pub(crate) async fn list(State(server): State<Arc<Server>>, caller: Caller) -> Response {
    let state = server.state();
    let own = state.accounts.threepids(&caller.user);
    let threepids: Vec<_> = if server.has_defect("lists-everybodys-addresses") {
        // Somebody lived here before anyone came: what is shown too much does not depend on who else is here just now.
        let resident = Threepid { address: Address::unchecked("resident@threepid.test"), validated_at: 0, added_at: 0 };
        state.accounts.everybodys_threepids().chain([&resident]).map(listed).collect()
    } else if server.has_defect("bound-addresses-are-listed") {
        let bound = state.bindings.of(&caller.user);
        let bound = bound
            .iter()
            .map(|what| json!({"medium": what.medium, "address": what.address, "validated_at": 1, "added_at": 1}));
        own.iter().map(listed).chain(bound).collect()
    } else {
        own.iter().map(listed).collect()
    };
    answer::ok(json!({"threepids": threepids}))
}

fn listed(threepid: &Threepid) -> Value {
    json!({
        "medium": "email",
        "address": threepid.address.as_str(),
        "validated_at": threepid.validated_at,
        "added_at": threepid.added_at,
    })
}

/// `POST /account/3pid/delete`. Only the caller's own address is ever removed. One that the account does not have is as good
/// as removed: whoever repeats a request whose answer was lost is not told off for it.
pub(crate) async fn delete(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Body(body): Body,
) -> Result<Response, MatrixError> {
    if !server.has_defect("disabled-changes-still-remove") {
        server.changes_permitted()?;
    }
    let what = named(body.text("medium")?, body.text("address")?)?;
    let user = &caller.user;
    if server.state().accounts.is_suspended(user) {
        return Err(MatrixError::suspended());
    }
    let is_as_listed = body.text("address")? == what.address || !server.has_defect("removal-compares-case");
    let own = own_address(&server, user, &what).filter(|_| is_as_listed);
    if server.has_defect("delete-asks-for-the-password") {
        let auth = body.optional_object("auth")?;
        ask_for_the_password(&server, user, auth)?;
    }
    if own.is_none() && server.has_defect("unknown-delete-is-a-server-error") {
        return Err(MatrixError::internal("there is no such address"));
    }
    if own.is_none() && server.has_shape("unknown-delete-404") {
        return Err(MatrixError::no_such_address(StatusCode::NOT_FOUND));
    }
    let id_server = body.optional_text("id_server")?.filter(|_| !server.has_defect("delete-ignores-the-named-server"));
    let is_bound = id_server.is_some() || !server.state().bindings.servers(user, &what).is_empty();
    let result = if server.has_defect("delete-leaves-the-binding") {
        Unbound::NotSupported
    } else {
        // First there, then here: after an error the list still says what the identity server says.
        let unbound = everywhere(&server, user, &what, id_server).await;
        if unbound.is_err() && server.has_defect("failed-delete-removes-anyway") {
            remove(&server, user, own.as_ref());
        }
        unbound?
    };
    if is_bound && result == Unbound::NotSupported && server.has_defect("delete-fails-without-unbind") {
        return Err(MatrixError::internal("it could not be unbound"));
    }
    remove(&server, user, own.as_ref());
    Ok(answer::ok(json!({"id_server_unbind_result": word(result)})))
}

/// The address to remove, if the caller has it. An address that is none is as good as one that nobody has.
fn own_address(server: &Server, user: &UserId, what: &Association) -> Option<Address> {
    let address = Address::parse(&what.address).ok()?;
    let state = server.state();
    let first = state.accounts.threepids(user).first();
    if server.has_defect("delete-takes-the-first-address") {
        return first.map(|threepid| threepid.address.clone());
    }
    let owner = state.accounts.owner(&address);
    let removable =
        what.medium == "email" && (owner == Some(user) || server.has_defect("delete-takes-anybodys-address"));
    (owner.is_some() && removable).then_some(address)
}

/// Takes the address out of the account, and with it the pushers that mail it.
fn remove(server: &Server, user: &UserId, address: Option<&Address>) {
    let Some(address) = address else {
        return;
    };
    let mut state = server.state();
    if !server.has_defect("pusher-survives-its-address") {
        state.pushers.remove_address(user, address);
    }
    if server.has_defect("delete-keeps-the-address") {
        return;
    }
    // While an identity server was asked the address may have gone to somebody else.
    let owner = state.accounts.owner(address).cloned();
    let owner = owner.filter(|it| it == user || server.has_defect("delete-takes-anybodys-address"));
    let Some(owner) = owner else {
        return;
    };
    if server.has_defect("login-by-a-removed-address") {
        state.accounts.hide(&owner, address);
    } else {
        state.give_up(&server.switches, &owner, address);
    }
}

/// Asks for what removing does not need: what a defect gets wrong.
fn ask_for_the_password(server: &Server, user: &UserId, auth: Option<&Map<String, Value>>) -> Result<(), MatrixError> {
    let ask = Ask {
        operation: Operation::RemoveAddress { user: user.clone() },
        flows: &[&[Stage::Password]],
        auth,
        remember: Map::new(),
    };
    uia::authorise(server, &mut server.state(), ask).map(drop)
}
