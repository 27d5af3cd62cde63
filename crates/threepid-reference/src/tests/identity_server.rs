//! A small identity server for tests, over TLS with a certificate of its own. A session's id is the address that it validated.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse as _, Response},
    routing::post,
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::{Value, json};

use super::tls::TlsListener;

/// What it does with a request.
#[derive(Debug, Clone, Default)]
pub(super) enum Mood {
    #[default]
    Helpful,
    /// Answers so, whatever it is asked.
    Says(u16, String),
    /// Never answers.
    Silent,
}

/// A request that it got.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) path: String,
    pub(super) authorization: String,
    pub(super) body: Value,
}

#[derive(Debug, Default)]
struct Shared {
    mood: Mutex<Mood>,
    requests: Mutex<Vec<Request>>,
    bound: Mutex<Vec<(String, String)>>,
}

#[derive(Debug)]
pub(super) struct IdentityServer {
    pub(super) addr: SocketAddr,
    pub(super) ca_pem: String,
    shared: Arc<Shared>,
}

/// A certificate for loopback, and its key.
pub(crate) fn certificate() -> (String, String) {
    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    (cert.pem(), signing_key.serialize_pem())
}

impl IdentityServer {
    pub(super) async fn start() -> Self {
        let (cert_pem, key_pem) = certificate();
        let listener = TlsListener::bind(&cert_pem, &key_pem).await;
        let addr = listener.addr();
        let shared = Arc::<Shared>::default();
        let router =
            Router::new().route("/_matrix/identity/v2/3pid/{what}", post(answer)).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { addr, ca_pem: cert_pem, shared }
    }

    pub(super) fn name(&self) -> String {
        self.addr.to_string()
    }

    pub(super) fn is(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap() = mood;
    }

    /// What it was asked since the last call.
    pub(super) fn asked(&self) -> Vec<Request> {
        std::mem::take(&mut *self.shared.requests.lock().unwrap())
    }

    /// Who is bound, to which address.
    pub(super) fn bound(&self) -> Vec<(String, String)> {
        self.shared.bound.lock().unwrap().clone()
    }

    /// Binds without the homeserver.
    pub(super) fn bind(&self, mxid: &str, address: &str) {
        let mut bound = self.shared.bound.lock().unwrap();
        bound.push((mxid.to_owned(), address.to_owned()));
    }
}

async fn answer(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let authorization = headers.get("authorization").map_or("", |value| value.to_str().unwrap()).to_owned();
    let body: Value = serde_json::from_slice(&body).unwrap();
    shared.requests.lock().unwrap().push(Request {
        path: uri.path().to_owned(),
        authorization: authorization.clone(),
        body: body.clone(),
    });
    let mood = shared.mood.lock().unwrap().clone();
    match mood {
        Mood::Helpful => {}
        Mood::Says(status, text) => {
            return (StatusCode::from_u16(status).unwrap(), text).into_response();
        }
        Mood::Silent => std::future::pending::<()>().await,
    }
    let mxid = body["mxid"].as_str().unwrap().to_owned();
    let binds = uri.path().ends_with("/bind");
    let scheme = if binds { "Bearer is-token" } else { "X-Matrix " };
    if !authorization.starts_with(scheme) {
        let refusal = json!({"errcode": "M_UNAUTHORIZED", "error": "who are you?"});
        return (StatusCode::UNAUTHORIZED, refusal.to_string()).into_response();
    }
    let mut bound = shared.bound.lock().unwrap();
    if binds {
        let address = body["sid"].as_str().unwrap().to_owned();
        bound.push((mxid, address.clone()));
        return json!({"medium": "email", "address": address}).to_string().into_response();
    }
    let address = body["threepid"]["address"].as_str().unwrap().to_owned();
    bound.retain(|pair| *pair != (mxid.clone(), address.clone()));
    "{}".into_response()
}
