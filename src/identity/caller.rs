//! Who asks: the holder of an access token ("Authentication").

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};

use super::answer::Refusal;
use super::body::pairs;
use super::server::Server;

/// The holder of the access token that came with a request.
#[derive(Debug)]
pub(super) struct Caller {
    /// The user, by the homeserver's word.
    pub(super) user_id: String,
}

impl FromRequestParts<Arc<Server>> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Caller, Refusal> {
        let token =
            token(&parts.headers, &parts.uri).ok_or_else(|| Refusal::unauthorized("an access token is needed"))?;
        let user_id = server.state().tokens.get(&token).cloned();
        let user_id = user_id.ok_or_else(|| Refusal::unauthorized("that access token is not known"))?;
        Ok(Caller { user_id })
    }
}

/// The token of a request: from its `Authorization` header, or from its query.
pub(super) fn token(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some((scheme, token)) = header.and_then(|value| value.split_once(' '))
        && scheme.eq_ignore_ascii_case("bearer")
    {
        return Some(token.trim().to_owned());
    }
    let query = pairs(uri.query().unwrap_or_default());
    query.into_iter().find(|(name, _)| name == "access_token").map(|(_, token)| token)
}
