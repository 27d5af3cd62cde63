//! What is known of the server under test.

use serde::{Deserialize, Serialize};

/// Something a target may offer, as scenarios name it under `needs`: whether it does, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ability {
    /// `email`, `registration`, `identity-server`, …
    pub name: String,
    /// Whether the target offers it.
    pub offered: bool,
    /// How that is known, for people: `requestToken answered 400 M_THREEPID_MEDIUM_NOT_SUPPORTED`.
    pub reason: String,
}

impl Ability {
    /// Reaching an identity server that the harness runs; that of a need, too.
    pub const IDENTITY_SERVER: &str = "identity-server";
}

/// An account on the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// `@localpart:server.name`.
    pub user_id: String,
    /// The part between `@` and the first `:`.
    pub localpart: String,
    /// The account's password. `None` if only a token is known.
    pub password: Option<String>,
    /// A valid access token.
    pub access_token: String,
    /// The device that the token belongs to, if known.
    pub device_id: Option<String>,
}
