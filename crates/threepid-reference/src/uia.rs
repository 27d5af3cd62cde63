//! User-Interactive Authentication: proving who one is before something sensitive happens.
//!
//! *Takes* the operation, the flows that permit it and the `auth` of a request; *gives* a [`Grant`], or the 401 that says what
//! to do; *never* performs the operation. A session belongs to the operation it was opened for, down to the account and the
//! `sid`, and a grant is spent when the operation succeeds: an operation that fails for another reason can be repeated.
//!
//! Specification: client-server API, "User-Interactive Authentication API".

mod answers;
mod challenges;
mod grant;
mod operation;
mod stage;
mod stages;

use serde_json::{Map, Value};

use super::{
    answer::MatrixError,
    body::Fields as _,
    server::{Server, State},
};

pub(super) use challenges::Challenges;
pub(super) use grant::Grant;
pub(super) use operation::Operation;
pub(super) use stage::{Flows, Stage};

use answers::{challenge, failed, unfinished};
use stages::{Outcome, try_stage};

/// A request for permission.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    pub(super) operation: Operation,
    pub(super) flows: Flows,
    /// The `auth` member of the request.
    pub(super) auth: Option<&'a Map<String, Value>>,
    /// What the session should remember for a later request that holds nothing but `auth`.
    pub(super) remember: Map<String, Value>,
}

/// Grants the operation, or says with a 401 what is missing.
pub(super) fn authorise(server: &Server, state: &mut State, ask: Ask<'_>) -> Result<Grant, MatrixError> {
    let Ask { operation, flows, auth, remember } = ask;
    let flows: Flows = match flows {
        [[Stage::Password]] if server.has_shape("second-factor") => &[&[Stage::Password, Stage::SecondFactor]],
        [[Stage::Password]] if server.has_shape("single-sign-on-only") => &[&[Stage::SingleSignOn]],
        flows => flows,
    };
    let passes = match operation {
        Operation::Deactivate { .. } => server.has_defect("deactivation-needs-no-password"),
        Operation::ChangePassword { .. } => server.has_defect("password-change-needs-no-password"),
        _ => false,
    };
    if passes {
        let session = state.challenges.open(operation, remember);
        return Ok(granted(state, session));
    }
    let Some(auth) = auth else {
        let session = state.challenges.open(operation.clone(), remember);
        return Err(challenge(flows, &session));
    };
    let stage = auth.optional_text("type")?;
    let session = match auth.optional_text("session")? {
        Some(given) => {
            let is_for = |other: &Operation| operation.accepts(&server.switches, other);
            if server.has_defect("made-up-session-counts") && !state.challenges.is_for(given, |_| true) {
                let session = state.challenges.open(operation, remember);
                return Ok(granted(state, session));
            }
            if !state.challenges.is_for(given, is_for) {
                // Nothing that another session proved counts here, and the client gets one that will.
                let fresh = state.challenges.open(operation.clone(), remember);
                let refusal = challenge(flows, &fresh);
                return Err(refusal.because("M_FORBIDDEN", "this session does not belong to this request"));
            }
            given.to_owned()
        }
        None => {
            let fresh = state.challenges.open(operation.clone(), remember);
            if stage.is_none() || server.has_shape("session-required") {
                return Err(challenge(flows, &fresh));
            }
            fresh
        }
    };

    let is_registration = state.challenges.is_for(&session, |opened_for| *opened_for == Operation::Register);
    let lent = is_registration && operation != Operation::Register;
    let flows: Flows = if lent { &[&[Stage::Dummy]] } else { flows };

    if let Some(name) = stage {
        let is_known = Stage::named(name).is_some();
        let completes = if is_known { "stage-not-offered-completes" } else { "unknown-stage-completes" };
        if server.has_defect(completes) && !flows.iter().any(|flow| flow.iter().any(|stage| stage.name() == name)) {
            return Ok(granted(state, session));
        }
        let stage = Stage::named(name).filter(|stage| flows.iter().any(|flow| flow.contains(stage)));
        let Some(stage) = stage else {
            let refusal = unfinished(state, flows, &session);
            return Err(refusal.because("M_UNRECOGNIZED", format!("the stage `{name}` is not part of any flow")));
        };
        let completed = state.challenges.completed(&session);
        if !is_next(flows, completed, stage) && !server.has_shape("stages-in-any-order") {
            let refusal = unfinished(state, flows, &session);
            return Err(refusal.because("M_FORBIDDEN", format!("other stages come before `{}`", stage.name())));
        }
        match try_stage(server, state, &operation, stage, auth)? {
            Outcome::Passed => {}
            Outcome::Proved(identity) => state.challenges.identify(&session, identity),
            Outcome::Failed(reason) => {
                return Err(failed(server, state, &operation, flows, session, stage, reason));
            }
        }
        state.challenges.complete(&session, stage);
    }

    let completed = state.challenges.completed(&session);
    let is_done = |flow: &[Stage]| {
        let by_one = flow.iter().any(|stage| completed.contains(stage)) && server.has_defect("one-stage-is-enough");
        by_one || flow.iter().all(|stage| completed.contains(stage))
    };
    if !flows.iter().any(|flow| is_done(flow)) {
        return Err(unfinished(state, flows, &session));
    }
    Ok(granted(state, session))
}

/// Whether a stage may be tried: all before it in one of the flows are completed.
fn is_next(flows: Flows, completed: &[Stage], stage: Stage) -> bool {
    flows.iter().any(|flow| {
        let position = flow.iter().position(|other| *other == stage);
        position.is_some_and(|position| flow[..position].iter().all(|other| completed.contains(other)))
    })
}

fn granted(state: &State, session: String) -> Grant {
    let remembered = state.challenges.remembered(&session);
    let identity = state.challenges.identity(&session);
    Grant { session, remembered, identity }
}
