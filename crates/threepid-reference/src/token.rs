//! The access token that a request carries.
//!
//! *Takes* its headers and its address; *gives* the token, if there is one; *never* asks whether it is known.
//!
//! Specification: client-server API, "Using access tokens".

use axum::http::{HeaderMap, Uri, header};

/// The access token of a request, whether it is known or not.
pub(super) fn access_token(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let from_header = headers.get(header::AUTHORIZATION).and_then(|value| {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    });
    let from_query = || {
        let query = uri.query()?;
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(name, _)| name == "access_token").map(|(_, token)| token.into_owned())
    };
    from_header.or_else(from_query).filter(|token| !token.is_empty())
}
