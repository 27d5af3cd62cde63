//! One client: its limits, and sending one request.

use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use tokio::time::timeout_at;

use threepid_record::model::{Body, Exchange, Failure, Headers, Request, Response};

use super::failure::{bad_request, classify, timed_out, too_large};
use super::options::HttpOptions;
use super::origins::Forwarded;
use super::tls::Shared;

/// A homeserver may close an idle connection at any moment; one that has idled longer than this is not used again,
/// so that the close cannot be mistaken for a broken answer.
const IDLE_LIMIT: Duration = Duration::from_secs(4);

/// A request to send.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outgoing {
    /// `GET`, `POST`, … sent as it stands.
    pub method: String,
    /// The absolute URL.
    pub url: String,
    /// Headers, in order; a bearer token is one of them.
    pub headers: Vec<(String, String)>,
    /// The body, if there is one.
    pub body: Option<Vec<u8>>,
    /// The actor that asks, for the record.
    pub actor: Option<String>,
    /// The public name under which the request should look as if it came through the server's proxy.
    pub forwarded: Option<Forwarded>,
}

impl Outgoing {
    /// A request without headers, body or actor.
    pub fn new(method: &str, url: impl Into<String>) -> Outgoing {
        Outgoing { method: method.to_owned(), url: url.into(), ..Outgoing::default() }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Outgoing {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds `Authorization: Bearer …`.
    pub fn bearer(self, token: &str) -> Outgoing {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Sets a JSON body and its content type.
    pub fn json(mut self, body: &serde_json::Value) -> Outgoing {
        self.body = Some(body.to_string().into_bytes());
        self.header("content-type", "application/json")
    }
}

/// An HTTP/1.1 client with a connection pool of its own. It takes compressed answers (with the feature `compression`)
/// and keeps no cookies.
///
/// Cheap to make (about a microsecond) and to clone; clones share the pool.
#[derive(Debug, Clone)]
pub struct Client {
    inner: reqwest::Client,
    options: HttpOptions,
    shared: Shared,
}

impl Client {
    /// Makes a client.
    ///
    /// # Errors
    /// When the HTTP library refuses the settings; nothing that a user sets leads there.
    pub fn new(options: &HttpOptions, shared: &Shared) -> Result<Client, reqwest::Error> {
        let builder = reqwest::Client::builder()
            .user_agent(concat!("threepid/", env!("CARGO_PKG_VERSION")))
            // A proxy from the environment would stand between the harness and what it judges.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            // HTTP/2 puts the rewritten name into `:authority`, where a mapped `Host` could not win.
            .http1_only()
            .pool_idle_timeout(IDLE_LIMIT)
            .connect_timeout(options.connect_timeout);
        let inner = shared.apply(builder).build()?;
        Ok(Client { inner, options: options.clone(), shared: shared.clone() })
    }

    /// The limits of this client.
    pub fn options(&self) -> &HttpOptions {
        &self.options
    }

    /// Sends a request and reads its answer, within the limits.
    ///
    /// What was read before a failure is kept: `response` may stand beside `failure`.
    pub async fn send(&self, outgoing: Outgoing) -> Exchange {
        let start = Instant::now();
        let deadline = tokio::time::Instant::from_std(start) + self.options.request_timeout;
        let (record, ready) = prepare(&outgoing);
        let mut exchange = Exchange {
            actor: outgoing.actor,
            request: record,
            response: None,
            failure: None,
            headers_ms: 0.0,
            total_ms: 0.0,
        };
        exchange.failure = match ready {
            Err(failure) => Some(failure),
            Ok(request) => match timeout_at(deadline, self.inner.execute(request)).await {
                Err(_) => Some(timed_out(&self.options, None)),
                Ok(Err(error)) => Some(classify(error, &self.options, self.shared.note())),
                Ok(Ok(mut answer)) => {
                    exchange.headers_ms = ms_since(start);
                    let (bytes, failure) = self.read_body(&mut answer, deadline).await;
                    exchange.response = Some(Response {
                        status: answer.status().as_u16(),
                        headers: lossy_headers(answer.headers()),
                        body: received_body(bytes, failure.as_ref()),
                    });
                    failure
                }
            },
        };
        exchange.total_ms = ms_since(start);
        exchange
    }

    /// Reads the body chunk by chunk, so that neither its size nor its pace can hurt.
    async fn read_body(
        &self,
        answer: &mut reqwest::Response,
        deadline: tokio::time::Instant,
    ) -> (Vec<u8>, Option<Failure>) {
        let mut bytes = Vec::new();
        loop {
            match timeout_at(deadline, answer.chunk()).await {
                Err(_) => {
                    let failure = timed_out(&self.options, Some(bytes.len()));
                    return (bytes, Some(failure));
                }
                Ok(Err(error)) => {
                    return (bytes, Some(classify(error, &self.options, self.shared.note())));
                }
                Ok(Ok(None)) => return (bytes, None),
                Ok(Ok(Some(chunk))) => {
                    let room = self.options.body_limit - bytes.len();
                    bytes.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
                    if chunk.len() > room {
                        return (bytes, Some(too_large(&self.options)));
                    }
                }
            }
        }
    }
}

/// What to record of a request, and what to send or why it cannot be sent.
fn prepare(outgoing: &Outgoing) -> (Request, Result<reqwest::Request, Failure>) {
    let mut headers: Headers =
        outgoing.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
    if let Some(Forwarded { host, proto }) = &outgoing.forwarded {
        headers.push(("host".to_owned(), host.clone()));
        headers.push(("x-forwarded-host".to_owned(), host.clone()));
        headers.push(("x-forwarded-proto".to_owned(), proto.clone()));
    }
    let ready = build(outgoing, &headers);
    let url = match &ready {
        Ok(request) => request.url().to_string(),
        Err(_) => outgoing.url.clone(),
    };
    let body = outgoing.body.as_deref().map(|bytes| body(bytes.to_vec(), false)).unwrap_or_default();
    (Request { method: outgoing.method.clone(), url, headers, body }, ready)
}

fn build(outgoing: &Outgoing, headers: &Headers) -> Result<reqwest::Request, Failure> {
    let method = Method::from_bytes(outgoing.method.as_bytes())
        .map_err(|_| bad_request(format!("`{}` is not an HTTP method", outgoing.method)))?;
    if method == Method::CONNECT {
        return Err(bad_request("`CONNECT` asks for a tunnel and has no answer to read".to_owned()));
    }
    let url = Url::parse(&outgoing.url)
        .map_err(|error| bad_request(format!("`{}` is not an absolute URL: {error}", outgoing.url)))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(bad_request(format!("`{}` cannot be asked over HTTP: its scheme is `{}`", url, url.scheme())));
    }
    let mut request = reqwest::Request::new(method, url);
    for (name, value) in headers {
        let parsed = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| bad_request(format!("`{name}` is not a header name")))?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
            bad_request(format!("the value of header `{name}` has characters that no header can carry"))
        })?;
        request.headers_mut().append(parsed, value);
    }
    if let Some(body) = &outgoing.body {
        *request.body_mut() = Some(body.clone().into());
    }
    Ok(request)
}

fn lossy_headers(headers: &HeaderMap) -> Headers {
    // `HeaderName` is lower case already.
    headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

fn received_body(bytes: Vec<u8>, failure: Option<&Failure>) -> Body {
    let at_limit = failure.is_some_and(|failure| failure.kind == threepid_record::model::FailureKind::TooLarge);
    let mut body = body(bytes, failure.is_some());
    body.truncated = at_limit;
    body
}

/// Text if it is valid UTF-8, else base64. A body that was `cut` may end within a character, which is then left out
/// of the text.
fn body(bytes: Vec<u8>, cut: bool) -> Body {
    use base64::Engine as _;

    let size_bytes = bytes.len() as u64;
    let text = match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) => {
            let valid = error.utf8_error();
            let mut bytes = error.into_bytes();
            if cut && valid.error_len().is_none() {
                bytes.truncate(valid.valid_up_to());
            }
            String::from_utf8(bytes).map_err(std::string::FromUtf8Error::into_bytes)
        }
    };
    match text {
        Ok(text) => Body { text: Some(text), base64: None, size_bytes, truncated: false },
        Err(bytes) => {
            let base64 = base64::engine::general_purpose::STANDARD.encode(bytes);
            Body { text: None, base64: Some(base64), size_bytes, truncated: false }
        }
    }
}

fn ms_since(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}
