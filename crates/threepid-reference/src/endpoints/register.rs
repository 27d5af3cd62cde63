//! Creating accounts.
//!
//! The first request of a registration usually holds everything, and a later one may hold nothing but `auth`: the session
//! remembers what the account should be like, so that a stage that takes a while loses neither name nor password. Creating the
//! account, attaching the address and using its proof up happen under one lock: two registrations with one address cannot both
//! succeed.
//!
//! Specification: client-server API, `POST /register`, "Email-based (identity / homeserver)".

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use serde_json::{Map, Value, json};

use crate::{
    accounts::{Accounts, NotCreated, PASSWORD_LIMIT, Threepid, UserId},
    answer::{self, MatrixError},
    body::{Body, Fields as _},
    clock::now_ms,
    config::Registration,
    proofs::Proof,
    random,
    server::{Server, State as ServerState},
    uia::{self, Ask, Flows, Operation, Stage},
};

/// What a session remembers of the first request.
const REMEMBERED: [&str; 4] = ["username", "password", "device_id", "inhibit_login"];

/// `POST /register`
pub(crate) async fn register(
    State(server): State<Arc<Server>>,
    RawQuery(query): RawQuery,
    Body(mut body): Body,
) -> Result<Response, MatrixError> {
    if parameter(query.as_deref(), "kind").is_some_and(|kind| kind != "user") {
        return guest(&server, &body);
    }
    let flows = flows(&server)?;
    if server.has_shape("names-are-mapped")
        && let Some(Value::String(name)) = body.get_mut("username")
    {
        *name = mapped(name);
    }
    let params = Params::read(&body)?;
    let auth = body.optional_object("auth")?;
    let mut remember = body.clone();
    remember.retain(|name, _| REMEMBERED.contains(&name.as_str()));

    let mut state = server.state();
    // A name that cannot be had is refused before the client goes through any stage.
    if let Some(localpart) = params.username {
        free_user_id(&state.accounts, localpart)?;
    }
    let ask = Ask { operation: Operation::Register, flows, auth, remember };
    let grant = uia::authorise(&server, &mut state, ask).inspect_err(|refusal| {
        let is_poll = refusal.errcode() == Some("M_UNAUTHORIZED");
        if is_poll && server.has_defect("unclicked-poll-takes-the-name") {
            take_name(&mut state, &params);
        }
    })?;
    let identity = grant.unused_identity(&mut state.proofs)?;
    let proof = identity.map(|identity| &identity.proof);
    if let Some(proof) = proof
        && state.accounts.owner(&proof.address).is_some()
        && !server.has_defect("address-registers-twice")
        && !server.has_defect("registration-proof-works-twice")
    {
        return Err(MatrixError::in_use());
    }
    let mut settled = grant.remembered.clone();
    let is_lost = settled.get("password") == Some(&Value::Null);
    if server.has_defect("registration-forgets-the-first-request") {
        settled.clear();
    }
    settled.extend(body);
    if is_lost && server.has_defect("failed-poll-loses-the-password") {
        settled.insert("password".to_owned(), random::token().into());
    }
    let (user, response) = create(&mut state, &Params::read(&settled)?)?;
    if let Some(proof) = proof
        && !server.has_defect("registration-forgets-the-address")
    {
        let may_be_taken = server.has_defect("address-registers-twice");
        attach(&mut state, &user, proof, may_be_taken);
    }
    if let Some(identity) = identity
        && !server.has_defect("registration-proof-works-twice")
    {
        state.proofs.close(&identity.sid);
    }
    state.challenges.spend(&grant);
    Ok(response)
}

/// `GET /register/available`
pub(crate) async fn available(
    State(server): State<Arc<Server>>,
    RawQuery(query): RawQuery,
) -> Result<Response, MatrixError> {
    let mut username = parameter(query.as_deref(), "username").ok_or_else(|| MatrixError::missing_param("username"))?;
    if server.has_shape("names-are-mapped") {
        username = mapped(&username);
    }
    free_user_id(&server.state().accounts, &username)?;
    Ok(answer::ok(json!({"available": true})))
}

/// What the account should be like.
struct Params<'a> {
    username: Option<&'a str>,
    password: Option<&'a str>,
    device: Option<&'a str>,
    inhibit_login: bool,
}

impl<'a> Params<'a> {
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

/// The ways to register. With mail an address may be given instead of the dummy stage, or has to be.
fn flows(server: &Server) -> Result<Flows, MatrixError> {
    use Stage::{Dummy, EmailIdentity, RegistrationToken, Terms};

    let offered = server.mails();
    let needed = server.config.registration_needs_email && !server.has_defect("required-email-can-be-left-out");
    match &server.config.registration {
        Registration::Disabled => Err(MatrixError::forbidden("registration is disabled")),
        Registration::Open if server.config.registration_terms => Ok(&[&[Terms, Dummy], &[Terms, EmailIdentity]]),
        Registration::Open if needed => Ok(&[&[EmailIdentity]]),
        Registration::Open if offered => Ok(&[&[Dummy], &[EmailIdentity]]),
        Registration::Open => Ok(&[&[Dummy]]),
        Registration::Token(_) if needed => Ok(&[&[RegistrationToken, EmailIdentity]]),
        Registration::Token(_) if offered => Ok(&[&[RegistrationToken], &[RegistrationToken, EmailIdentity]]),
        Registration::Token(_) => Ok(&[&[RegistrationToken]]),
    }
}

fn create(state: &mut ServerState, params: &Params<'_>) -> Result<(UserId, Response), MatrixError> {
    let generated = random::id().to_lowercase();
    let user = free_user_id(&state.accounts, params.username.unwrap_or(&generated))?;
    let password = params.password.ok_or_else(|| MatrixError::missing_param("password"))?;
    state.accounts.create(&user, password).map_err(|reason| match reason {
        NotCreated::Taken => user_in_use(),
        NotCreated::ServerFull => {
            MatrixError::new(StatusCode::FORBIDDEN, "M_RESOURCE_LIMIT_EXCEEDED", "this server takes no more accounts")
        }
    })?;
    let mut answer = json!({"user_id": user.as_str()});
    if !params.inhibit_login
        && let Some((device, token)) = state.accounts.log_in(&user, params.device)
    {
        answer["access_token"] = token.into();
        answer["device_id"] = device.into();
    }
    Ok((user, answer::ok(answer)))
}

/// Lets a guest in. What the request says of the account is ignored.
fn guest(server: &Server, body: &Map<String, Value>) -> Result<Response, MatrixError> {
    if !server.config.guests {
        let error = "this server has no guests";
        return Err(MatrixError::new(StatusCode::FORBIDDEN, "M_GUEST_ACCESS_FORBIDDEN", error));
    }
    let generated = json!({"username": random::id().to_lowercase(), "password": random::token()});
    let mut settled = generated.as_object().cloned().unwrap_or_default();
    if server.has_defect("guests-choose-their-device") {
        settled.extend(body.get("device_id").map(|device| ("device_id".to_owned(), device.clone())));
    }
    if server.has_defect("guests-choose-their-name") {
        let chosen = body.iter().filter(|(name, _)| matches!(name.as_str(), "username" | "password"));
        settled.extend(chosen.map(|(name, value)| (name.clone(), value.clone())));
    }
    let mut state = server.state();
    let (user, response) = create(&mut state, &Params::read(&settled)?)?;
    state.accounts.make_guest(&user);
    Ok(response)
}

/// Creates an account that the administrator asks for.
pub(super) fn outright(
    state: &mut ServerState,
    username: &str,
    password: &str,
    is_admin: bool,
) -> Result<Response, MatrixError> {
    let params = Params { username: Some(username), password: Some(password), device: None, inhibit_login: false };
    let (user, response) = create(state, &params)?;
    if is_admin {
        state.accounts.make_admin(&user);
    }
    Ok(response)
}

/// Gives a new account its address. A new account has room for one.
fn attach(state: &mut ServerState, user: &UserId, proof: &Proof, may_be_taken: bool) {
    let threepid = Threepid {
        address: proof.address.clone(),
        validated_at: proof.validated_at,
        added_at: now_ms().max(proof.validated_at),
    };
    if may_be_taken {
        state.accounts.share(user, threepid);
    } else {
        // Nobody has the address: that was asked under the same lock.
        let _ = state.accounts.attach(user, threepid);
    }
}

/// Creates an account that nobody proved anything for: what a defect gets wrong.
fn take_name(state: &mut ServerState, params: &Params<'_>) {
    let user = params.username.and_then(|localpart| state.accounts.new_user_id(localpart));
    let _ = user.map(|user| state.accounts.create(&user, &random::token()));
}

fn free_user_id(accounts: &Accounts, localpart: &str) -> Result<UserId, MatrixError> {
    let user = accounts.new_user_id(localpart).ok_or_else(|| {
        let error =
            "a user name consists of a-z, 0-9 and ._=-/+, and fits into 255 bytes together with the server's name";
        MatrixError::new(StatusCode::BAD_REQUEST, "M_INVALID_USERNAME", error)
    })?;
    if accounts.exists(&user) { Err(user_in_use()) } else { Ok(user) }
}

/// The name with a letter that a user id can have for each that it cannot.
fn mapped(username: &str) -> String {
    let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "._=-/+".contains(letter);
    username.to_lowercase().chars().map(|letter| if fits(letter) { letter } else { '_' }).collect()
}

fn user_in_use() -> MatrixError {
    MatrixError::new(StatusCode::BAD_REQUEST, "M_USER_IN_USE", "this user name is taken")
}

fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query?.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
