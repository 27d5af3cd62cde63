//! `/validate/email`: proving that one reads an address's mail ("Email associations").

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use lettre::Address;
use serde_json::json;
use unicase::UniCase;

use crate::identity::answer::{Answer, Refusal, ok};
use crate::identity::body::{Body, Query};
use crate::identity::caller::Caller;
use crate::identity::paths::{SUBMIT, V2};
use crate::identity::server::{Server, now_ms};
use crate::identity::sessions::SessionFault;
use crate::identity::{mailer, pages};

/// Bytes in a client secret.
const SECRET: usize = 255;

/// `POST /validate/email/requestToken`.
pub(in crate::identity) async fn request_token(
    State(server): State<Arc<Server>>,
    _caller: Caller,
    body: Body,
) -> Answer {
    let (secret, email, attempt) = (body.text("client_secret")?, body.text("email")?, body.integer("send_attempt")?);
    let next_link = body.optional_text("next_link")?;
    let opaque = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '=' | '_' | '-');
    if secret.is_empty() || secret.len() > SECRET || !secret.chars().all(opaque) {
        return Err(Refusal::invalid("`client_secret` is not 1 to 255 of `0-9a-zA-Z.=_-`"));
    }
    if next_link.is_some_and(|link| web(link).is_none()) {
        return Err(Refusal::invalid("`next_link` is not the address of a web page"));
    }
    // 3PID types, e-mail: addresses are compared, and kept, case-folded.
    let folded = UniCase::unicode(email).to_folded_case();
    let address: Address =
        folded.parse().map_err(|_| Refusal::bad("M_INVALID_EMAIL", "that is not an e-mail address"))?;
    let requested = server.state().sessions.request(&folded, secret, attempt, next_link, Instant::now());
    if let Some((token, before)) = requested.due {
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("token", &token)
            .append_pair("client_secret", secret)
            .append_pair("sid", &requested.sid)
            .finish();
        let link = format!("{}{V2}{SUBMIT}?{query}", server.url());
        if let Err(fault) = mailer::send(server.smtp, &address, &link).await {
            server.state().sessions.not_sent(&requested.sid, attempt, before);
            return Err(Refusal::bad("M_EMAIL_SEND_ERROR", fault.to_string()));
        }
    }
    ok(json!({"sid": requested.sid}))
}

/// `GET /validate/email/submitToken`: the link in the mail, followed by a person.
pub(in crate::identity) async fn followed(State(server): State<Arc<Server>>, method: Method, query: Query) -> Response {
    let submitted = || Ok::<_, Refusal>((query.text("sid")?, query.text("client_secret")?, query.text("token")?));
    let Ok((sid, secret, token)) = submitted() else {
        return pages::notice(StatusCode::BAD_REQUEST, "Not confirmed", "The link is not complete.");
    };
    // By the rules of HTTP nothing may happen for a HEAD.
    if method == Method::HEAD {
        return pages::notice(StatusCode::OK, "Confirm your address", "");
    }
    match server.state().sessions.submit(sid, secret, token, Instant::now(), now_ms()) {
        Ok(next_link) => match next_link.as_deref().and_then(web) {
            Some(link) => Redirect::to(&link).into_response(),
            None => pages::notice(StatusCode::OK, "Address confirmed", "Your address has been verified."),
        },
        Err(fault) => {
            let text = format!("The address could not be verified: {fault}.");
            pages::notice(of_fault(fault).status, "Not confirmed", &text)
        }
    }
}

/// `POST /validate/email/submitToken`.
pub(in crate::identity) async fn submitted(State(server): State<Arc<Server>>, _caller: Caller, body: Body) -> Answer {
    let (sid, secret, token) = (body.text("sid")?, body.text("client_secret")?, body.text("token")?);
    server.state().sessions.submit(sid, secret, token, Instant::now(), now_ms()).map_err(of_fault)?;
    ok(json!({"success": true}))
}

/// What a session's fault is called in the API.
pub(super) fn of_fault(fault: SessionFault) -> Refusal {
    let (status, errcode) = match fault {
        SessionFault::Unknown => (StatusCode::NOT_FOUND, "M_NO_VALID_SESSION"),
        SessionFault::Expired => (StatusCode::BAD_REQUEST, "M_SESSION_EXPIRED"),
        SessionFault::NotValidated => (StatusCode::BAD_REQUEST, "M_SESSION_NOT_VALIDATED"),
        SessionFault::WrongToken => (StatusCode::BAD_REQUEST, "M_TOKEN_INCORRECT"),
    };
    Refusal::new(status, errcode, fault.to_string())
}

/// The address of a web page, as it can stand in a header.
fn web(link: &str) -> Option<String> {
    let url = url::Url::parse(link).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}
