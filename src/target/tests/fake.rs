//! A hand-written HTTP server for tests: one closure answers everything and everything asked is kept.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::Response;
use serde_json::Value;

use threepid_wire::http::{Client, HttpOptions, Origins, Shared};

/// A request as a test wants to see it.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// `POST /register`: the path without the common prefix.
    pub(super) what: String,
    pub(super) bearer: Option<String>,
    pub(super) body: Value,
}

/// Status, extra header, body.
pub(super) struct Answer(pub(super) u16, pub(super) Option<(&'static str, String)>, pub(super) String);

impl From<(u16, Value)> for Answer {
    fn from((status, body): (u16, Value)) -> Answer {
        Answer(status, None, body.to_string())
    }
}

pub(super) struct Fake {
    pub(super) origins: Origins,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Fake {
    /// Serves with a closure, which also gets the number of the request, counted from 0.
    pub(super) async fn serve<F>(answer: F) -> Fake
    where
        F: Fn(&Asked, usize) -> Answer + Clone + Send + Sync + 'static,
    {
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let kept = Arc::clone(&asked);
        let app = Router::new().fallback(move |request: Request| {
            let (answer, kept) = (answer.clone(), Arc::clone(&kept));
            async move {
                let (parts, body) = request.into_parts();
                let bytes = to_bytes(body, 1 << 20).await.unwrap();
                let path = parts.uri.path();
                let path = path.strip_prefix("/_matrix/client/v3").unwrap_or(path);
                let bearer = parts.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
                let asked = Asked {
                    what: format!("{} {path}", parts.method),
                    bearer: bearer.map(|value| value.trim_start_matches("Bearer ").to_owned()),
                    body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
                };
                let number = {
                    let mut kept = kept.lock().unwrap();
                    kept.push(asked.clone());
                    kept.len() - 1
                };
                let Answer(status, header, body) = answer(&asked, number);
                let mut response = Response::builder().status(status);
                if let Some((name, value)) = header {
                    response = response.header(name, value);
                }
                response.body(Body::from(body)).unwrap()
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Fake { origins: Origins::parse(&format!("http://{address}"), None).unwrap(), asked }
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(super) fn what(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.what).collect()
    }
}

pub(super) fn client() -> Client {
    Client::new(&HttpOptions::default(), &Shared::new().unwrap()).unwrap()
}

/// Whether there is a Python for the stand-ins of `tests/servers/`. Where none is, the tests that need them say so and
/// test nothing, unless `THREEPID_REQUIRE_REAL` is set, as in CI.
pub(super) fn python() -> bool {
    match std::process::Command::new("python3").arg("--version").output() {
        Ok(_) => true,
        Err(error) if std::env::var_os("THREEPID_REQUIRE_REAL").is_none() => {
            println!("not tested: python3 cannot be started: {error}");
            false
        }
        Err(error) => panic!("python3 cannot be started: {error}"),
    }
}
