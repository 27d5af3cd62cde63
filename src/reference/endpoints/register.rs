//! Creating accounts.
//!
//! The first request of a registration usually holds everything, and a later one may hold nothing but `auth`: the session
//! remembers what the account should be like, so that a stage that takes a while loses neither name nor password.

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use serde_json::{Map, Value, json};

use crate::reference::{
    accounts::{Accounts, NotCreated, UserId},
    answer::{self, MatrixError},
    body::{Body, Fields as _},
    config::Registration,
    random,
    server::{Server, State as ServerState},
    uia::{self, Ask, Flows, Operation, Stage},
};

/// Bytes in a password.
const PASSWORD_LIMIT: usize = 512;
/// What a session remembers of the first request.
const REMEMBERED: [&str; 4] = ["username", "password", "device_id", "inhibit_login"];

/// `POST /register`
pub(in crate::reference) async fn register(
    State(server): State<Arc<Server>>,
    RawQuery(query): RawQuery,
    Body(body): Body,
) -> Result<Response, MatrixError> {
    let flows = flows(&server.config.registration)?;
    if parameter(query.as_deref(), "kind").is_some_and(|kind| kind != "user") {
        let error = "this server has no guests";
        return Err(MatrixError::new(StatusCode::FORBIDDEN, "M_GUEST_ACCESS_FORBIDDEN", error));
    }
    let wish = Wish::read(&body)?;
    let auth = body.optional_object("auth")?;
    let mut remember = body.clone();
    remember.retain(|name, _| REMEMBERED.contains(&name.as_str()));

    let mut state = server.state();
    // A name that cannot be had is refused before the client goes through any stage.
    if let Some(localpart) = wish.username {
        free_user_id(&state.accounts, localpart)?;
    }
    let grant = uia::authorise(&server, &mut state, Ask { operation: Operation::Register, flows, auth, remember })?;
    let mut settled = grant.remembered.clone();
    settled.extend(body);
    let response = create(&mut state, &Wish::read(&settled)?)?;
    state.challenges.spend(&grant);
    Ok(response)
}

/// `GET /register/available`
pub(in crate::reference) async fn available(
    State(server): State<Arc<Server>>,
    RawQuery(query): RawQuery,
) -> Result<Response, MatrixError> {
    let username = parameter(query.as_deref(), "username").ok_or_else(|| MatrixError::missing_param("username"))?;
    free_user_id(&server.state().accounts, &username)?;
    Ok(answer::ok(json!({"available": true})))
}

/// What the account should be like.
struct Wish<'a> {
    username: Option<&'a str>,
    password: Option<&'a str>,
    device: Option<&'a str>,
    inhibit_login: bool,
}

impl<'a> Wish<'a> {
    fn read(body: &'a Map<String, Value>) -> Result<Self, MatrixError> {
        let password = body.optional_text("password")?;
        if password.is_some_and(|password| password.len() > PASSWORD_LIMIT) {
            return Err(MatrixError::invalid_param(format!("the password is longer than {PASSWORD_LIMIT} bytes")));
        }
        Ok(Self {
            username: body.optional_text("username")?,
            password,
            device: body.device_id()?,
            inhibit_login: body.optional_flag("inhibit_login")?.unwrap_or(false),
        })
    }
}

fn flows(registration: &Registration) -> Result<Flows, MatrixError> {
    match registration {
        Registration::Open => Ok(&[&[Stage::Dummy]]),
        Registration::Token(_) => Ok(&[&[Stage::RegistrationToken]]),
        Registration::Disabled => Err(MatrixError::forbidden("registration is disabled")),
    }
}

fn create(state: &mut ServerState, wish: &Wish<'_>) -> Result<Response, MatrixError> {
    let generated = random::id().to_lowercase();
    let user = free_user_id(&state.accounts, wish.username.unwrap_or(&generated))?;
    let password = wish.password.ok_or_else(|| MatrixError::missing_param("password"))?;
    state.accounts.create(&user, password).map_err(|reason| match reason {
        NotCreated::Taken => user_in_use(),
        NotCreated::ServerFull => {
            MatrixError::new(StatusCode::FORBIDDEN, "M_RESOURCE_LIMIT_EXCEEDED", "this server takes no more accounts")
        }
    })?;
    let mut answer = json!({"user_id": user.as_str()});
    if !wish.inhibit_login
        && let Some((device, token)) = state.accounts.log_in(&user, wish.device)
    {
        answer["access_token"] = token.into();
        answer["device_id"] = device.into();
    }
    Ok(answer::ok(answer))
}

fn free_user_id(accounts: &Accounts, localpart: &str) -> Result<UserId, MatrixError> {
    let user = accounts.new_user_id(localpart).ok_or_else(|| {
        let error =
            "a user name consists of a-z, 0-9 and ._=-/+, and fits into 255 bytes together with the server's name";
        MatrixError::new(StatusCode::BAD_REQUEST, "M_INVALID_USERNAME", error)
    })?;
    if accounts.exists(&user) { Err(user_in_use()) } else { Ok(user) }
}

fn user_in_use() -> MatrixError {
    MatrixError::new(StatusCode::BAD_REQUEST, "M_USER_IN_USE", "this user name is taken")
}

fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query?.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
