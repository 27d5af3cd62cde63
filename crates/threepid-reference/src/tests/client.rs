//! A client for tests, and what a mail says.

use mail_parser::{Message, MessageParser};
use reqwest::{Client, Method, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use url::Url;

use super::{
    flow::browse,
    sink::{Mail, Sink},
};
use crate::{Options, Running, start};

pub(super) const PASSWORD: &str = "correct horse battery staple";
pub(super) const SECRET: &str = "a.client-secret_with=all";

/// A homeserver, its SMTP server, and a client.
pub(super) struct World {
    pub(super) server: Running,
    pub(super) sink: Sink,
    http: Client,
}

/// A response, its body read.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub(super) fn errcode(&self) -> String {
        self.json()["errcode"].as_str().unwrap_or("none").to_owned()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(super) fn expect(&self, status: u16, errcode: &str) {
        assert_eq!((self.status.as_u16(), self.errcode().as_str()), (status, errcode), "{}", self.text);
    }
}

impl World {
    pub(super) async fn plain() -> Self {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut Options)) -> Self {
        // An error means that another test was first.
        drop(rustls::crypto::ring::default_provider().install_default());
        let sink = Sink::start().await;
        let mut options = Options::new(sink.addr);
        change(&mut options);
        let server = start(options).await.unwrap();
        let builder = Client::builder().no_proxy().redirect(Policy::none()).tls_certs_only([]);
        Self { server, sink, http: builder.build().unwrap() }
    }

    pub(super) async fn send(&self, method: Method, path: &str, token: Option<&str>, body: Option<String>) -> Answer {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.server.url()) };
        let mut request = self.http.request(method, url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap() }
    }

    pub(super) async fn get(&self, path: &str, token: Option<&str>) -> Answer {
        self.send(Method::GET, path, token, None).await
    }

    /// A POST below `/_matrix/client/v3`.
    pub(super) async fn post(&self, path: &str, token: Option<&str>, body: Value) -> Answer {
        self.send(Method::POST, &format!("/_matrix/client/v3{path}"), token, Some(body.to_string())).await
    }

    /// Creates an account and gives its access token.
    pub(super) async fn register(&self, name: &str) -> String {
        let auth = json!({"type": "m.login.dummy"});
        let body = json!({"username": name, "password": PASSWORD});
        let challenge = self.post("/register", None, body.clone()).await.json();
        let mut body = body;
        body["auth"] = auth;
        body["auth"]["session"] = challenge["session"].clone();
        let created = self.post("/register", None, body).await;
        created.json()["access_token"].as_str().unwrap_or_else(|| panic!("{}", created.text)).to_owned()
    }

    pub(super) async fn request_token(&self, email: &str, secret: &str, attempt: i64) -> Answer {
        let body = json!({"email": email, "client_secret": secret, "send_attempt": attempt});
        self.post("/account/3pid/email/requestToken", None, body).await
    }

    /// The `sid` of a request that must succeed, and the one mail it must send.
    pub(super) async fn requested(&self, email: &str, secret: &str) -> (String, Letter) {
        let answer = self.request_token(email, secret, 1).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        (answer.json()["sid"].as_str().unwrap().to_owned(), self.only_letter())
    }

    pub(super) fn only_letter(&self) -> Letter {
        let mut mails = self.sink.take();
        assert_eq!(mails.len(), 1);
        Letter::read(mails.remove(0))
    }

    /// A requestToken below `path`, with further members.
    pub(super) async fn ask(&self, path: &str, email: &str, secret: &str, more: Value) -> Answer {
        let mut body = json!({"email": email, "client_secret": secret, "send_attempt": 1});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.post(&format!("{path}/email/requestToken"), None, body).await
    }

    /// The status of a requestToken that says where it was forwarded from.
    pub(super) async fn forwarded(&self, from: &str, body: Value) -> u16 {
        let path = "/_matrix/client/v3/account/3pid/email/requestToken";
        let request = self
            .http
            .post(format!("{}{path}", self.server.url()))
            .header("X-Forwarded-For", from)
            .body(body.to_string());
        request.send().await.unwrap().status().as_u16()
    }

    /// The letters since the last call.
    pub(super) fn letters(&self) -> Vec<Letter> {
        self.sink.take().into_iter().map(Letter::read).collect()
    }

    /// Gives an account an address, all the way.
    pub(super) async fn add_address(&self, name: &str, token: &str, email: &str) {
        let (sid, letter) = self.requested(email, SECRET).await;
        browse(self, &letter.link()).await;
        let added = self.add_as(name, token, &sid).await;
        assert_eq!(added.status, 200, "{}", added.text);
    }

    pub(super) async fn add(&self, token: &str, sid: &str, auth: Option<Value>) -> Answer {
        let mut body = json!({"sid": sid, "client_secret": SECRET});
        if let Some(auth) = auth {
            body["auth"] = auth;
        }
        self.post("/account/3pid/add", Some(token), body).await
    }

    /// Adds a validated address with alice's password and no session.
    pub(super) async fn add_as(&self, name: &str, token: &str, sid: &str) -> Answer {
        self.add(token, sid, Some(password_of(name))).await
    }

    /// The addresses that the account has, with a note if a time is implausible.
    pub(super) async fn listed(&self, token: &str) -> Vec<String> {
        let list = self.get("/_matrix/client/v3/account/3pid", Some(token)).await.json();
        let year_2020_ms = 1_577_836_800_000;
        let entries = list["threepids"].as_array().unwrap().iter().map(|entry| {
            let times = (entry["validated_at"].as_u64(), entry["added_at"].as_u64());
            let fine = matches!(times, (Some(first), Some(then)) if year_2020_ms < first && first <= then);
            let note = if fine { "" } else { " at an implausible time" };
            format!("{}{note}", entry["address"].as_str().unwrap())
        });
        entries.collect()
    }
}

pub(super) fn password_of(name: &str) -> Value {
    json!({"type": "m.login.password", "identifier": {"type": "m.id.user", "user": name}, "password": PASSWORD})
}

/// A mail as a reader sees it.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) mail: Mail,
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
}

impl Letter {
    pub(super) fn read(mail: Mail) -> Self {
        let message: Message<'_> = MessageParser::default().parse(mail.raw.as_bytes()).unwrap();
        let has = |kind: &str| mail.raw.contains(&format!("Content-Type: text/{kind}"));
        let text = message.body_text(0).filter(|_| has("plain")).map(|text| text.into_owned());
        let html = message.body_html(0).filter(|_| has("html")).map(|html| html.into_owned());
        Self { text, html, mail }
    }

    pub(super) fn message(&self) -> Message<'_> {
        MessageParser::default().parse(self.mail.raw.as_bytes()).unwrap()
    }

    /// The links in the text and in the HTML.
    pub(super) fn links(&self) -> Vec<String> {
        let text = self.text.iter().flat_map(|text| text.split_whitespace()).filter(|word| word.starts_with("http"));
        let html = self.html.iter().flat_map(|html| html.split("href=\"").skip(1));
        let html = html.map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"));
        text.map(str::to_owned).chain(html).collect()
    }

    pub(super) fn link(&self) -> String {
        self.links().remove(0)
    }

    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let link = Url::parse(&self.link()).unwrap();
        link.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}
