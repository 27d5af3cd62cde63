//! What the server answers.
//!
//! Specification: Identity Service API, "Standard error response". It differs from the Client-Server API in some codes:
//! `M_MISSING_PARAMS`, and `M_UNAUTHORIZED` for a token that is missing or unknown.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A standard error response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) errcode: &'static str,
    pub(super) error: String,
}

/// What an endpoint gives.
pub(super) type Answer = Result<Response, Refusal>;

impl Refusal {
    pub(super) fn new(status: StatusCode, errcode: &'static str, error: impl Into<String>) -> Refusal {
        Refusal { status, errcode, error: error.into() }
    }

    pub(super) fn bad(errcode: &'static str, error: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, errcode, error)
    }

    pub(super) fn missing(name: &str) -> Refusal {
        Refusal::bad("M_MISSING_PARAMS", format!("the parameter `{name}` is missing"))
    }

    pub(super) fn invalid(error: impl Into<String>) -> Refusal {
        Refusal::bad("M_INVALID_PARAM", error)
    }

    pub(super) fn unauthorized(error: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::UNAUTHORIZED, "M_UNAUTHORIZED", error)
    }

    pub(super) fn forbidden(error: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::FORBIDDEN, "M_FORBIDDEN", error)
    }

    pub(super) fn not_found(error: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, "M_NOT_FOUND", error)
    }

    pub(super) fn unrecognized(status: StatusCode) -> Refusal {
        Refusal::new(status, "M_UNRECOGNIZED", "this server does not know that request")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(json!({"errcode": self.errcode, "error": self.error}))).into_response()
    }
}

/// 200 and an object.
pub(super) fn ok(body: Value) -> Answer {
    Ok(Json(body).into_response())
}

/// Lets web clients of any origin read the answer ("Web browser clients").
pub(super) fn open_to_browsers(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, DELETE, OPTIONS"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Origin, X-Requested-With, Content-Type, Accept, Authorization"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
