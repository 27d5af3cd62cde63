//! `/3pid/unbind`: removes an association, for whoever proves the address or for the user's homeserver.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, header};
use serde_json::json;

use super::validate::of_fault;
use crate::identity::answer::{Answer, Refusal, ok};
use crate::identity::body::{Body, text};
use crate::identity::homeserver::server_of;
use crate::identity::server::Server;
use crate::identity::signing;
use crate::identity::x_matrix::XMatrix;

/// `POST /3pid/unbind`.
///
/// If there is no such association, there is nothing left to do and the answer is 200 too: whoever asks again because
/// an answer was lost must not be told that it failed.
pub(in crate::identity) async fn unbind(
    State(server): State<Arc<Server>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let (mxid, threepid) = (body.text("mxid")?, body.object("threepid")?);
    let (medium, address) = (text(threepid, "medium")?, text(threepid, "address")?);
    if medium != "email" {
        return Err(Refusal::invalid("only addresses of e-mail are kept here"));
    }
    match (body.optional_text("sid")?, body.optional_text("client_secret")?) {
        (Some(sid), Some(secret)) => {
            let proof = server.state().sessions.proof(sid, secret, Instant::now()).map_err(of_fault)?;
            if proof.address != address {
                return Err(Refusal::forbidden("the session proves another address"));
            }
        }
        (None, None) => {
            let path = uri.path_and_query().map_or_else(|| uri.path(), |whole| whole.as_str());
            signed_by_homeserver(&server, &headers, path, &body, mxid).await?;
        }
        (Some(_), None) => return Err(Refusal::missing("client_secret")),
        (None, Some(_)) => return Err(Refusal::missing("sid")),
    }
    let hash = server.hash(address);
    let mut state = server.state();
    if state.associations.get(&hash).is_some_and(|user| user == mxid) {
        state.associations.remove(&hash);
    }
    ok(json!({}))
}

/// Whether the user's homeserver signed the request, with a key that it publishes.
async fn signed_by_homeserver(
    server: &Server,
    headers: &HeaderMap,
    uri: &str,
    body: &Body,
    mxid: &str,
) -> Result<(), Refusal> {
    let signatures =
        XMatrix::all(headers.get_all(header::AUTHORIZATION).iter().filter_map(|value| value.to_str().ok()));
    let mut why = "the request is not signed by a homeserver, and has no `sid` and `client_secret`".to_owned();
    for one in signatures {
        match accepts(server, &one, uri, body, mxid).await {
            Ok(()) => return Ok(()),
            Err(fault) => why = fault,
        }
    }
    Err(Refusal::forbidden(why))
}

async fn accepts(server: &Server, one: &XMatrix, uri: &str, body: &Body, mxid: &str) -> Result<(), String> {
    if server_of(mxid) != Some(one.origin.as_str()) {
        return Err(format!("`{}` may not speak for `{mxid}`", one.origin));
    }
    if one.destination.as_ref().is_some_and(|destination| *destination != server.name) {
        return Err("the request was signed for another server".to_owned());
    }
    let key = server.homeservers.key(&one.origin, &one.key).await.map_err(|fault| fault.to_string())?;
    // The text has no form of its own for identity servers. That of federation has `destination`; the servers that
    // unbind sign `destination_is` instead, which Sydent introduced.
    let signed = ["destination", "destination_is"].into_iter().find(|member| {
        let object = one.signed("POST", uri, &body.0, (member, &server.name));
        signing::verify(&object, &key, &one.signature).is_ok()
    });
    signed.map(|_| ()).ok_or_else(|| "Invalid homeserver signature".to_owned())
}
