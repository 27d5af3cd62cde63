//! What passes between a trial and the identity server.

use serde::{Deserialize, Serialize};

/// One request as the identity server got it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Asked {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The parameters of the query, in order.
    #[serde(default)]
    pub query: Vec<(String, String)>,
    /// The `Authorization` header, if there was one.
    pub authorization: Option<String>,
    /// The body, if it is JSON.
    pub body: Option<serde_json::Value>,
    /// When it came, in milliseconds since the epoch.
    pub at_ms: u64,
}

/// A look at what the identity server was asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RequestLogQuery {
    /// The path that was looked for.
    pub path: String,
    /// The address, user or session that was looked for.
    pub about: String,
    /// The requests, oldest first.
    pub requests: Vec<Asked>,
}

/// The identity server was told to answer otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Instruction {
    /// For requests to this path.
    pub path: String,
    /// About this address, user or session.
    pub about: String,
    /// What it does, in words: `answers 404 not here`.
    pub does: String,
}
