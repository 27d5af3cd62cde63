//! The link in the mail.
//!
//! A link names a session, its client secret and a token. Fetching it validates the session, except with HEAD, which by the
//! rules of HTTP asks for nothing to happen. The link of a password reset shows a form, and only submitting it validates: a
//! mail scanner that fetches links must not be what lets a stranger set a password. The path is this server's own, and no
//! other homeserver's.

use std::sync::Arc;

use axum::{
    body::{Bytes, to_bytes},
    extract::{RawQuery, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};

use crate::{
    pages,
    proofs::{Followed, Purpose, Visit},
    server::Server,
};

/// Where links lead.
pub(crate) const PATH: &str = "/_reference/email/confirm";
/// Where links lead that carry no client secret.
pub(crate) const SESSION_PATH: &str = "/_reference/validation";
/// The page after a redirect.
pub(crate) const DONE_PATH: &str = "/_reference/email/confirmed";

/// Bytes in a submitted form.
const FORM_LIMIT: usize = 8 * 1024;

/// `GET` or `HEAD` of a link.
pub(crate) async fn fetched(State(server): State<Arc<Server>>, method: Method, RawQuery(query): RawQuery) -> Response {
    let link = Link::read(query.unwrap_or_default().as_bytes());
    let is_prefetch = method == Method::HEAD && !server.has_defect("head-validates");
    let question = if resets(&server, &link) {
        "Please confirm that you want to set a new password for your account."
    } else if is_prefetch || server.has_shape("form-to-submit") {
        "Please confirm that this email address is yours."
    } else {
        return follow(&server, link);
    };
    let mut page = pages::confirmation(question, &link.fields());
    if server.has_defect("reset-page-echoes-its-parameters") && resets(&server, &link) {
        let given: Vec<&str> = link.fields().into_iter().map(|(_, value)| value).collect();
        page = pages::unescaped(StatusCode::OK, &given.join(" "));
    }
    page
}

fn resets(server: &Server, link: &Link) -> bool {
    let sid = link.sid.as_deref().or(link.session.as_deref());
    let purpose = sid.and_then(|sid| server.state().proofs.purpose(sid));
    purpose == Some(Purpose::Reset) && !server.has_defect("reset-link-validates-when-fetched")
}

/// `POST` of the form behind a link. The form repeats the link's parameters.
pub(crate) async fn submitted(State(server): State<Arc<Server>>, request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let form = to_bytes(request.into_body(), FORM_LIMIT).await.unwrap_or_else(|_| Bytes::new());
    let link = Link::read(if form.is_empty() { query.as_bytes() } else { &form });
    follow(&server, link)
}

/// The page that a validating link redirects to.
pub(crate) async fn done() -> Response {
    pages::notice(StatusCode::OK, "Email validated", pages::VALIDATED)
}

fn follow(server: &Server, link: Link) -> Response {
    let echo = link.token.clone().unwrap_or_default();
    let Some(visit) = link.visit(server) else {
        let reason = "This link is incomplete. Please copy it completely from the e-mail.";
        return failure(server, &echo, reason);
    };
    let judged = if server.has_defect("link-validates-nothing") {
        Ok(Followed { next_link: None, is_first: true })
    } else {
        server.state().proofs.follow(&server.switches, &visit)
    };
    let followed = match judged {
        Ok(followed) => followed,
        Err(_) if server.has_defect("used-link-is-a-server-error") && server.state().proofs.has_ended(&visit.sid) => {
            return broken();
        }
        Err(reason) => return failure(server, &echo, reason),
    };
    if server.has_defect("second-click-is-a-server-error") && !followed.is_first {
        return broken();
    }
    if let Some(next_link) = followed.next_link.filter(|_| !server.has_defect("next-link-ignored")) {
        return lead_on(server, &next_link, &visit.sid);
    }
    pages::notice(StatusCode::OK, "Email validated", pages::VALIDATED)
}

/// Sends the browser on to where the client wanted it, with the sid, by which a client that starts there finds its session.
fn lead_on(server: &Server, next_link: &str, sid: &str) -> Response {
    let (link, fragment) = match next_link.split_once('#') {
        Some((link, fragment)) => (link, format!("#{fragment}")),
        None => (next_link, String::new()),
    };
    let separator = if link.contains('?') { '&' } else { '?' };
    let location = match server.has_defect("next-link-without-sid") {
        true => next_link.to_owned(),
        false => format!("{link}{separator}sid={sid}{fragment}"),
    };
    match HeaderValue::from_str(&location) {
        // The host that follows must not learn the token either.
        Ok(location) => (StatusCode::FOUND, [(header::LOCATION, location)], pages::PROTECTION).into_response(),
        Err(_) => pages::notice(StatusCode::OK, "Email validated", pages::VALIDATED),
    }
}

fn broken() -> Response {
    pages::notice(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong", "Please try again later.")
}

fn failure(server: &Server, echo: &str, reason: impl ToString) -> Response {
    let status = StatusCode::BAD_REQUEST;
    if server.has_defect("dead-link-says-success") {
        return pages::notice(StatusCode::OK, "Email validated", pages::VALIDATED);
    }
    if server.has_defect("page-echoes-its-parameters") {
        return pages::unescaped(status, echo);
    }
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
        if server.has_shape("session-and-token-link") {
            return Some(Visit { sid: self.session?, client_secret: None, token });
        }
        Some(Visit { sid: self.sid?, client_secret: Some(self.client_secret?), token })
    }
}
