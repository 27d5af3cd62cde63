//! What stands between the reference homeserver and the program: it changes mails and pages on their way.
//!
//! Takes a case; gives an address that answers as the reference homeserver does, but for what the case changes. It judges
//! nothing.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use lettre::address::{Address, Envelope};
use lettre::{SmtpTransport, Transport as _};
use threepid::mail::{Limits, Sink, SinkOptions};
use threepid::reference;
use url::Url;

/// Where the reference homeserver's links lead.
pub(crate) const LINK_PATH: &str = "/_reference/email/confirm";

/// A request on its way.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// How many requests for a page there were before.
    pub(crate) pages: usize,
}

impl Asked {
    pub(crate) fn is_page(&self) -> bool {
        self.target.starts_with(LINK_PATH)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The link's parameters, for a page to repeat as hidden fields.
    pub(crate) fn fields(&self) -> String {
        let url = Url::parse(&format!("http://host{}", self.target)).unwrap();
        let escaped = |text: &str| text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
        let field = |(name, value): (Cow<'_, str>, Cow<'_, str>)| {
            format!("<input type=hidden name=\"{}\" value=\"{}\">", escaped(&name), escaped(&value))
        };
        url.query_pairs().map(field).collect()
    }
}

/// An answer on its way.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn page(text: impl Into<Vec<u8>>) -> Answer {
        let headers = vec![("content-type".to_owned(), "text/html; charset=utf-8".to_owned())];
        Answer { status: 200, headers, body: text.into() }
    }
}

/// What a case changes. Each can look at what it changes, and leave it.
#[derive(Clone, Copy)]
pub(crate) struct Changes {
    /// A mail, as the reference homeserver sends it, to what arrives.
    pub(crate) mail: fn(&Mailed) -> Vec<String>,
    /// A request to an answer of the case's own.
    pub(crate) instead: fn(&Asked) -> Option<Answer>,
    /// A request to the one that the homeserver gets.
    pub(crate) asked: fn(Asked) -> Asked,
    /// An answer to the one that is given; with the request that led to it.
    pub(crate) answered: fn(&Asked, Answer) -> Answer,
}

/// A mail that the reference homeserver sent.
pub(crate) struct Mailed {
    pub(crate) raw: String,
    pub(crate) to: String,
    /// The link in it.
    pub(crate) link: String,
}

impl Mailed {
    /// A parameter of its link.
    pub(crate) fn parameter(&self, name: &str) -> String {
        let url = Url::parse(&self.link).unwrap();
        url.query_pairs().find(|(other, _)| other == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    }

    /// A mail in place of it.
    pub(crate) fn instead(&self, subject: &str, head: &str, body: &str) -> String {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let id = COUNT.fetch_add(1, Ordering::Relaxed);
        let text = format!(
            "From: noreply@hs.test\nTo: {}\nSubject: {subject}\nMessage-ID: <{id}@hs.test>\nDate: Fri, 27 Nov 2026 03:26:12 +0000\n\
             MIME-Version: 1.0\n{head}\n\n{body}\n",
            self.to
        );
        text.replace('\n', "\r\n")
    }

    /// The same as plain text.
    pub(crate) fn text(&self, body: &str) -> String {
        self.instead("Confirm your address", "Content-Type: text/plain; charset=utf-8", body)
    }
}

struct Shared {
    changes: Changes,
    client: reqwest::Client,
    homeserver: String,
    own: String,
    pages: AtomicUsize,
    smtp: SocketAddr,
}

/// The homeserver behind its bridge; it lives as long as this does.
pub(crate) struct Bridge {
    pub(crate) url: String,
    _homeserver: reference::Running,
    _sink: Sink,
}

impl Bridge {
    /// Starts both. Mail arrives at `smtp`.
    pub(crate) async fn start(changes: Changes, shapes: Vec<&'static reference::Shape>, smtp: SocketAddr) -> Bridge {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let listen = "127.0.0.1:0".parse().unwrap();
        let sink = Sink::start(SinkOptions { listen, hostname: "relay.test".to_owned(), limits: Limits::default() });
        let sink = sink.await.unwrap();
        let mut options = reference::Options::new(sink.addr());
        options.public_url = Some(url.clone());
        options.shapes = shapes;
        let homeserver = reference::start(options).await.unwrap();
        let shared = Arc::new(Shared {
            changes,
            client: reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .tls_certs_only([])
                .build()
                .unwrap(),
            homeserver: homeserver.url().to_owned(),
            own: url.clone(),
            pages: AtomicUsize::new(0),
            smtp,
        });
        let mut mails = sink.subscribe();
        let relay = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok(received) = mails.recv().await {
                let raw = String::from_utf8_lossy(&received.raw).into_owned();
                let (from, to) = (received.envelope.from.clone(), received.recipient.clone());
                let relay = Arc::clone(&relay);
                tokio::task::spawn_blocking(move || relay.mail(&raw, &from, &to));
            }
        });
        let app = Router::new().fallback(pass).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Bridge { url, _homeserver: homeserver, _sink: sink }
    }
}

impl Shared {
    fn mail(&self, raw: &str, from: &str, to: &str) {
        let start = raw.find(&self.own).unwrap_or_default();
        let link: String =
            raw[start..].chars().take_while(|c| c.is_ascii_graphic() && *c != '<' && *c != '"').collect();
        let mailed = Mailed { raw: raw.to_owned(), to: to.to_owned(), link };
        for mail in (self.changes.mail)(&mailed) {
            self.send(from, to, &mail);
        }
    }

    fn send(&self, from: &str, to: &str, mail: &str) {
        let (Ok(from), Ok(to)) = (from.parse::<Address>(), to.parse::<Address>()) else {
            return;
        };
        let transport = SmtpTransport::builder_dangerous(self.smtp.ip().to_string()).port(self.smtp.port()).build();
        let envelope = Envelope::new(Some(from), vec![to]).unwrap();
        // The program may have ended by now.
        drop(transport.send_raw(&envelope, mail.as_bytes()));
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
    let target = target_of(&parts.uri);
    let mut asked = Asked { method: parts.method, target, headers: parts.headers, body, pages: 0 };
    if asked.is_page() {
        asked.pages = shared.pages.fetch_add(1, Ordering::Relaxed);
    }
    if let Some(answer) = (shared.changes.instead)(&asked) {
        return respond(answer);
    }
    let asked = (shared.changes.asked)(asked);
    let url = format!("{}{}", shared.homeserver, asked.target);
    let mut request = shared.client.request(asked.method.clone(), url).body(asked.body.clone());
    for (name, value) in &asked.headers {
        if !matches!(name.as_str(), "host" | "content-length" | "accept-encoding" | "connection") {
            request = request.header(name, value);
        }
    }
    let Ok(answer) = request.send().await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let status = answer.status().as_u16();
    let headers = answer
        .headers()
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "content-length" | "transfer-encoding" | "connection"))
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let body = answer.bytes().await.unwrap_or_default().to_vec();
    respond((shared.changes.answered)(&asked, Answer { status, headers, body }))
}

fn target_of(uri: &Uri) -> String {
    uri.path_and_query().map(ToString::to_string).unwrap_or_default()
}

fn respond(answer: Answer) -> Response {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(answer.body.into()).unwrap()
}
