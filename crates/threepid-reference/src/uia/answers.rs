//! The 401 answers of User-Interactive Authentication: the first challenge, the later ones, and the one after a failure.
//!
//! *Takes* what is known of a session; *gives* the answer that lets a client go on; *never* decides whether it may.

use serde_json::{Map, Value, json};

use super::{
    operation::Operation,
    stage::{Flows, Stage},
};
use crate::{
    answer::MatrixError,
    server::{Server, State},
};

/// The first 401: what the client has to do, and the session to do it in.
pub(super) fn challenge(flows: Flows, session: &str) -> MatrixError {
    MatrixError::challenge(invitation(flows, session))
}

/// A later 401 of the same session, which also says what is done already.
pub(super) fn unfinished(state: &State, flows: Flows, session: &str) -> MatrixError {
    let mut fields = invitation(flows, session);
    let completed: Vec<_> = state.challenges.completed(session).iter().map(|stage| stage.name()).collect();
    fields.insert("completed".to_owned(), completed.into());
    MatrixError::challenge(fields)
}

/// The 401 after a failed attempt: everything needed to try again.
pub(super) fn failed(
    server: &Server,
    state: &mut State,
    operation: &Operation,
    flows: Flows,
    session: String,
    stage: Stage,
    reason: &str,
) -> MatrixError {
    let session = match server.has_shape("session-renamed-after-failure") {
        true => state.challenges.rename(session),
        false => session,
    };
    if stage == Stage::EmailIdentity {
        return not_validated(server, state, flows, &session, reason);
    }
    if stage != Stage::Password {
        return unfinished(state, flows, &session).because("M_FORBIDDEN", reason);
    }
    if server.has_defect("wrong-password-completes-the-stage") {
        state.challenges.complete(&session, stage);
    }
    let next = if server.has_shape("fresh-session-after-failure") {
        // The session the client has goes on working; this is one more.
        state.challenges.open(operation.clone(), Map::new())
    } else {
        session.clone()
    };
    let refusal = unfinished(state, flows, &next);
    if server.has_defect("wrong-password-ends-the-session") {
        state.challenges.end(&session);
    }
    refusal.because("M_FORBIDDEN", reason)
}

/// The 401 while nobody has followed the link yet. Clients poll for that, so it repeats all that is needed to go on.
fn not_validated(server: &Server, state: &mut State, flows: Flows, session: &str, reason: &str) -> MatrixError {
    if server.has_defect("unclicked-poll-completes-the-stage") {
        state.challenges.complete(session, Stage::EmailIdentity);
        let refusal = unfinished(state, flows, session);
        return refusal.because("M_UNAUTHORIZED", reason);
    }
    if server.has_defect("failed-poll-loses-the-password") {
        state.challenges.forget(session, "password");
    }
    unfinished(state, flows, session).because("M_UNAUTHORIZED", reason)
}

fn invitation(flows: Flows, session: &str) -> Map<String, Value> {
    let names = |flow: &&[Stage]| flow.iter().map(|stage| stage.name()).collect::<Vec<_>>();
    let flows: Vec<_> = flows.iter().map(|flow| json!({"stages": names(flow)})).collect();
    let mut fields = Map::new();
    fields.insert("session".to_owned(), session.into());
    fields.insert("flows".to_owned(), flows.into());
    fields.insert("params".to_owned(), json!({}));
    fields
}
