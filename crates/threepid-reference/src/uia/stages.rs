//! The stages: what each of them takes for a proof.
//!
//! *Takes* the `auth` of a request; *gives* whether the stage is passed; *never* completes it, nor uses a proof up.
//!
//! Specification: client-server API, "Password-based", "Email-based (identity / homeserver)", "Token-authenticated
//! registration", "Dummy Auth".

use axum::http::StatusCode;
use serde_json::{Map, Value};

use super::{grant::Identity, operation::Operation, stage::Stage};
use crate::{
    answer::MatrixError,
    body::Fields as _,
    clock::now_ms,
    config::Registration,
    identifier,
    proofs::{NoProof, Proof, Purpose},
    random,
    server::{Server, State},
};

/// How an attempt at a stage ended.
pub(super) enum Outcome {
    Passed,
    /// Passed, with an address that belongs to whoever asks.
    Proved(Identity),
    /// Not passed; the client may try again.
    Failed(&'static str),
}

/// Tries one stage. An error ends the request.
pub(super) fn try_stage(
    server: &Server,
    state: &mut State,
    operation: &Operation,
    stage: Stage,
    auth: &Map<String, Value>,
) -> Result<Outcome, MatrixError> {
    match stage {
        // Who asks for this stage has read the terms.
        Stage::Dummy | Stage::Terms => Ok(Outcome::Passed),
        Stage::SecondFactor => Ok(Outcome::Failed("Invalid one-time password")),
        Stage::SingleSignOn => Ok(Outcome::Failed("Nobody has been at the identity provider")),
        Stage::RegistrationToken => registration_token(server, auth),
        Stage::Password => password(server, state, operation, auth),
        Stage::EmailIdentity => {
            let tried = email_identity(server, state, operation, auth);
            tried.map_err(|refusal| {
                if server.has_defect("malformed-creds-are-a-server-error") {
                    return refusal.with_status(StatusCode::INTERNAL_SERVER_ERROR);
                }
                refusal
            })
        }
    }
}

fn registration_token(server: &Server, auth: &Map<String, Value>) -> Result<Outcome, MatrixError> {
    let given = auth.text("token")?;
    let Registration::Token(token) = &server.config.registration else {
        return Ok(Outcome::Failed("Registration needs no token"));
    };
    Ok(if random::same(given.as_bytes(), token.as_bytes()) {
        Outcome::Passed
    } else {
        Outcome::Failed("Invalid registration token")
    })
}

fn password(
    server: &Server,
    state: &mut State,
    operation: &Operation,
    auth: &Map<String, Value>,
) -> Result<Outcome, MatrixError> {
    // The same words whether the account exists or not.
    let others = || Err(MatrixError::forbidden("these are not the credentials of the account that asks"));
    let by_address = auth.get("identifier").is_some_and(|identifier| identifier["type"] == "m.id.thirdparty");
    if by_address && server.has_defect("identifier-refuses-addresses") {
        return others();
    }
    let mut named = identifier::named(server, &state.accounts, auth)?;
    let password = auth.text("password")?;
    if named.is_none() && server.has_defect("unknown-identifier-is-the-caller") {
        named = operation.user().cloned();
    }
    let is_own = named.is_some() && named.as_ref() == operation.user();
    let user = named.filter(|_| is_own || server.has_defect("accepts-anybodys-credentials"));
    let Some(user) = user else {
        return others();
    };
    let right = server.password_is(state, &user, password)? || server.has_defect("accepts-any-password");
    Ok(if right { Outcome::Passed } else { Outcome::Failed("Invalid password") })
}

/// The client names the session of a requestToken; what counts is that somebody followed its link. A proof that is not there
/// (yet) is no error: clients ask again and again until it is.
fn email_identity(
    server: &Server,
    state: &mut State,
    operation: &Operation,
    auth: &Map<String, Value>,
) -> Result<Outcome, MatrixError> {
    let credentials = match auth.optional_object("threepid_creds")? {
        Some(credentials) => credentials,
        // The spelling of clients older than r0.6.0.
        None => auth.optional_object("threepidCreds")?.ok_or_else(|| MatrixError::missing_param("threepid_creds"))?,
    };
    let (sid, client_secret) = (credentials.text("sid")?, credentials.text("client_secret")?);
    let Some(purpose) = operation.purpose() else {
        return Ok(Outcome::Failed("this needs no e-mail address"));
    };
    let lent = match purpose {
        Purpose::Register => server.has_defect("any-proof-registers"),
        _ => server.has_defect("any-proof-resets") || server.has_defect("used-add-proof-resets"),
    };
    let proof = match state.proofs.proof(purpose, sid, client_secret) {
        Err(_) if lent && state.proofs.any_proof(sid, client_secret).is_ok() => {
            state.proofs.any_proof(sid, client_secret).ok()
        }
        Err(reason) => invented(server, state, purpose, (sid, client_secret), reason)?,
        Ok(proof) => Some(proof),
    };
    Ok(match proof {
        Some(proof) => Outcome::Proved(Identity { sid: sid.to_owned(), proof }),
        None => Outcome::Failed("nobody has followed the link of this session"),
    })
}

/// What stands in for a proof that is not there: nothing, unless a defect is at work.
fn invented(
    server: &Server,
    state: &mut State,
    purpose: Purpose,
    (sid, client_secret): (&str, &str),
    reason: NoProof,
) -> Result<Option<Proof>, MatrixError> {
    if reason == NoProof::NotValidated {
        let too_early = match purpose {
            Purpose::Register => "registers-before-the-link",
            _ => "resets-before-the-link",
        };
        let claimed = state.proofs.claimed_address(purpose, sid, client_secret);
        return Ok(claimed
            .filter(|_| server.has_defect(too_early))
            .map(|address| Proof { address, validated_at: now_ms() }));
    }
    let actual = state.proofs.purpose(sid);
    if actual.is_some_and(|actual| actual != purpose) && server.has_defect("foreign-proof-is-a-server-error") {
        return Err(MatrixError::internal("that was validated for something else"));
    }
    if server.has_defect("wrong-proof-burns-the-right-one") {
        state.proofs.close(sid);
    }
    if actual == Some(purpose) && server.has_defect("proof-counts-without-its-secret") {
        return Ok(state.proofs.anybodys_proof(sid).ok());
    }
    Ok(None)
}
