//! `POST /account/3pid/add`, and the deprecated `POST /account/3pid`: attaching a validated address.
//!
//! Asking for the password, checking the proof, attaching the address and spending both happen under one lock: two requests
//! with the same proof cannot both succeed.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::{Map, Value};

use crate::{
    accounts::{MAX_ADDRESSES, NotAttached, Threepid, UserId},
    address::Address,
    answer::{self, MatrixError},
    body::{Body, Fields as _},
    caller::Caller,
    clock::now_ms,
    endpoints::request_token,
    proofs::{NoProof, Proof, Purpose},
    server::{Server, State as ServerState},
    uia::{self, Ask, Flows, Grant, Operation, Stage},
};

/// Adding needs the account's password.
const FLOWS: Flows = &[&[Stage::Password]];

/// Characters in a sid.
const SID_LIMIT: usize = 255;

/// The session that a request refers to.
#[derive(Clone, Copy)]
struct Reference<'a> {
    sid: &'a str,
    client_secret: &'a str,
}

impl<'a> Reference<'a> {
    fn read(fields: &'a Map<String, Value>) -> Result<Self, MatrixError> {
        let (sid, client_secret) = (fields.text("sid")?, fields.text("client_secret")?);
        // No sid of ours is longer, and a challenge remembers the one it was opened for.
        if sid.len() > SID_LIMIT {
            return Err(MatrixError::invalid_param(format!("the sid is longer than {SID_LIMIT} characters")));
        }
        Ok(Self { sid, client_secret })
    }
}

/// `POST /account/3pid/add`
pub(crate) async fn add(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Body(body): Body,
) -> Result<Response, MatrixError> {
    server.changes_permitted()?;
    let reference = Reference::read(&body)?;
    let auth = body.optional_object("auth")?;
    let mut state = server.state();
    let is_proven = state.proofs.proof(Purpose::Add, reference.sid, reference.client_secret).is_ok();
    if auth.is_none() && is_proven && server.has_defect("adds-without-password") {
        attach(&server, &mut state, &caller.user, reference)?;
        return Ok(answer::empty());
    }
    let grant = permission(&server, &mut state, &caller.user, reference, auth)?;
    if let Err(refusal) = attach(&server, &mut state, &caller.user, reference) {
        if server.has_defect("refused-add-spends-the-session") {
            state.challenges.spend(&grant);
        }
        return Err(refusal);
    }
    if !server.has_defect("session-counts-for-any-sid") {
        state.challenges.spend(&grant);
    }
    let address = state.accounts.threepids(&caller.user).last().map(|it| it.address.clone());
    if let Some(address) = address.filter(|_| server.has_shape("notice-after-add")) {
        request_token::notify(&server, address, "An email address was added to your account");
    }
    Ok(answer::empty())
}

/// `POST /account/3pid`, deprecated since r0.6.0. It never asked for a password, and `bind` no longer means anything.
pub(crate) async fn deprecated(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Body(body): Body,
) -> Result<Response, MatrixError> {
    server.changes_permitted()?;
    let credentials = match body.optional_object("three_pid_creds")? {
        Some(credentials) => credentials,
        // The spelling of clients older than the specification.
        None => body.optional_object("threePidCreds")?.ok_or_else(|| MatrixError::missing_param("three_pid_creds"))?,
    };
    let reference = Reference::read(credentials)?;
    let mut state = server.state();
    let is_proven = state.proofs.proof(Purpose::Add, reference.sid, reference.client_secret).is_ok();
    if is_proven && server.has_defect("deprecated-add-adds-nothing") {
        return Ok(answer::empty());
    }
    if server.has_defect("deprecated-add-skips-the-proof")
        && let Some(proof) = claimed(&mut state, reference)
    {
        record(&server, &mut state, &caller.user, proof)?;
        return Ok(answer::empty());
    }
    let attached = attach(&server, &mut state, &caller.user, reference);
    // This endpoint, other than its successor, has a status for the refusal in the specification: 403.
    attached.map_err(|refusal| match refusal.errcode() {
        Some("M_THREEPID_AUTH_FAILED") => refusal.with_status(StatusCode::FORBIDDEN),
        _ => refusal,
    })?;
    Ok(answer::empty())
}

/// Asks for the password. A session opened for one `sid` is worth nothing for another.
fn permission(
    server: &Server,
    state: &mut ServerState,
    user: &UserId,
    reference: Reference<'_>,
    auth: Option<&Map<String, Value>>,
) -> Result<Grant, MatrixError> {
    let operation = Operation::AddAddress { user: user.clone(), sid: reference.sid.to_owned() };
    let ask = Ask { operation, flows: FLOWS, auth, remember: Map::new() };
    let adds = if auth.is_none() { "challenge-adds-already" } else { "wrong-password-adds-anyway" };
    uia::authorise(server, state, ask).or_else(|refusal| {
        if refusal.is_challenge() && server.has_defect(adds) {
            let proof = proof(server, state, user, reference)?;
            record(server, state, user, proof)?;
        }
        Err(refusal)
    })
}

/// Attaches the address of a proof and uses the proof up.
fn attach(
    server: &Server,
    state: &mut ServerState,
    user: &UserId,
    reference: Reference<'_>,
) -> Result<(), MatrixError> {
    let proof = proof(server, state, user, reference)?;
    if server.has_defect("refuses-a-proven-address") {
        return Err(MatrixError::auth_failed());
    }
    if !server.has_defect("success-adds-nothing") {
        record(server, state, user, proof)?;
    }
    if !server.has_defect("token-usable-twice")
        && !server.has_defect("used-add-proof-resets")
        && !server.has_defect("used-proof-moves-the-address")
    {
        state.proofs.close(reference.sid);
    }
    Ok(())
}

/// A proof made up for a session that nobody validated: what defects take for one.
fn claimed(state: &mut ServerState, Reference { sid, client_secret }: Reference<'_>) -> Option<Proof> {
    let claimed = state.proofs.claimed_address(Purpose::Add, sid, client_secret);
    claimed.map(|address| Proof { address, validated_at: now_ms() })
}

fn proof(
    server: &Server,
    state: &mut ServerState,
    user: &UserId,
    reference: Reference<'_>,
) -> Result<Proof, MatrixError> {
    let Reference { sid, client_secret } = reference;
    if server.has_defect("any-proof-adds")
        && let Ok(proof) = state.proofs.any_proof(sid, client_secret)
    {
        return Ok(proof);
    }
    if server.has_defect("add-ignores-the-client-secret") && state.proofs.purpose(sid) == Some(Purpose::Add) {
        return state.proofs.anybodys_proof(sid).map_err(|_| MatrixError::auth_failed());
    }
    if server.has_defect("wrong-secret-uses-the-proof-up")
        && state.proofs.proof(Purpose::Add, sid, client_secret) == Err(NoProof::Unknown)
    {
        state.proofs.close(sid);
    }
    match state.proofs.proof(Purpose::Add, sid, client_secret) {
        Ok(proof) => return Ok(proof),
        Err(NoProof::Unknown) if server.has_defect("unknown-sid-is-a-server-error") => {
            return Err(MatrixError::internal("there is no such session"));
        }
        Err(NoProof::Unknown) if server.has_shape("unknown-sid-404") => {
            return Err(MatrixError::new(StatusCode::NOT_FOUND, "M_NOT_FOUND", "no such validation session"));
        }
        Err(NoProof::Unknown) => return Err(MatrixError::auth_failed()),
        Err(NoProof::NotValidated) => {}
    }
    let invented = claimed(state, reference);
    match invented {
        Some(proof) if server.has_defect("adds-before-the-link") => return Ok(proof),
        Some(proof) if server.has_defect("unclicked-refused-but-added") => record(server, state, user, proof)?,
        _ => {}
    }
    Err(MatrixError::auth_failed())
}

/// Writes the address into the account, unless somebody has it.
fn record(server: &Server, state: &mut ServerState, user: &UserId, proof: Proof) -> Result<(), MatrixError> {
    let Proof { mut address, validated_at } = proof;
    if server.has_defect("adds-another-address") {
        address = Address::parse(&format!("x{address}")).unwrap_or(address);
    }
    if let Some(owner) = state.accounts.owner(&address).cloned() {
        let same_proof = |it: &Threepid| it.address == address && it.validated_at == validated_at;
        let used = state.accounts.threepids(&owner).iter().any(same_proof);
        let moves = server.has_defect("address-moves-to-the-newcomer")
            || server.has_defect("used-proof-moves-the-address") && used
            || server.has_defect("hidden-session-claims-the-address") && server.config.inhibit_3pid_errors;
        if moves {
            state.accounts.detach(&owner, &address);
        }
    }
    if server.has_defect("second-address-replaces-the-first") {
        let first = state.accounts.threepids(user).first();
        if let Some(first) = first.map(|threepid| threepid.address.clone()) {
            state.accounts.detach(user, &first);
        }
    }
    // The clock may have been set back since the link was followed; the order of the two must not change.
    let threepid = Threepid { address, validated_at, added_at: now_ms().max(validated_at) };
    state.accounts.attach(user, threepid).map_err(|reason| match reason {
        NotAttached::InUse => MatrixError::in_use(),
        NotAttached::AccountFull => {
            let error = format!("an account has at most {MAX_ADDRESSES} addresses");
            MatrixError::new(StatusCode::FORBIDDEN, "M_RESOURCE_LIMIT_EXCEEDED", error)
        }
    })
}
