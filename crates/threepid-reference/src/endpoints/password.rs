//! `POST /account/password`: a new password, for somebody who knows the old one, or who reads the mail of the account.
//!
//! Finding the account behind a proof, setting the password and using the proof up happen under one lock: of two requests with
//! the same proof exactly one sets its password.
//!
//! Specification: client-server API, `POST /account/password`, "Email-based (identity / homeserver)".

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::{Map, Value};

use crate::{
    accounts::{PASSWORD_LIMIT, UserId},
    answer::{self, MatrixError},
    body::{Body, Fields as _},
    caller::Caller,
    proofs::{Proof, Purpose},
    server::{Server, State as ServerState},
    uia::{self, Ask, Flows, Operation, Stage},
};

/// Somebody who is logged in proves that they know the password.
const CHANGE: Flows = &[&[Stage::Password]];
/// Somebody who is not proves that they read the mail of the account.
const RESET: Flows = &[&[Stage::EmailIdentity]];
/// What a session remembers of the first request.
const REMEMBERED: [&str; 2] = ["new_password", "logout_devices"];

/// `POST /account/password`
pub(crate) async fn change(
    State(server): State<Arc<Server>>,
    caller: Option<Caller>,
    Body(body): Body,
) -> Result<Response, MatrixError> {
    Params::read(&server, &body)?;
    let (operation, flows) = match &caller {
        Some(caller) => {
            let user = caller.user.clone();
            (Operation::ChangePassword { user }, CHANGE)
        }
        None if server.mails() => (Operation::ResetPassword, RESET),
        None => return Err(MatrixError::missing_token()),
    };
    let auth = body.optional_object("auth")?;
    let mut remember = body.clone();
    remember.retain(|name, _| REMEMBERED.contains(&name.as_str()));
    let mut state = server.state();
    let ask = Ask { operation, flows, auth, remember };
    let authorised = uia::authorise(&server, &mut state, ask);
    let grant = match authorised {
        Err(refusal) if server.has_defect("unclicked-reset-refused-but-done") => {
            reset_anyway(&mut state, &body);
            return Err(refusal);
        }
        grant => grant?,
    };
    let mut settled = grant.remembered.clone();
    settled.extend(body.clone());
    let params = Params::read(&server, &settled)?;
    let new_password = params.new_password.ok_or_else(|| MatrixError::missing_param("new_password"))?;

    let identity = grant.unused_identity(&mut state.proofs)?;
    let user = match (&caller, identity) {
        (Some(caller), _) => caller.user.clone(),
        (None, Some(identity)) => match chosen(&server, &state, auth) {
            Some(user) => user,
            None => owner(&state, &identity.proof)?,
        },
        (None, None) => return Err(MatrixError::missing_token()),
    };
    if !server.has_defect("reset-changes-nothing") {
        state.accounts.set_password(&user, new_password);
    }
    let ends_own = server.has_defect("password-change-ends-the-own-token");
    if params.logout_devices && !(caller.is_some() && server.has_defect("password-change-keeps-the-devices")) {
        let keep = caller.as_ref().map(|caller| caller.token.as_str()).filter(|_| !ends_own);
        state.accounts.log_out_others(&user, keep);
    }
    if let Some(identity) = identity
        && !server.has_defect("reset-proof-works-twice")
    {
        state.proofs.close(&identity.sid);
    }
    state.challenges.spend(&grant);
    Ok(answer::empty())
}

/// What the password should be like.
struct Params<'a> {
    new_password: Option<&'a str>,
    logout_devices: bool,
}

impl<'a> Params<'a> {
    fn read(server: &Server, body: &'a Map<String, Value>) -> Result<Self, MatrixError> {
        let new_password = body.optional_text("new_password")?;
        if new_password.is_some_and(|password| password.len() > PASSWORD_LIMIT) {
            return Err(MatrixError::invalid_param(format!("the password is longer than {PASSWORD_LIMIT} bytes")));
        }
        let asked = body.optional_flag("logout_devices")?;
        // Whoever had got hold of the account is to be out of it, unless its owner says otherwise (MSC2457).
        let logout_devices = match asked {
            _ if server.has_defect("reset-keeps-the-devices") => false,
            _ if server.has_defect("reset-ignores-logout-devices") => true,
            asked => asked.unwrap_or(true),
        };
        Ok(Self { new_password, logout_devices })
    }
}

/// The account behind a proof. It may have given the address up since the mail was sent.
fn owner(state: &ServerState, proof: &Proof) -> Result<UserId, MatrixError> {
    let owner = state.accounts.owner(&proof.address);
    owner.cloned().ok_or_else(|| MatrixError::no_such_address(StatusCode::BAD_REQUEST))
}

/// The account that a reset names, as if the proof were for anybody: what a defect gets wrong.
fn chosen(server: &Server, state: &ServerState, auth: Option<&Map<String, Value>>) -> Option<UserId> {
    let auth = auth.filter(|_| server.has_defect("reset-changes-the-named-account"))?;
    let named = auth.get("user").or_else(|| auth.get("identifier")?.get("user"))?.as_str()?;
    state.accounts.named(named).cloned()
}

/// Sets the password of a session that nobody validated: what a defect gets wrong.
fn reset_anyway(state: &mut ServerState, body: &Map<String, Value>) -> Option<()> {
    let credentials = body.get("auth")?.get("threepid_creds")?;
    let (sid, secret) = (credentials.get("sid")?.as_str()?, credentials.get("client_secret")?.as_str()?);
    let address = state.proofs.claimed_address(Purpose::Reset, sid, secret)?;
    let user = state.accounts.owner(&address)?.clone();
    let new_password = body.get("new_password")?.as_str()?;
    state.accounts.set_password(&user, new_password);
    Some(())
}
