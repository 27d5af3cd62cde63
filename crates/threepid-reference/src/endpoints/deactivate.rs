//! `POST /account/deactivate`: the end of an account.
//!
//! The name stays taken. Everything else goes: devices, addresses, pushers, and what identity servers know. An identity server
//! that fails keeps nobody from leaving; the answer then says that not everything was unbound.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use serde_json::{Map, json};

use super::binding::{everywhere, word};
use crate::{
    answer::{self, MatrixError},
    body::{Body, Fields as _},
    caller::Caller,
    identity::{Association, Unbound},
    server::Server,
    uia::{self, Ask, Flows, Operation, Stage},
};

/// Leaving needs the account's password.
const FLOWS: Flows = &[&[Stage::Password]];

/// `POST /account/deactivate`
pub(crate) async fn deactivate(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Body(body): Body,
) -> Result<Response, MatrixError> {
    let id_server = body.optional_text("id_server")?;
    let user = caller.user;
    let (had_addresses, bound) = {
        let mut state = server.state();
        let ask = Ask {
            operation: Operation::Deactivate { user: user.clone() },
            flows: FLOWS,
            auth: body.optional_object("auth")?,
            remember: Map::new(),
        };
        let grant = uia::authorise(&server, &mut state, ask)?;
        state.challenges.spend(&grant);
        let mut bound = state.bindings.of(&user);
        if id_server.is_some() {
            // Whoever names an identity server means what it knows, through this homeserver or not.
            let own = state.accounts.threepids(&user).iter();
            bound.extend(
                own.map(|threepid| Association { medium: "email".to_owned(), address: threepid.address.to_string() }),
            );
            bound.dedup();
        }
        let had_addresses = !state.accounts.threepids(&user).is_empty();
        state.deactivate(&server.switches, &user);
        (had_addresses, bound)
    };
    let mut result = Unbound::Done;
    for what in &bound {
        if server.has_defect("deactivation-leaves-the-bindings") {
            break;
        }
        let unbound = everywhere(&server, &user, what, id_server).await;
        if !matches!(unbound, Ok(Unbound::Done)) {
            result = Unbound::NotSupported;
        }
    }
    // An address that this homeserver did not bind may be bound all the same; without any there is nothing to unbind.
    if bound.is_empty() && (had_addresses || server.has_defect("deactivation-fails-to-unbind-nothing")) {
        result = Unbound::NotSupported;
    }
    Ok(answer::ok(json!({"id_server_unbind_result": word(result)})))
}
