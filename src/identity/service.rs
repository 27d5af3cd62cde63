//! What happens to every request before an endpoint sees it: it is read, remembered, and perhaps answered otherwise.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Incoming;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use tokio_util::sync::CancellationToken;

use super::answer::{Refusal, open_to_browsers};
use super::asked::subjects;
use super::behaviour::Behaviour;
use super::body::pairs;
use super::server::{Server, now_ms};
use super::{caller, limits};
use threepid_record::model::Asked;

/// The connection is closed without an answer, as the server was told to.
#[derive(Debug, thiserror::Error)]
#[error("told to refuse")]
pub(super) struct Refused;

/// Answers requests.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) server: Arc<Server>,
    pub(super) router: Router,
    pub(super) stop: CancellationToken,
}

impl Service {
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Result<Response, Refused> {
        let (parts, body) = request.into_parts();
        let Ok(bytes) = to_bytes(Body::new(body), limits::BODY_BYTES).await else {
            let error = format!("the body is larger than {} bytes, or was cut off", limits::BODY_BYTES);
            let mut response = Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "M_INVALID_PARAM", error).into_response();
            open_to_browsers(response.headers_mut());
            return Ok(response);
        };
        let asked = Asked {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: pairs(parts.uri.query().unwrap_or_default()),
            authorization: parts
                .headers
                .get(header::AUTHORIZATION)
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
            body: serde_json::from_slice(&bytes).ok(),
            at_ms: now_ms(),
        };
        match self.told(&asked, caller::token(&parts.headers, &parts.uri), bytes.len()) {
            None => {}
            Some(Behaviour::Refuse) => return Err(Refused),
            Some(Behaviour::Answer { status, content_type, body }) => {
                return Ok(scripted(status, &content_type, body));
            }
            Some(Behaviour::Stall(time)) => tokio::select! {
                // The one thing that is waited for is that time passes: that is what was asked for.
                () = tokio::time::sleep(time) => {}
                () = self.stop.cancelled() => return Err(Refused),
            },
        }
        let mut response = match (&parts.method, self.server.upstream.get()) {
            (&Method::OPTIONS, _) => StatusCode::OK.into_response(),
            (_, Some(upstream)) => upstream.answer(&parts, bytes).await,
            (_, None) => {
                let routed = TowerToHyperService::new(self.router.clone());
                let answered: Result<Response, Infallible> =
                    routed.call(Request::from_parts(parts, Body::from(bytes))).await;
                match answered {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            }
        };
        open_to_browsers(response.headers_mut());
        Ok(response)
    }

    /// Remembers a request; gives what to do instead of answering it.
    fn told(&self, asked: &Asked, token: Option<String>, bytes: usize) -> Option<Behaviour> {
        let mut state = self.server.state();
        let user = token.and_then(|token| state.tokens.get(&token).cloned());
        let subjects = subjects(&asked.query, asked.body.as_ref(), user);
        let told = state.behaviours.of(&asked.path, &subjects);
        // What a request is kept for is mostly its body; the rest is about as large as what it came in.
        let size = bytes * 2 + asked.path.len() + asked.authorization.as_ref().map_or(0, String::len) + 256;
        state.asked.add(asked.clone(), subjects, size);
        told
    }
}

fn scripted(status: u16, content_type: &str, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, body).into_response();
    if let Ok(value) = HeaderValue::from_str(content_type) {
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    open_to_browsers(response.headers_mut());
    response
}
