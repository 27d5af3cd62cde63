//! Request bodies and the fields in them.
//!
//! *Takes* the bytes of a request; *gives* a JSON object and typed access to its members, each mistake with the errcode the
//! specification gives it; *never* looks at the Content-Type, since the specification tells servers not to rely on it.
//!
//! Specification: client-server API, "Standard error response" (`M_NOT_JSON`, `M_BAD_JSON`, `M_MISSING_PARAM`, `M_TOO_LARGE`).

use axum::{
    body::to_bytes,
    extract::{FromRequest, Request},
    http::StatusCode,
};
use serde_json::{Map, Value};

use super::answer::MatrixError;

/// Bytes in the body of a request; the largest honest one is well under 2 kB.
const BODY_LIMIT: usize = 64 * 1024;

/// Bytes in a device id.
const DEVICE_ID_LIMIT: usize = 255;

/// The JSON object in the body of a request.
#[derive(Debug)]
pub(super) struct Body(pub(super) Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = MatrixError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, MatrixError> {
        let bytes = to_bytes(request.into_body(), BODY_LIMIT).await.map_err(|_| {
            let error = format!("the request body is larger than {BODY_LIMIT} bytes, or was cut off");
            MatrixError::new(StatusCode::PAYLOAD_TOO_LARGE, "M_TOO_LARGE", error)
        })?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(MatrixError::bad_json("the request body is not a JSON object")),
            Err(_) => Err(MatrixError::not_json()),
        }
    }
}

/// Typed access to the members of a JSON object. A member that is `null` counts as absent where it is optional.
pub(super) trait Fields {
    /// A string that must be there.
    fn text(&self, name: &str) -> Result<&str, MatrixError>;
    /// A string that may be there.
    fn optional_text(&self, name: &str) -> Result<Option<&str>, MatrixError>;
    /// An integer that must be there. A fraction, even `1.0`, is not one.
    fn integer(&self, name: &str) -> Result<i64, MatrixError>;
    /// A boolean that may be there.
    fn optional_flag(&self, name: &str) -> Result<Option<bool>, MatrixError>;
    /// The `device_id` of a login or a registration, which an account then remembers.
    fn device_id(&self) -> Result<Option<&str>, MatrixError>;
    /// An object that may be there.
    fn optional_object(&self, name: &str) -> Result<Option<&Map<String, Value>>, MatrixError>;
}

impl Fields for Map<String, Value> {
    fn text(&self, name: &str) -> Result<&str, MatrixError> {
        let value = self.get(name).ok_or_else(|| MatrixError::missing_param(name))?;
        value.as_str().ok_or_else(|| wrong_type(name, "a string"))
    }

    fn optional_text(&self, name: &str) -> Result<Option<&str>, MatrixError> {
        optional(self, name, "a string", Value::as_str)
    }

    fn integer(&self, name: &str) -> Result<i64, MatrixError> {
        let value = self.get(name).ok_or_else(|| MatrixError::missing_param(name))?;
        value.as_i64().ok_or_else(|| wrong_type(name, "an integer"))
    }

    fn optional_flag(&self, name: &str) -> Result<Option<bool>, MatrixError> {
        optional(self, name, "a boolean", Value::as_bool)
    }

    fn device_id(&self) -> Result<Option<&str>, MatrixError> {
        let device = self.optional_text("device_id")?;
        if device.is_some_and(|device| device.is_empty() || device.len() > DEVICE_ID_LIMIT) {
            return Err(MatrixError::invalid_param(format!("a device id has 1 to {DEVICE_ID_LIMIT} bytes")));
        }
        Ok(device)
    }

    fn optional_object(&self, name: &str) -> Result<Option<&Map<String, Value>>, MatrixError> {
        optional(self, name, "an object", Value::as_object)
    }
}

fn optional<'a, T>(
    fields: &'a Map<String, Value>,
    name: &str,
    wanted: &str,
    read: impl Fn(&'a Value) -> Option<T>,
) -> Result<Option<T>, MatrixError> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => read(value).map(Some).ok_or_else(|| wrong_type(name, wanted)),
    }
}

fn wrong_type(name: &str, wanted: &str) -> MatrixError {
    MatrixError::bad_json(format!("the parameter `{name}` is not {wanted}"))
}
