//! Another identity server behind this one: requests are kept and answered otherwise here, and answered there.
//!
//! So that a real identity server that speaks plain HTTP gets TLS, and scenarios see what it is asked.

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::answer::Refusal;
use super::limits;
use threepid_wire::http::{Client, HttpOptions, Outgoing, Shared};

/// The headers of a request that are passed on.
const TO: &[HeaderName] = &[header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT];
/// The headers of an answer that are passed back.
const BACK: &[HeaderName] = &[header::CONTENT_TYPE, header::LOCATION];

/// The way to the server behind.
#[derive(Debug)]
pub(super) struct Upstream {
    client: Client,
    origin: String,
}

impl Upstream {
    pub(super) fn new(origin: &str) -> Result<Upstream, String> {
        let options = HttpOptions {
            request_timeout: limits::UPSTREAM,
            body_limit: limits::HOMESERVER_BYTES,
            ..HttpOptions::default()
        };
        let shared = Shared::new().map_err(|error| error.to_string())?;
        let client = Client::new(&options, &shared).map_err(|error| error.to_string())?;
        Ok(Upstream { client, origin: origin.trim_end_matches('/').to_owned() })
    }

    pub(super) async fn answer(&self, parts: &Parts, body: Bytes) -> Response {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut outgoing = Outgoing::new(parts.method.as_str(), format!("{}{path}", self.origin));
        for name in TO {
            // An unbind may be signed with several keys, each in a header of its own.
            for value in parts.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()) {
                outgoing = outgoing.header(name.as_str(), value);
            }
        }
        if !body.is_empty() {
            outgoing.body = Some(body.to_vec());
        }
        let exchange = self.client.send(outgoing).await;
        let Some(answer) = exchange.response.filter(|_| exchange.failure.is_none()) else {
            let why = exchange.failure.map(|failure| failure.message).unwrap_or_default();
            let error = format!("the identity server behind this one does not answer: {why}");
            return Refusal::new(StatusCode::BAD_GATEWAY, "M_UNKNOWN", error).into_response();
        };
        let bytes = match (answer.body.text, answer.body.base64) {
            (Some(text), _) => text.into_bytes(),
            (None, encoded) => encoded.and_then(|encoded| STANDARD.decode(encoded).ok()).unwrap_or_default(),
        };
        let mut response = Response::new(Body::from(bytes));
        *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
        for (name, value) in &answer.headers {
            if let (Some(name), Ok(value)) =
                (BACK.iter().find(|known| known.as_str() == name), HeaderValue::from_str(value))
            {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
