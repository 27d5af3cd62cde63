//! Who is asking: the access token of a request.
//!
//! *Takes* the headers and query of a request; *gives* the account and device behind the token, or 401; *never* a caller whose
//! token was logged out.
//!
//! Specification: client-server API, "Using access tokens". The query parameter is deprecated since v1.11 and still part of
//! every version this server speaks.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
};

use super::{accounts::UserId, answer::MatrixError, server::Server};

/// The account and device behind a valid access token.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) user: UserId,
    pub(super) device: String,
    pub(super) token: String,
}

impl FromRequestParts<Arc<Server>> for Caller {
    type Rejection = MatrixError;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, MatrixError> {
        let token = access_token(parts).ok_or_else(|| {
            MatrixError::new(StatusCode::UNAUTHORIZED, "M_MISSING_TOKEN", "this request needs an access token")
        })?;
        let session = server.state().accounts.session(&token).cloned();
        let session = session.ok_or_else(|| {
            MatrixError::new(StatusCode::UNAUTHORIZED, "M_UNKNOWN_TOKEN", "this access token is not known")
        })?;
        Ok(Self { user: session.user, device: session.device, token })
    }
}

fn access_token(parts: &Parts) -> Option<String> {
    let from_header = parts.headers.get(header::AUTHORIZATION).and_then(|value| {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    });
    let from_query = || {
        let query = parts.uri.query()?;
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(name, _)| name == "access_token").map(|(_, token)| token.into_owned())
    };
    from_header.or_else(from_query).filter(|token| !token.is_empty())
}
