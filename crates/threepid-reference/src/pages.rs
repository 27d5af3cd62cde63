//! The pages that a link in a mail leads to.
//!
//! *Takes* what to say; *gives* HTML with the headers that keep a secret in the address from leaking: it is not cached, not
//! sent on as a referrer, not framed, and the page loads nothing; *never* echoes anything unescaped (CVE-2021-21332).

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// What the seed's server says once an address is validated.
pub(super) const VALIDATED: &str =
    "Your email has now been validated, please return to your client. You may now close this window.";

const HTML: (HeaderName, HeaderValue) = (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));

/// What keeps the secret in the address of a page from leaking. There is no `form-action`: browsers apply it to redirects
/// too, and the form may lead on to another host.
pub(super) const PROTECTION: [(HeaderName, HeaderValue); 5] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    ),
];

/// A page that says one thing.
pub(super) fn notice(status: StatusCode, title: &str, text: &str) -> Response {
    page(status, title, &html! { p { (text) } })
}

/// A page that repeats what it was given as it is: what a defect gets wrong.
pub(super) fn unescaped(status: StatusCode, given: &str) -> Response {
    page(status, "Email not validated", &html! { p { (PreEscaped(given)) } })
}

/// A page whose button sends the same parameters as a form: fetching it changes nothing.
pub(super) fn confirmation(question: &str, fields: &[(&str, &str)]) -> Response {
    let content = html! {
        p { (question) }
        form method="post" {
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
            button type="submit" { "Confirm" }
        }
    };
    page(StatusCode::OK, "Confirm your email", &content)
}

fn page(status: StatusCode, title: &str, content: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { (title) } }
            body { h1 { (title) } (content) }
        }
    };
    (status, [HTML], PROTECTION, page.into_string()).into_response()
}
