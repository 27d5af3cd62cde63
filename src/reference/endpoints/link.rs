//! The link in the mail.
//!
//! A link names a session, its client secret and a token. Fetching it validates the session, except with HEAD, which by the
//! rules of HTTP asks for nothing to happen. Its path is this server's own, and no other homeserver's.

use std::sync::Arc;

use axum::{
    body::{Bytes, to_bytes},
    extract::{RawQuery, Request, State},
    http::{Method, StatusCode},
    response::{IntoResponse as _, Redirect, Response},
};
use serde_json::json;

use crate::reference::{
    answer,
    defects::{LINK_ANSWERS_AN_ERROR, LINK_VALIDATES_NOTHING, PAGE_IS_NOT_HTML},
    pages,
    proofs::Visit,
    server::Server,
    shapes::{FAILURE_PAGE_200, FORM_TO_SUBMIT, REDIRECT_TO_PAGE, SESSION_AND_TOKEN_LINK},
};

/// Where links lead.
pub(in crate::reference) const PATH: &str = "/_reference/email/confirm";
/// Where links lead that carry no client secret.
pub(in crate::reference) const SESSION_PATH: &str = "/_reference/validation";
/// The page after a redirect.
pub(in crate::reference) const DONE_PATH: &str = "/_reference/email/confirmed";

/// Bytes in a submitted form.
const FORM_LIMIT: usize = 8 * 1024;

/// `GET` or `HEAD` of a link.
pub(in crate::reference) async fn fetched(
    State(server): State<Arc<Server>>,
    method: Method,
    RawQuery(query): RawQuery,
) -> Response {
    let link = Link::read(query.unwrap_or_default().as_bytes());
    if method == Method::HEAD || server.shaped(FORM_TO_SUBMIT) {
        return pages::confirmation(&link.fields());
    }
    follow(&server, link)
}

/// `POST` of the form behind a link. The form repeats the link's parameters.
pub(in crate::reference) async fn submitted(State(server): State<Arc<Server>>, request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let form = to_bytes(request.into_body(), FORM_LIMIT).await.unwrap_or_else(|_| Bytes::new());
    let link = Link::read(if form.is_empty() { query.as_bytes() } else { &form });
    follow(&server, link)
}

/// The page that a validating link redirects to.
pub(in crate::reference) async fn done() -> Response {
    pages::notice(StatusCode::OK, "Email validated", pages::VALIDATED)
}

fn follow(server: &Server, link: Link) -> Response {
    let Some(visit) = link.visit(server) else {
        return failure(server, "This link is incomplete. Please copy it completely from the e-mail.");
    };
    let judged = if server.broken(LINK_VALIDATES_NOTHING) { Ok(()) } else { server.state().proofs.follow(&visit) };
    match judged {
        Ok(()) if server.broken(LINK_ANSWERS_AN_ERROR) => {
            pages::notice(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong", "Please try again later.")
        }
        Ok(()) if server.broken(PAGE_IS_NOT_HTML) => answer::ok(json!({"validated": true})),
        Ok(()) if server.shaped(REDIRECT_TO_PAGE) => Redirect::to(DONE_PATH).into_response(),
        Ok(()) => pages::notice(StatusCode::OK, "Email validated", pages::VALIDATED),
        Err(reason) => failure(server, reason),
    }
}

fn failure(server: &Server, reason: impl ToString) -> Response {
    let status = if server.shaped(FAILURE_PAGE_200) { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    pages::notice(status, "Email not validated", &reason.to_string())
}

/// The parameters of a link as they came, complete or not.
#[derive(Default)]
struct Link {
    sid: Option<String>,
    session: Option<String>,
    client_secret: Option<String>,
    token: Option<String>,
}

impl Link {
    /// Reads a query or a form. Of a parameter given twice the last counts.
    fn read(encoded: &[u8]) -> Self {
        let mut link = Self::default();
        for (name, value) in url::form_urlencoded::parse(encoded) {
            let place = match &*name {
                "sid" => &mut link.sid,
                "session" => &mut link.session,
                "client_secret" => &mut link.client_secret,
                "token" => &mut link.token,
                _ => continue,
            };
            *place = Some(value.into_owned());
        }
        link
    }

    /// The parameters that are there, for a form to repeat.
    fn fields(&self) -> Vec<(&str, &str)> {
        let fields = [
            ("sid", &self.sid),
            ("session", &self.session),
            ("client_secret", &self.client_secret),
            ("token", &self.token),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect()
    }

    /// The visit that a complete link makes.
    fn visit(self, server: &Server) -> Option<Visit> {
        let token = self.token?;
        if server.shaped(SESSION_AND_TOKEN_LINK) {
            return Some(Visit { sid: self.session?, client_secret: None, token });
        }
        Some(Visit { sid: self.sid?, client_secret: Some(self.client_secret?), token })
    }
}
