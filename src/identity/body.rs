//! The parameters of a request: a JSON object, or a query.

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use serde_json::{Map, Value};
use threepid_record::number::whole;

use super::answer::Refusal;
use super::limits;

/// The JSON object in the body of a request.
#[derive(Debug)]
pub(super) struct Body(pub(super) Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Refusal;

    async fn from_request(request: Request, _state: &S) -> Result<Body, Refusal> {
        // The service has read it already, so this never waits.
        let bytes = to_bytes(request.into_body(), limits::BODY_BYTES).await.unwrap_or_else(|_| Bytes::new());
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(fields)) => Ok(Body(fields)),
            _ => Err(Refusal::invalid("the body is no JSON object")),
        }
    }
}

impl Body {
    /// A text that must be there.
    pub(super) fn text(&self, name: &str) -> Result<&str, Refusal> {
        text(&self.0, name)
    }

    /// A text that may be there.
    pub(super) fn optional_text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => self.text(name).map(Some),
        }
    }

    /// A whole number that must be there.
    pub(super) fn integer(&self, name: &str) -> Result<i64, Refusal> {
        let value = self.0.get(name).ok_or_else(|| Refusal::missing(name))?;
        whole(value).ok_or_else(|| Refusal::invalid(format!("the parameter `{name}` must be a whole number")))
    }

    /// A list of texts that must be there.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<&str>, Refusal> {
        let value = self.0.get(name).ok_or_else(|| Refusal::missing(name))?;
        value
            .as_array()
            .and_then(|items| items.iter().map(Value::as_str).collect())
            .ok_or_else(|| Refusal::invalid(format!("the parameter `{name}` is not a list of texts")))
    }

    /// An object that must be there.
    pub(super) fn object(&self, name: &str) -> Result<&Map<String, Value>, Refusal> {
        let value = self.0.get(name).ok_or_else(|| Refusal::missing(name))?;
        value.as_object().ok_or_else(|| Refusal::invalid(format!("the parameter `{name}` is not an object")))
    }
}

/// A text that must be in an object.
pub(super) fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a str, Refusal> {
    let value = fields.get(name).ok_or_else(|| Refusal::missing(name))?;
    value.as_str().ok_or_else(|| Refusal::invalid(format!("the parameter `{name}` is not a text")))
}

/// The parameters of a query.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Query, Self::Rejection> {
        Ok(Query(pairs(parts.uri.query().unwrap_or_default())))
    }
}

impl Query {
    /// A parameter that must be there.
    pub(super) fn text(&self, name: &str) -> Result<&str, Refusal> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).ok_or_else(|| Refusal::missing(name))
    }
}

/// The pairs of a query.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}
