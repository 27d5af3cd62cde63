//! What the server answers: the standard error response, JSON, and the headers that browsers need.
//!
//! *Takes* an errcode and a sentence; *gives* a response; *never* an error without an errcode, except the challenge of User-
//! Interactive Authentication, which is an invitation rather than an error.
//!
//! Specification: client-server API, "Standard error response" and "Web browser clients".

use std::{borrow::Cow, time::Duration};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

/// A refusal in the form of the standard error response.
#[derive(Debug)]
pub(super) struct MatrixError {
    status: StatusCode,
    errcode: Option<Cow<'static, str>>,
    error: String,
    fields: Box<Map<String, Value>>,
    retry_after: Option<Duration>,
}

impl MatrixError {
    pub(super) fn new(status: StatusCode, errcode: impl Into<Cow<'static, str>>, error: impl Into<String>) -> Self {
        Self { status, errcode: Some(errcode.into()), error: error.into(), fields: Box::default(), retry_after: None }
    }

    /// A 401 that asks for User-Interactive Authentication: `fields` hold session, flows and params.
    pub(super) fn challenge(fields: Map<String, Value>) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            errcode: None,
            error: String::new(),
            fields: Box::new(fields),
            retry_after: None,
        }
    }

    /// The same refusal with another status.
    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The same refusal with an errcode and a sentence: a challenge after a failed attempt.
    pub(super) fn because(self, errcode: impl Into<Cow<'static, str>>, error: impl Into<String>) -> Self {
        Self { errcode: Some(errcode.into()), error: error.into(), ..self }
    }

    /// The same refusal with further members.
    pub(super) fn with_fields(mut self, fields: Map<String, Value>) -> Self {
        self.fields.extend(fields);
        self
    }

    pub(super) fn errcode(&self) -> Option<&str> {
        self.errcode.as_deref()
    }

    /// Whether this asks for (more) authentication, first or after a failed attempt.
    pub(super) fn is_challenge(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED && self.fields.contains_key("params")
    }

    /// A locked account is used for something else than to log out ("Account locking").
    pub(super) fn locked() -> Self {
        let fields = Map::from_iter([("soft_logout".to_owned(), true.into())]);
        Self::new(StatusCode::UNAUTHORIZED, "M_USER_LOCKED", "this account is locked").with_fields(fields)
    }

    /// A suspended account is used for something that it may not do ("Account suspension").
    pub(super) fn suspended() -> Self {
        Self::new(StatusCode::FORBIDDEN, "M_USER_SUSPENDED", "this is not for suspended accounts")
    }

    pub(super) fn not_json() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "M_NOT_JSON", "the request body is not valid JSON")
    }

    pub(super) fn bad_json(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "M_BAD_JSON", error)
    }

    pub(super) fn missing_param(name: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "M_MISSING_PARAM", format!("the parameter `{name}` is missing"))
    }

    pub(super) fn invalid_param(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "M_INVALID_PARAM", error)
    }

    pub(super) fn forbidden(error: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "M_FORBIDDEN", error)
    }

    pub(super) fn unrecognized(status: StatusCode) -> Self {
        Self::new(status, "M_UNRECOGNIZED", "this server does not know that request")
    }

    pub(super) fn in_use() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "M_THREEPID_IN_USE", "Email is already in use")
    }

    pub(super) fn auth_failed() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "M_THREEPID_AUTH_FAILED", "No validated 3pid session found")
    }

    pub(super) fn missing_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "M_MISSING_TOKEN", "this request needs an access token")
    }

    pub(super) fn no_such_address(status: StatusCode) -> Self {
        Self::new(status, "M_THREEPID_NOT_FOUND", "Email not found")
    }

    pub(super) fn medium_not_supported(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "M_THREEPID_MEDIUM_NOT_SUPPORTED", error)
    }

    /// 429; `retry_after` is the hint when to come again, in a header and, as before v1.10, in the body.
    pub(super) fn limit_exceeded(retry_after: Duration) -> Self {
        let status = StatusCode::TOO_MANY_REQUESTS;
        let refusal = Self::new(status, "M_LIMIT_EXCEEDED", "Too many requests");
        Self { retry_after: Some(retry_after), ..refusal }
    }

    pub(super) fn internal(error: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "M_UNKNOWN", error)
    }
}

impl IntoResponse for MatrixError {
    fn into_response(self) -> Response {
        let mut body = *self.fields;
        if let Some(errcode) = self.errcode {
            body.insert("errcode".to_owned(), errcode.into());
            body.insert("error".to_owned(), self.error.into());
        }
        let retry_after = self.retry_after.map(|wait| {
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            body.insert("retry_after_ms".to_owned(), wait_ms.into());
            // Whole seconds, rounded up: who comes back then is not too early.
            [(header::RETRY_AFTER, wait_ms.div_ceil(1000).to_string())]
        });
        (self.status, retry_after, Json(body)).into_response()
    }
}

/// The answer of most successful requests: 200 and a JSON object.
pub(super) fn ok(body: Value) -> Response {
    Json(body).into_response()
}

/// 200 and an object without members.
pub(super) fn empty() -> Response {
    ok(json!({}))
}

/// Lets web clients of any origin read the response, as every endpoint of the client-server API must.
pub(super) fn allow_any_origin(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PUT, DELETE, OPTIONS"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("X-Requested-With, Content-Type, Authorization"),
    );
}
