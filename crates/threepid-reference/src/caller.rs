//! Who is asking: the access token of a request.
//!
//! *Takes* the headers and query of a request; *gives* the account and device behind the token, or 401; *never* a caller whose
//! token was logged out.
//!
//! Specification: client-server API, "Using access tokens". The query parameter is deprecated since v1.11 and still part of
//! every version this server speaks.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts, OptionalFromRequestParts},
    http::{StatusCode, request::Parts},
};

use super::{accounts::UserId, answer::MatrixError, server::Server, token::access_token};

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
        let token = access_token(&parts.headers, &parts.uri).ok_or_else(MatrixError::missing_token)?;
        let state = server.state();
        let session = state.accounts.session(&token).ok_or_else(unknown_token)?;
        let is_open = parts.uri.path().ends_with("/account/whoami") || server.has_defect("guests-do-everything");
        if state.accounts.is_guest(&session.user) && !is_open {
            let error = "this is not for guests";
            return Err(MatrixError::new(StatusCode::FORBIDDEN, "M_GUEST_ACCESS_FORBIDDEN", error));
        }
        let logs_out = ["/logout", "/logout/all"].iter().any(|end| parts.uri.path().ends_with(end));
        let stays_open = logs_out && !server.has_defect("locked-accounts-stay-logged-in");
        if state.accounts.is_locked(&session.user) && !stays_open && !server.has_defect("locks-are-ignored") {
            return Err(MatrixError::locked());
        }
        Ok(Self { user: session.user.clone(), device: session.device.clone(), token: token.clone() })
    }
}

/// A request may come without a token, but not with a wrong one.
impl OptionalFromRequestParts<Arc<Server>> for Caller {
    type Rejection = MatrixError;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Option<Self>, MatrixError> {
        if access_token(&parts.headers, &parts.uri).is_none() {
            return Ok(None);
        }
        <Self as FromRequestParts<_>>::from_request_parts(parts, server).await.map(Some)
    }
}

/// Whoever asks where no access token is needed.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    /// The address that limits count by.
    pub(super) address: IpAddr,
    /// The account behind the access token, if there is one and it is valid.
    pub(super) caller: Option<Caller>,
}

impl FromRequestParts<Arc<Server>> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, Infallible> {
        let caller = <Caller as FromRequestParts<_>>::from_request_parts(parts, server).await;
        Ok(Self { address: client_address(parts, server.config.trust_forwarded_for), caller: caller.ok() })
    }
}

/// Where a request comes from. Behind a proxy that is what the proxy appended, the last address: those before it are whatever
/// the client wrote.
fn client_address(parts: &Parts, trust_forwarded_for: bool) -> IpAddr {
    let forwarded = || {
        let last = parts.headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?.rsplit(',').next()?;
        last.trim().parse().ok()
    };
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    trust_forwarded_for
        .then(forwarded)
        .flatten()
        .or_else(|| peer.map(|ConnectInfo(peer)| peer.ip()))
        .unwrap_or(Ipv4Addr::UNSPECIFIED.into())
}

fn unknown_token() -> MatrixError {
    MatrixError::new(StatusCode::UNAUTHORIZED, "M_UNKNOWN_TOKEN", "this access token is not known")
}
