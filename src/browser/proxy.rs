//! The proxy of one window: the only place to which its browser's requests go.
//!
//! Takes the browser's connections; gives each request to whoever answers, and keeps what came of it. HTTPS ends here,
//! under a certificate made for the name, so that the connection to the target is the harness's own, with its limits and
//! the authorities that it trusts. It opens no connection itself.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use base64::Engine as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use threepid_record::model::Exchange;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use super::asked::{Answered, Answers, Kind, Seen, Wanted};
use crate::identity::Authority;

/// How many bytes a page may send.
const MOST_SENT: usize = 1024 * 1024;
/// How long a browser may take to say whom it wants to talk to, and in TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// What no server's answer decides for the connection to the browser.
const OF_THE_CONNECTION: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
];
/// What a browser asks for by itself.
const ICON: &str = "/favicon.ico";

/// A window's proxy. It ends when this is dropped.
pub(super) struct Proxy {
    /// Where it listens.
    pub(super) at: SocketAddr,
    shared: Arc<Shared>,
    _end: tokio_util::sync::DropGuard,
}

/// What has happened at a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Activity {
    /// Requests that are being answered.
    open: usize,
    /// Requests that there were.
    pub(super) count: usize,
}

struct Shared {
    answers: Arc<dyn Answers>,
    proofs: Vec<String>,
    authority: Authority,
    activity: watch::Sender<Activity>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// In the order in which they were asked; empty until the answer is there.
    seen: Vec<Option<Seen>>,
    /// Where pages wanted to lead to, off the target.
    left: Vec<String>,
    /// Whose scripts or data were refused, for they are not on the target.
    refused: Vec<String>,
}

impl Proxy {
    /// Listens on the loopback.
    pub(super) async fn start(answers: Arc<dyn Answers>, proofs: Vec<String>) -> Result<Proxy, String> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.map_err(|f| f.to_string())?;
        let at = listener.local_addr().map_err(|fault| fault.to_string())?;
        let authority = Authority::new().map_err(|fault| fault.to_string())?;
        let activity = watch::Sender::new(Activity::default());
        let shared = Arc::new(Shared { answers, proofs, authority, activity, kept: Mutex::default() });
        let end = CancellationToken::new();
        let (accepting, ended) = (Arc::clone(&shared), end.clone());
        tokio::spawn(async move {
            let tracker = TaskTracker::new();
            loop {
                let accepted = tokio::select! {
                    biased;
                    () = ended.cancelled() => return,
                    accepted = listener.accept() => accepted,
                };
                // The browser tries again, or gives up within its time.
                let Ok((stream, _)) = accepted else { continue };
                let (shared, ended) = (Arc::clone(&accepting), ended.clone());
                tracker.spawn(async move {
                    tokio::select! {
                        () = ended.cancelled() => {}
                        () = plain(stream, shared) => {}
                    }
                });
            }
        });
        Ok(Proxy { at, shared, _end: end.drop_guard() })
    }

    /// What has happened so far.
    pub(super) fn activity(&self) -> Activity {
        *self.shared.activity.borrow()
    }

    /// Waits until nothing has been asked for as long as `quiet`.
    pub(super) async fn quiet(&self, quiet: Duration) {
        let mut activity = self.shared.activity.subscribe();
        loop {
            let still = activity.borrow_and_update().open == 0;
            // The sender lives as long as this does.
            match timeout(quiet, activity.changed()).await {
                Err(_) if still => return,
                _ => {}
            }
        }
    }

    /// What was asked, as far as it was answered.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.shared.kept().seen.iter().flatten().cloned().collect()
    }

    /// Where a page first wanted to lead to, off the target.
    pub(super) fn left(&self) -> Option<String> {
        self.shared.kept().left.first().cloned()
    }

    /// Whose scripts or data were refused.
    pub(super) fn refused(&self) -> Vec<String> {
        self.shared.kept().refused.clone()
    }
}

impl Shared {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn carries(&self, wanted: &Wanted) -> bool {
        let body = String::from_utf8_lossy(&wanted.body);
        self.proofs.iter().any(|proof| wanted.url.as_str().contains(proof.as_str()) || body.contains(proof.as_str()))
    }

    async fn answer(&self, wanted: Wanted) -> Response<Body> {
        if wanted.url.path() == ICON && wanted.kind == Kind::Looks {
            return status(StatusCode::NOT_FOUND);
        }
        let _open = Open::new(&self.activity);
        let place = {
            let mut kept = self.kept();
            kept.seen.push(None);
            kept.seen.len() - 1
        };
        match self.answers.answer(&wanted).await {
            Answered::Before(exchange) => response(&exchange),
            Answered::Asked(exchange) => {
                let response = response(&exchange);
                let seen = Seen { kind: wanted.kind, proof: self.carries(&wanted), exchange: *exchange };
                self.kept().seen[place] = Some(seen);
                response
            }
            Answered::Elsewhere => {
                let mut kept = self.kept();
                match wanted.kind {
                    // The page that wants to lead there stays.
                    Kind::Page => {
                        kept.left.push(wanted.url.into());
                        return status(StatusCode::NO_CONTENT);
                    }
                    // What the browser wants for itself is missing from no page.
                    _ if wanted.is_the_browsers() => {}
                    Kind::Looks => {}
                    Kind::Frame | Kind::Script | Kind::Data => {
                        let host = wanted.url.host_str().unwrap_or_default().to_owned();
                        if !kept.refused.contains(&host) {
                            kept.refused.push(host);
                        }
                    }
                }
                status(StatusCode::FORBIDDEN)
            }
            Answered::Nothing => status(StatusCode::SERVICE_UNAVAILABLE),
        }
    }
}

/// A request that is being answered, until this is dropped: a browser may give up.
struct Open<'a> {
    activity: &'a watch::Sender<Activity>,
}

impl<'a> Open<'a> {
    fn new(activity: &'a watch::Sender<Activity>) -> Open<'a> {
        activity.send_modify(|it| {
            it.open += 1;
            it.count += 1;
        });
        Open { activity }
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.activity.send_modify(|it| it.open -= 1);
    }
}

/// A connection as browsers make it to a proxy.
async fn plain(stream: TcpStream, shared: Arc<Shared>) {
    serve(stream, move |request: Request<Incoming>| {
        let shared = Arc::clone(&shared);
        async move {
            if request.method() != Method::CONNECT {
                return answer(&shared, None, request).await;
            }
            let Some(authority) = request.uri().authority().map(ToString::to_string) else {
                return status(StatusCode::BAD_REQUEST);
            };
            tokio::spawn(async move {
                if let Ok(Ok(upgraded)) = timeout(HANDSHAKE, hyper::upgrade::on(request)).await {
                    secured(TokioIo::new(upgraded), &authority, shared).await;
                }
            });
            status(StatusCode::OK)
        }
    })
    .await;
}

/// What a browser thinks is a connection to the server itself.
async fn secured(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, authority: &str, shared: Arc<Shared>) {
    let host = Url::parse(&format!("https://{authority}")).ok().and_then(|url| url.host_str().map(str::to_owned));
    let Some(host) = host else { return };
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let Ok(acceptor) = shared.authority.issue(&[name]).and_then(|certificate| certificate.acceptor()) else { return };
    let Ok(Ok(stream)) = timeout(HANDSHAKE, acceptor.accept(stream)).await else { return };
    let base = format!("https://{authority}");
    serve(stream, move |request| {
        let (shared, base) = (Arc::clone(&shared), base.clone());
        async move { answer(&shared, Some(&base), request).await }
    })
    .await;
}

async fn serve<F, R>(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, answer: F)
where
    F: Fn(Request<Incoming>) -> R,
    R: Future<Output = Response<Body>>,
{
    let service = service_fn(|request| {
        let answer = answer(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        // What is read ahead belongs to it.
        .with_upgrades();
    if let Err(error) = serving.await {
        tracing::debug!(%error, "a connection of the browser ended early");
    }
}

async fn answer(shared: &Shared, base: Option<&str>, request: Request<Incoming>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let written = match base {
        Some(base) => format!("{base}{}", parts.uri),
        None => parts.uri.to_string(),
    };
    let Ok(url) = Url::parse(&written) else { return status(StatusCode::BAD_REQUEST) };
    // A connection that becomes another one cannot be told afterwards.
    if parts.headers.contains_key("upgrade") {
        return status(StatusCode::NOT_IMPLEMENTED);
    }
    let Ok(body) = to_bytes(Body::new(body), MOST_SENT).await else { return status(StatusCode::PAYLOAD_TOO_LARGE) };
    let headers: Vec<(String, String)> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        // What is compressed is unpacked by the client, which asks for what it can unpack.
        .filter(|(name, _)| !OF_THE_CONNECTION.contains(&&**name) && !matches!(&**name, "host" | "accept-encoding"))
        .collect();
    let kind = Kind::of(&headers);
    shared.answer(Wanted { method: parts.method.to_string(), url, headers, body: body.to_vec(), kind }).await
}

/// An answer as the browser gets it; what is not whole is none.
fn response(exchange: &Exchange) -> Response<Body> {
    let Some(answered) = exchange.response.as_ref().filter(|_| exchange.failure.is_none()) else {
        return status(StatusCode::BAD_GATEWAY);
    };
    let mut builder = Response::builder().status(answered.status);
    for (name, value) in &answered.headers {
        if !OF_THE_CONNECTION.contains(&&**name) && name != "content-encoding" {
            builder = builder.header(name, value);
        }
    }
    let encoded = answered.body.base64.as_deref();
    let decoded = encoded.and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok());
    let bytes = decoded.or_else(|| answered.body.text.clone().map(String::into_bytes)).unwrap_or_default();
    builder.body(Body::from(bytes)).unwrap_or_else(|_| status(StatusCode::BAD_GATEWAY))
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
