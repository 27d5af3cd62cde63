//! OpenID tokens: how an identity server learns who its client is.
//!
//! *Takes* an account; *gives* a token that names it to whoever asks over federation, for an hour; *never* one that is good for
//! anything else.
//!
//! Specification: client-server API, `POST /user/{userId}/openid/request_token`; server-server API, `GET /openid/userinfo`.

use std::time::{Duration, Instant};

use crate::{accounts::UserId, bounded::Bounded, random};

/// Tokens at the same time; a further one makes the oldest stop working.
const MAX_TOKENS: usize = 50_000;
/// How long a token works.
pub(crate) const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// The tokens that work.
#[derive(Debug)]
pub(crate) struct OpenIdTokens(Bounded<String, (UserId, Instant)>);

impl OpenIdTokens {
    pub(crate) fn new() -> Self {
        Self(Bounded::new(MAX_TOKENS))
    }

    pub(crate) fn issue(&mut self, user: &UserId) -> String {
        let token = random::token();
        let expires = Instant::now() + LIFETIME;
        self.0.insert(token.clone(), (user.clone(), expires));
        token
    }

    /// Whom a token names.
    pub(crate) fn user(&self, token: &str) -> Option<&UserId> {
        let (user, expires) = self.0.get(token)?;
        (*expires > Instant::now()).then_some(user)
    }
}
