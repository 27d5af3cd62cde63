//! An identity server with all that it talks to.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use threepid::http::{Client, HttpOptions, Outgoing, Shared};
use threepid::identity::{Authority, IdentityOptions, IdentityServer};
use threepid::mail::{Limits, Mailbox, Sink, SinkOptions, read_mail};
use threepid::model::Exchange;
use tokio::time::Instant;

use crate::homeserver::{self, Homeserver};

pub(crate) const V2: &str = "/_matrix/identity/v2";

pub(crate) struct World {
    pub(crate) identity: IdentityServer,
    pub(crate) homeserver: Homeserver,
    pub(crate) sink: Sink,
    client: Client,
}

/// A session at the identity server, with the link that was mailed.
pub(crate) struct Session {
    pub(crate) sid: String,
    pub(crate) secret: String,
    pub(crate) link: url::Url,
}

impl World {
    pub(crate) async fn new() -> World {
        let options = SinkOptions {
            listen: "127.0.0.1:0".parse().unwrap(),
            hostname: "sink.test".to_owned(),
            limits: Limits::default(),
        };
        let sink = Sink::start(options).await.unwrap();
        let homeserver = Homeserver::start().await;
        let mut options = IdentityOptions::new(sink.addr(), Arc::new(Authority::new().unwrap()));
        options.homeservers.insert(homeserver::NAME.to_owned(), homeserver.origin.clone());
        let identity = IdentityServer::start(options).await.unwrap();
        let shared = Shared::with_pem(identity.authority().ca_pem().as_bytes(), "the authority").unwrap();
        let options = HttpOptions { request_timeout: Duration::from_secs(20), ..HttpOptions::default() };
        World { client: Client::new(&options, &shared).unwrap(), identity, homeserver, sink }
    }

    pub(crate) async fn send(&self, outgoing: Outgoing) -> Exchange {
        self.client.send(outgoing).await
    }

    pub(crate) fn request(&self, method: &str, path: &str, token: Option<&str>) -> Outgoing {
        let outgoing = Outgoing::new(method, format!("{}{V2}{path}", self.identity.url()));
        match token {
            Some(token) => outgoing.bearer(token),
            None => outgoing,
        }
    }

    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> (u16, Value) {
        answer(&self.send(self.request("GET", path, token)).await)
    }

    pub(crate) async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
        answer(&self.send(self.request("POST", path, token).json(body)).await)
    }

    /// An access token for `@name:hs.test`.
    pub(crate) async fn token(&self, name: &str) -> String {
        let (status, body) = self.post("/account/register", None, &openid(name, homeserver::NAME)).await;
        assert_eq!(status, 200, "{body}");
        body["token"].as_str().unwrap().to_owned()
    }

    pub(crate) fn mailbox(&self, address: &str) -> Mailbox {
        self.sink.mailbox(address)
    }

    /// A session for an address, its link not yet followed.
    pub(crate) async fn session(&self, token: &str, address: &str) -> Session {
        let secret = format!("secret-{}", address.replace('@', "."));
        let mut mailbox = self.mailbox(address);
        let body = json!({"email": address, "client_secret": secret, "send_attempt": 1});
        let (status, answer) = self.post("/validate/email/requestToken", Some(token), &body).await;
        assert_eq!(status, 200, "{answer}");
        let link = self.link(&mut mailbox).await;
        Session { sid: answer["sid"].as_str().unwrap().to_owned(), secret, link }
    }

    /// The link in the next mail.
    pub(crate) async fn link(&self, mailbox: &mut Mailbox) -> url::Url {
        let mails = mailbox.receive(1, Instant::now() + Duration::from_secs(10)).await;
        let mail = read_mail(&mails[0], &[], threepid::mail::TEXT_LIMIT);
        mail.link().unwrap().url.parse().unwrap()
    }

    /// A session whose link was followed.
    pub(crate) async fn validated(&self, token: &str, address: &str) -> Session {
        let session = self.session(token, address).await;
        let exchange = self.send(Outgoing::new("GET", session.link.as_str())).await;
        assert_eq!(exchange.response.unwrap().status, 200);
        session
    }

    /// Publishes an address for `@name:hs.test`; gives the access token.
    pub(crate) async fn bound(&self, name: &str, address: &str) -> String {
        let token = self.token(name).await;
        let session = self.validated(&token, address).await;
        let body = json!({"sid": session.sid, "client_secret": session.secret, "mxid": user(name)});
        let (status, answer) = self.post("/3pid/bind", Some(&token), &body).await;
        assert_eq!(status, 200, "{answer}");
        token
    }

    /// Who is found under an address.
    pub(crate) async fn found(&self, token: &str, address: &str) -> Option<String> {
        let (_, details) = self.get("/hash_details", Some(token)).await;
        let asked = format!("{address} email");
        let body = json!({"algorithm": "none", "pepper": details["lookup_pepper"], "addresses": [asked]});
        let (status, answer) = self.post("/lookup", Some(token), &body).await;
        assert_eq!(status, 200, "{answer}");
        answer["mappings"][&asked].as_str().map(str::to_owned)
    }
}

pub(crate) fn user(name: &str) -> String {
    format!("@{name}:{}", homeserver::NAME)
}

pub(crate) fn openid(token: &str, server: &str) -> Value {
    json!({"access_token": token, "token_type": "Bearer", "matrix_server_name": server, "expires_in": 3600})
}

pub(crate) fn answer(exchange: &Exchange) -> (u16, Value) {
    let response = exchange.response.as_ref().unwrap_or_else(|| panic!("no answer: {:?}", exchange.failure));
    (response.status, serde_json::from_str(response.body.text.as_deref().unwrap()).unwrap_or_default())
}

/// Status and error code.
pub(crate) fn error((status, body): (u16, Value)) -> (u16, String) {
    (status, body["errcode"].as_str().unwrap_or_default().to_owned())
}

pub(crate) fn refused(status: u16, errcode: &str) -> (u16, String) {
    (status, errcode.to_owned())
}
