//! The `submit_url`: a token typed into the client instead of clicked in the mail.
//!
//! Specification: identity service API, `POST /validate/email/submitToken`, whose parameters, answers and errors a homeserver's
//! `submit_url` shares (client-server API, requestToken). It needs no access token: the token of the mail is the proof.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::json;

use crate::{
    answer::{self, MatrixError},
    body::{Body, Fields as _},
    proofs::{LinkFailure, Visit},
    server::Server,
};

/// Where typed tokens are sent.
pub(crate) const PATH: &str = "/_reference/email/submit";

/// The address to send a typed token to, if the server offers that.
pub(super) fn url(server: &Server) -> Option<String> {
    let offered = server.config.submit_url || server.has_shape("submit-url") || server.has_shape("code-mail");
    offered.then(|| format!("{}{PATH}", server.public_url))
}

/// `POST` of a token.
pub(crate) async fn submitted(State(server): State<Arc<Server>>, Body(body): Body) -> Result<Response, MatrixError> {
    if url(&server).is_none() {
        return Err(MatrixError::unrecognized(StatusCode::NOT_FOUND));
    }
    let visit = Visit {
        sid: body.text("sid")?.to_owned(),
        client_secret: Some(body.text("client_secret")?.to_owned()),
        token: body.text("token")?.to_owned(),
    };
    let judged = server.state().proofs.follow(&server.switches, &visit);
    match judged {
        Ok(_) => Ok(answer::ok(json!({"success": true}))),
        Err(LinkFailure::WrongToken) if server.has_defect("submit-url-takes-any-token") => {
            Ok(answer::ok(json!({"success": true})))
        }
        Err(reason) => Err(refusal(reason)),
    }
}

fn refusal(reason: LinkFailure) -> MatrixError {
    let (errcode, error) = match reason {
        LinkFailure::WrongToken => ("M_TOKEN_INCORRECT", "this is not the token of the e-mail"),
        LinkFailure::UnknownSession | LinkFailure::WrongSecret => {
            ("M_INVALID_PARAM", "there is no session with this sid and client secret")
        }
        // A session that took too many wrong tokens is over as well: only a new mail helps.
        LinkFailure::Expired | LinkFailure::Exhausted => {
            ("M_SESSION_EXPIRED", "the token has expired; please ask for a new e-mail")
        }
    };
    MatrixError::new(StatusCode::BAD_REQUEST, errcode, error)
}
