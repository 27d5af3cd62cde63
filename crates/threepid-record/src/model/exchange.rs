//! One HTTP request and what came back.

use serde::{Deserialize, Serialize};

/// Header names (lower case) and values in the order they stood, repeated names kept.
pub type Headers = Vec<(String, String)>;

/// One HTTP request with its answer, or with the reason why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Exchange {
    /// The actor that asked (`alice`), or `None` for a request by nobody.
    pub actor: Option<String>,
    /// What was sent.
    pub request: Request,
    /// What came back. `None` when `failure` says why nothing (or not everything) did.
    pub response: Option<Response>,
    /// Why there is no complete answer.
    pub failure: Option<Failure>,
    /// From the start of the request to the end of the response's headers, in milliseconds; 0 if none came.
    pub headers_ms: f64,
    /// From the start of the request to the last byte read, or to the failure, in milliseconds.
    pub total_ms: f64,
}

/// A request as it was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// The absolute URL that was really asked (after the public origin was mapped to the reachable one).
    pub url: String,
    /// The headers that the harness set.
    pub headers: Headers,
    /// The body; empty if none was sent.
    pub body: Body,
}

/// A response as it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// All headers.
    pub headers: Headers,
    /// The body, as far as the limit let it be read.
    pub body: Body,
}

impl Response {
    /// The first value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// A body: text when it is valid UTF-8 or a page, else base64. Never both.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Body {
    /// The body as text, if it is valid UTF-8, or a page decoded by the charset that it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The body in standard base64, if it is not valid UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    /// How many bytes were read.
    pub size_bytes: u64,
    /// Whether reading stopped at the limit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// Why an answer is missing. Never says that the server is wrong; that is for the judge to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Failure {
    /// What kind of failure it was.
    pub kind: FailureKind,
    /// The whole chain of causes in one line, and the limit's name where a limit was hit.
    pub message: String,
}

/// The kinds of failure of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// No connection could be made.
    Connect,
    /// The deadline passed.
    Timeout,
    /// The body is larger than the limit.
    TooLarge,
    /// The connection broke or what came is not HTTP.
    Broken,
    /// The request could not be formed (an address that is no URL, say): a mistake of the scenario or of us.
    BadRequest,
}
