//! User-Interactive Authentication: proving who one is before something sensitive happens.
//!
//! *Takes* the operation, the flows that permit it and the `auth` of a request; *gives* a [`Grant`], or the 401 that says what
//! to do; *never* performs the operation. A session belongs to the operation it was opened for, down to the account and the
//! `sid`, and a grant is spent when the operation succeeds: an operation that fails for another reason can be repeated.
//!
//! Specification: client-server API, "User-Interactive Authentication API".

mod answers;
mod challenges;

use serde_json::{Map, Value};

use super::{
    accounts::UserId,
    answer::MatrixError,
    body::Fields as _,
    config::Registration,
    defects::ACCEPTS_ANY_PASSWORD,
    identifier, random,
    server::{Server, State},
    shapes::SESSION_REQUIRED,
};

pub(super) use challenges::Challenges;

use answers::{challenge, failed, unfinished};

/// One step of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Password,
    Dummy,
    RegistrationToken,
}

impl Stage {
    const ALL: [Self; 3] = [Self::Password, Self::Dummy, Self::RegistrationToken];

    fn name(self) -> &'static str {
        match self {
            Self::Password => "m.login.password",
            Self::Dummy => "m.login.dummy",
            Self::RegistrationToken => "m.login.registration_token",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

/// Alternative ways to authenticate; each is a list of stages.
pub(super) type Flows = &'static [&'static [Stage]];

/// What the authentication is for. A session opened for one operation is worth nothing for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operation {
    Register,
    AddAddress { user: UserId, sid: String },
    RemoveAddress { user: UserId },
}

impl Operation {
    /// The account that has to prove itself.
    fn user(&self) -> Option<&UserId> {
        match self {
            Self::Register => None,
            Self::AddAddress { user, .. } | Self::RemoveAddress { user } => Some(user),
        }
    }
}

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

/// The permission for one operation. Spend it with [`Challenges::spend`] once the operation succeeded.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) session: String,
    pub(super) remembered: Map<String, Value>,
}

/// Grants the operation, or says with a 401 what is missing.
pub(super) fn authorise(server: &Server, state: &mut State, ask: Ask<'_>) -> Result<Grant, MatrixError> {
    let Ask { operation, flows, auth, remember } = ask;
    let Some(auth) = auth else {
        let session = state.challenges.open(operation.clone(), remember);
        return Err(challenge(server, &operation, flows, &session));
    };
    let stage = auth.optional_text("type")?;
    let session = match auth.optional_text("session")? {
        Some(given) => {
            if !state.challenges.is_for(given, &operation) {
                // Nothing that another session proved counts here, and the client gets one that will.
                let fresh = state.challenges.open(operation.clone(), remember);
                let refusal = challenge(server, &operation, flows, &fresh);
                return Err(refusal.because("M_FORBIDDEN", "this session does not belong to this request"));
            }
            given.to_owned()
        }
        None => {
            let fresh = state.challenges.open(operation.clone(), remember);
            if stage.is_none() || server.shaped(SESSION_REQUIRED) {
                return Err(challenge(server, &operation, flows, &fresh));
            }
            fresh
        }
    };

    if let Some(name) = stage {
        let stage = Stage::named(name).filter(|stage| flows.iter().any(|flow| flow.contains(stage)));
        let Some(stage) = stage else {
            let refusal = unfinished(server, state, &operation, flows, &session);
            return Err(refusal.because("M_UNRECOGNIZED", format!("the stage `{name}` is not part of any flow")));
        };
        if let Err(reason) = try_stage(server, state, &operation, stage, auth)? {
            return Err(failed(server, state, &operation, flows, session, stage, reason));
        }
        state.challenges.complete(&session, stage);
    }

    let completed = state.challenges.completed(&session);
    if !flows.iter().any(|flow| flow.iter().all(|stage| completed.contains(stage))) {
        return Err(unfinished(server, state, &operation, flows, &session));
    }
    let remembered = state.challenges.remembered(&session);
    Ok(Grant { session, remembered })
}

/// Tries one stage. The outer error ends the request; the inner one is a failed attempt that may be repeated.
fn try_stage(
    server: &Server,
    state: &State,
    operation: &Operation,
    stage: Stage,
    auth: &Map<String, Value>,
) -> Result<Result<(), &'static str>, MatrixError> {
    match stage {
        Stage::Dummy => Ok(Ok(())),
        Stage::RegistrationToken => {
            let given = auth.text("token")?;
            let Registration::Token(token) = &server.config.registration else {
                return Ok(Err("Registration needs no token"));
            };
            let right = random::same(given.as_bytes(), token.as_bytes());
            Ok(if right { Ok(()) } else { Err("Invalid registration token") })
        }
        Stage::Password => {
            let named = identifier::named(server, &state.accounts, auth)?;
            let password = auth.text("password")?;
            let Some(user) = operation.user().filter(|user| named.as_ref() == Some(user)) else {
                // The same words whether the account exists or not.
                return Err(MatrixError::forbidden("these are not the credentials of the account that asks"));
            };
            let right = state.accounts.password_is(user, password) || server.broken(ACCEPTS_ANY_PASSWORD);
            Ok(if right { Ok(()) } else { Err("Invalid password") })
        }
    }
}
