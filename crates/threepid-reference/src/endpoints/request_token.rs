//! The three requestToken endpoints for e-mail: opening a validation session and sending its mail.
//!
//! They differ in what they ask about the address: adding and registering need one that nobody has, resetting a password one
//! that an account has. Where errors are inhibited, the answer says nothing about that: an address for which there is nothing
//! to do gets a session like any other, whose sid is as stable, and no answer waits for the mail.
//!
//! Specification: client-server API, `POST /account/3pid/email/requestToken`, `POST /register/email/requestToken`,
//! `POST /account/password/email/requestToken`.

mod next_link;
mod params;
mod sending;

use std::{sync::Arc, time::Instant};

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::{Map, Value, json};

use crate::{
    address::Address,
    answer::{self, MatrixError},
    body::Body,
    caller::Visitor,
    config::Registration,
    endpoints::submit,
    proofs::{Claim, Purpose},
    random,
    server::Server,
};

use params::Params;
use sending::prove;

pub(super) use sending::notify;

/// Adds an address to an account. It needs no access token: the proof is what matters later.
pub(crate) async fn for_adding(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Body(body): Body,
) -> Result<Response, MatrixError> {
    respond(&server, Purpose::Add, visitor, &body).await
}

/// Registers with an address.
pub(crate) async fn for_registering(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Body(body): Body,
) -> Result<Response, MatrixError> {
    respond(&server, Purpose::Register, visitor, &body).await
}

/// Resets the password of the account that has the address.
pub(crate) async fn for_resetting(
    State(server): State<Arc<Server>>,
    visitor: Visitor,
    Body(body): Body,
) -> Result<Response, MatrixError> {
    respond(&server, Purpose::Reset, visitor, &body).await
}

/// The requests for a medium that this server has not: phone numbers.
pub(crate) async fn for_a_phone() -> MatrixError {
    MatrixError::medium_not_supported("this server cannot send text messages")
}

async fn respond(
    server: &Arc<Server>,
    purpose: Purpose,
    visitor: Visitor,
    body: &Map<String, Value>,
) -> Result<Response, MatrixError> {
    if let Some(refusal) = server.refusal_of_mail() {
        return Err(refusal);
    }
    if body.contains_key("id_server") && server.has_defect("leaves-it-to-the-id-server") {
        return Ok(answered(server, &random::id()));
    }
    let has_no_at = body.get("email").and_then(Value::as_str).is_some_and(|email| !email.contains('@'));
    let params = match Params::read(server, body) {
        Err(_) if has_no_at && server.has_defect("invalid-email-accepted") => {
            return Ok(answered(server, &random::id()));
        }
        params => params?,
    };
    offered(server, purpose)?;
    mailable(server, purpose, &params.address)?;
    let next_link = next_link::permitted(server, purpose, params.next_link.as_deref())?;
    let limited = admitted(server, &visitor, &params.address);
    if let Err(refusal) = limited {
        if server.has_defect("limited-request-mails") {
            prove(server, params.claim(purpose, next_link), &params, None).await?;
        }
        return Err(refusal);
    }

    let claim = params.claim(purpose, next_link);
    let token = visitor.caller.as_ref().map(|caller| caller.token.as_str());
    let sid = match wanted(server, &visitor, &claim, &params) {
        Ok(()) => prove(server, claim, &params, token).await?,
        Err(refusal) => {
            let inhibited = server.config.inhibit_3pid_errors
                && !(purpose == Purpose::Reset && server.has_defect("inhibition-stops-at-resets"));
            if inhibited && server.has_defect("hidden-session-claims-the-address") {
                prove(server, claim, &params, token).await?
            } else if inhibited {
                sending::pretend(server, claim).await
            } else {
                return refused(server, claim, &params, refusal).await;
            }
        }
    };
    let mut answer = answered(server, &sid);
    if server.has_defect("answer-gives-the-token-away") {
        let token = server.state().proofs.newest_token(&sid);
        answer = answer::ok(json!({"sid": sid, "token": token}));
    }
    Ok(answer)
}

fn answered(server: &Server, sid: &str) -> Response {
    let mut answer = json!({"sid": sid});
    if let Some(url) = submit::url(server) {
        answer["submit_url"] = url.into();
    }
    answer::ok(answer)
}

/// Whether the server offers what the validation would be for.
fn offered(server: &Server, purpose: Purpose) -> Result<(), MatrixError> {
    match purpose {
        Purpose::Add if !server.has_defect("disabled-changes-still-mail") => server.changes_permitted(),
        Purpose::Register
            if server.config.registration == Registration::Disabled
                && !server.has_defect("disabled-registration-mails") =>
        {
            Err(MatrixError::forbidden("registration is disabled"))
        }
        _ => Ok(()),
    }
}

/// Whether the server sends mail at all, and to this domain. An account's own address has passed that once.
fn mailable(server: &Server, purpose: Purpose, address: &Address) -> Result<(), MatrixError> {
    if !server.config.mail {
        return Err(MatrixError::medium_not_supported("this server cannot send mail"));
    }
    let checked = match purpose {
        Purpose::Add => !server.has_defect("foreign-domains-accepted"),
        Purpose::Register => !server.has_defect("registration-ignores-the-domains"),
        Purpose::Reset => false,
    };
    let is_allowed = |domains: &Vec<String>| {
        let mut domains = domains.iter();
        domains.any(|domain| domain.to_lowercase() == address.domain())
    };
    if checked && !server.config.allowed_domains.as_ref().is_none_or(is_allowed) {
        return Err(MatrixError::new(
            StatusCode::FORBIDDEN,
            "M_THREEPID_DENIED",
            "addresses of this domain are not accepted here",
        ));
    }
    Ok(())
}

fn admitted(server: &Server, visitor: &Visitor, address: &Address) -> Result<(), MatrixError> {
    let Some(limits) = &server.config.rate_limits else {
        return Ok(());
    };
    let now = Instant::now();
    let admitted = server.state().limits.admit(limits, visitor.address, address, now);
    let Err(wait) = admitted else {
        return Ok(());
    };
    if server.has_defect("limits-are-forgotten") {
        return Ok(());
    }
    Err(MatrixError::limit_exceeded(wait))
}

/// Whether there is anything to validate: adding and registering take an address that nobody has, a reset one that is known.
fn wanted(server: &Server, visitor: &Visitor, claim: &Claim, params: &Params) -> Result<(), MatrixError> {
    let state = server.state();
    let owner = state.accounts.owner(&claim.address);
    let is_other_spelling = params.written != claim.address.as_str();
    match (claim.purpose, owner) {
        (Purpose::Add, Some(owner)) => {
            let is_own = visitor.caller.as_ref().is_some_and(|it| it.user == *owner);
            let overlooked = server.has_defect("mails-an-address-in-use")
                || server.has_defect("offers-own-address-again") && is_own
                || server.has_defect("in-use-compares-case") && is_other_spelling;
            if overlooked { Ok(()) } else { Err(MatrixError::in_use()) }
        }
        (Purpose::Register, Some(_)) if !server.has_defect("registration-mails-owners") => Err(MatrixError::in_use()),
        (Purpose::Reset, None) if server.has_defect("reset-mails-strangers") => Ok(()),
        (Purpose::Reset, Some(_)) if !(server.has_defect("reset-compares-case") && is_other_spelling) => Ok(()),
        (Purpose::Reset, _) => Err(MatrixError::no_such_address(StatusCode::BAD_REQUEST)),
        (Purpose::Add, None) | (Purpose::Register, _) => Ok(()),
    }
}

/// The refusal of an address that there is nothing to validate for.
async fn refused(
    server: &Arc<Server>,
    claim: Claim,
    params: &Params,
    refusal: MatrixError,
) -> Result<Response, MatrixError> {
    if claim.purpose != Purpose::Add {
        return Err(refusal);
    }
    if server.has_shape("notice-to-the-owner") {
        sending::notify(server, claim.address.clone(), "Somebody tried to use your email address");
    }
    if server.has_defect("in-use-refused-but-mailed") {
        prove(server, claim, params, None).await?;
    }
    Err(refusal)
}
