//! `/hash_details` and `/lookup` ("Association lookup").

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Map, Value, json};

use crate::identity::answer::{Answer, Refusal, ok};
use crate::identity::body::Body;
use crate::identity::caller::Caller;
use crate::identity::limits;
use crate::identity::server::Server;

/// `GET /hash_details`.
pub(in crate::identity) async fn hash_details(State(server): State<Arc<Server>>, _caller: Caller) -> Answer {
    ok(json!({"lookup_pepper": server.pepper, "algorithms": ["sha256", "none"]}))
}

/// `POST /lookup`.
pub(in crate::identity) async fn lookup(State(server): State<Arc<Server>>, _caller: Caller, body: Body) -> Answer {
    let (algorithm, pepper, addresses) = (body.text("algorithm")?, body.text("pepper")?, body.texts("addresses")?);
    if addresses.len() > limits::LOOKUP {
        return Err(Refusal::invalid(format!("more than {} addresses at once", limits::LOOKUP)));
    }
    if pepper != server.pepper {
        return Err(Refusal::bad("M_INVALID_PEPPER", "that is not the pepper of /hash_details"));
    }
    let hash = |address: &str| match algorithm {
        "sha256" => Some(address.to_owned()),
        _ => Some(server.hash(address.strip_suffix(" email")?)),
    };
    if !matches!(algorithm, "sha256" | "none") {
        return Err(Refusal::invalid("`algorithm` is neither `sha256` nor `none`"));
    }
    let state = server.state();
    let mappings: Map<String, Value> = addresses
        .into_iter()
        .filter_map(|address| {
            let user = state.associations.get(&hash(address)?)?;
            Some((address.to_owned(), user.as_str().into()))
        })
        .collect();
    ok(json!({"mappings": mappings}))
}
