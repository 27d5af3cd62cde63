//! The 401 answers of User-Interactive Authentication: the first challenge, the later ones, and the one after a failure.
//!
//! *Takes* what is known of a session; *gives* the answer that lets a client go on; *never* decides whether it may.

use serde_json::{Map, Value, json};

use super::{Flows, Operation, Stage};
use crate::{
    answer::MatrixError,
    server::{Server, State},
};

/// The first 401: what the client has to do, and the session to do it in.
pub(super) fn challenge(server: &Server, operation: &Operation, flows: Flows, session: &str) -> MatrixError {
    MatrixError::challenge(invitation(server, operation, flows, session))
}

/// A later 401 of the same session, which also says what is done already.
pub(super) fn unfinished(
    server: &Server,
    state: &State,
    operation: &Operation,
    flows: Flows,
    session: &str,
) -> MatrixError {
    let mut fields = invitation(server, operation, flows, session);
    let completed = state.challenges.completed(session);
    if !server.has_shape("completed-absent") || !completed.is_empty() {
        let names: Vec<_> = completed.iter().map(|stage| stage.name()).collect();
        fields.insert("completed".to_owned(), names.into());
    }
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
    if stage == Stage::EmailIdentity {
        return not_validated(server, state, operation, flows, &session, reason);
    }
    if stage != Stage::Password {
        return unfinished(server, state, operation, flows, &session).because("M_FORBIDDEN", reason);
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
    let mut refusal = unfinished(server, state, operation, flows, &next);
    if server.has_defect("wrong-password-ends-the-session") {
        state.challenges.end(&session);
    }
    if server.has_defect("wrong-password-without-flows") {
        refusal = MatrixError::challenge(Map::new());
    }
    if server.has_defect("wrong-password-without-errcode") {
        return refusal;
    }
    refusal.because("M_FORBIDDEN", reason)
}

/// The 401 while nobody has followed the link yet. Clients poll for that, so it repeats all that is needed to go on.
fn not_validated(
    server: &Server,
    state: &mut State,
    operation: &Operation,
    flows: Flows,
    session: &str,
    reason: &str,
) -> MatrixError {
    if server.has_defect("unclicked-poll-completes-the-stage") {
        state.challenges.complete(session, Stage::EmailIdentity);
        let refusal = unfinished(server, state, operation, flows, session);
        return refusal.because("M_UNAUTHORIZED", reason);
    }
    if server.has_defect("failed-poll-loses-the-password") {
        state.challenges.forget(session, "password");
    }
    let refusal = if server.has_defect("unclicked-poll-without-flows") {
        MatrixError::challenge(Map::new())
    } else {
        unfinished(server, state, operation, flows, session)
    };
    refusal.because("M_UNAUTHORIZED", reason)
}

fn invitation(server: &Server, operation: &Operation, flows: Flows, session: &str) -> Map<String, Value> {
    // Registration is how accounts come to be: it stays whole, or no scenario could begin.
    let has_defect = |defect| *operation != Operation::Register && server.has_defect(defect);
    let flows = flows.iter().map(|flow| {
        let stages =
            flow.iter().filter(|stage| **stage != Stage::Password || !has_defect("challenge-without-password-stage"));
        json!({"stages": stages.map(|stage| stage.name()).collect::<Vec<_>>()})
    });
    let flows: Vec<_> = flows.collect();
    let mut fields = Map::new();
    if !has_defect("challenge-without-session") {
        fields.insert("session".to_owned(), session.into());
    }
    if !has_defect("challenge-without-flows") {
        fields.insert("flows".to_owned(), flows.into());
    }
    fields.insert("params".to_owned(), if server.has_shape("params-null") { Value::Null } else { json!({}) });
    fields
}
