//! The identity servers: publishing an association, and taking it back.
//!
//! *Takes* the name of an identity server and what to bind or unbind; *gives* its answer, a refusal passed on as it came;
//! *never* follows a redirect, trusts another authority than the configured one, or waits without a limit.
//!
//! Specification: identity service API, `POST /_matrix/identity/v2/3pid/bind` and `/unbind`; client-server API,
//! `POST /account/3pid/bind`, `/unbind` and `/delete`.

pub(super) mod bindings;
pub(super) mod openid;
pub(super) mod signing;

use std::net::Ipv4Addr;

use axum::http::StatusCode;
use reqwest::{Client, Method, RequestBuilder, Response, header::AUTHORIZATION, redirect::Policy};
use serde_json::{Map, Value, json};
use url::{Host, Url};

use super::{accounts::UserId, answer::MatrixError, config::Config, error::StartError, switches::Switches, tls};

/// Bytes in the answer of an identity server.
const ANSWER_LIMIT: usize = 64 * 1024;
/// Where associations are taken back.
const UNBIND_PATH: &str = "/_matrix/identity/v2/3pid/unbind";

/// What an identity server said to an unbind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unbound {
    Done,
    /// It does not know how to.
    NotSupported,
}

/// A third-party identifier at an identity server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Association {
    pub(super) medium: String,
    pub(super) address: String,
}

/// The way to the identity servers.
#[derive(Debug)]
pub(super) struct IdentityServers {
    /// `None` without an authority to trust: then there is no way to any of them.
    http: Option<Client>,
    /// Those that may be at a private address.
    private: Vec<String>,
}

impl IdentityServers {
    pub(super) fn new(config: &Config) -> Result<Self, StartError> {
        let Some(pem) = &config.identity_ca_pem else {
            return Ok(Self { http: None, private: Vec::new() });
        };
        let http = Client::builder()
            .no_proxy()
            .https_only(true)
            .redirect(Policy::none())
            .timeout(config.identity_timeout)
            .tls_backend_preconfigured(tls::client_config(pem)?)
            .build()
            .map_err(|source| StartError::IdentityClient { source })?;
        Ok(Self { http: Some(http), private: config.private_identity_servers.clone() })
    }

    /// Publishes the association that a validated session at the identity server stands for.
    pub(super) async fn bind(
        &self,
        switches: &Switches,
        user: &UserId,
        bind: Bind<'_>,
    ) -> Result<Association, MatrixError> {
        let body = json!({
            "sid": bind.sid,
            "client_secret": bind.client_secret,
            "mxid": user.as_str(),
        });
        let path = "/_matrix/identity/v2/3pid/bind";
        let mut request = self.request(switches, bind.id_server, path, &body)?;
        if !switches.has_defect("bind-forgets-the-token") {
            request = request.bearer_auth(bind.id_access_token);
        }
        let (status, answer) = exchange(request).await?;
        // Some identity servers answer 200 to what they refuse, with the errcode in the body.
        if let Some(refusal) = passed_on(status, &answer) {
            return Err(refusal);
        }
        let member = |name: &str| Some(answer.as_ref()?.get(name)?.as_str()?.to_owned());
        match (member("medium"), member("address")) {
            (Some(medium), Some(address)) if status.is_success() => Ok(Association { medium, address }),
            _ => Err(bad_gateway("the identity server's answer makes no sense")),
        }
    }

    /// Takes an association of this user back. The identity server knows the homeserver by its signature.
    pub(super) async fn unbind(
        &self,
        sender: &Sender<'_>,
        id_server: &str,
        user: &UserId,
        what: &Association,
    ) -> Result<Unbound, MatrixError> {
        if self.http.is_none() {
            return Ok(Unbound::NotSupported);
        }
        let threepid = json!({"medium": what.medium, "address": what.address});
        let body = json!({"mxid": user.as_str(), "threepid": threepid});
        let mut request = self.request(sender.switches, id_server, UNBIND_PATH, &body)?;
        if !sender.switches.has_defect("unbind-is-not-signed") {
            let signed = signing::Request {
                method: Method::POST.as_str(),
                uri: UNBIND_PATH,
                origin: sender.name,
                destination: id_server,
                content: &body,
            };
            request = request.header(AUTHORIZATION, sender.key.authorization(&signed));
        }
        let (status, answer) = exchange(request).await?;
        if status.is_success() {
            return Ok(Unbound::Done);
        }
        if let Some(refusal) = passed_on(status, &answer) {
            return Err(refusal);
        }
        match status.as_u16() {
            400 | 404 | 501 => Ok(Unbound::NotSupported),
            _ => Err(bad_gateway("the identity server failed")),
        }
    }

    /// The address of an endpoint, if the name is nothing but a public host and a port: whoever chooses it must not choose what
    /// this server asks in its own network.
    fn address(&self, switches: &Switches, id_server: &str, path: &str) -> Option<Url> {
        if switches.has_defect("id-server-is-any-url") {
            let bare = id_server.split_once("://").map_or(id_server, |(_, rest)| rest);
            return Url::parse(&format!("https://{bare}")).ok();
        }
        let may_be_private = self.private.iter().any(|name| name == id_server);
        address(id_server, path).filter(|url| may_be_private || is_public(url))
    }

    fn request(
        &self,
        switches: &Switches,
        id_server: &str,
        path: &str,
        body: &Value,
    ) -> Result<RequestBuilder, MatrixError> {
        let http = self.http.as_ref().ok_or_else(|| {
            MatrixError::new(
                StatusCode::BAD_REQUEST,
                "M_SERVER_NOT_TRUSTED",
                "this homeserver trusts no identity server",
            )
        })?;
        let url = self
            .address(switches, id_server, path)
            .ok_or_else(|| MatrixError::invalid_param("an id_server is a host name, with a port if need be"))?;
        // Serialised once, here: what is sent is what was signed.
        Ok(http.post(url).header("Content-Type", "application/json").body(body.to_string()))
    }
}

/// This homeserver, for whoever has to know it by its signature.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sender<'a> {
    pub(super) name: &'a str,
    pub(super) key: &'a signing::SigningKey,
    pub(super) switches: &'a Switches,
}

/// What a client asks to bind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bind<'a> {
    pub(super) id_server: &'a str,
    pub(super) id_access_token: &'a str,
    pub(super) sid: &'a str,
    pub(super) client_secret: &'a str,
}

/// The address of an endpoint, if the name is nothing but a host and a port.
fn address(id_server: &str, path: &str) -> Option<Url> {
    let bare = id_server.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    let url = Url::parse(&format!("https://{id_server}{path}")).ok()?;
    (bare && url.path() == path && url.has_host()).then_some(url)
}

/// Whether a host is none of this machine's or its network's. A name is looked up later, by the client.
fn is_public(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => is_public_v4(ip),
        Some(Host::Ipv6(ip)) => match ip.to_ipv4_mapped() {
            Some(ip) => is_public_v4(ip),
            None => !(ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local()),
        },
        Some(Host::Domain(name)) => name != "localhost" && !name.ends_with(".localhost"),
        None => false,
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    !(ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified() || ip.is_broadcast())
}

/// Sends a request; gives the status, and the JSON of the answer if it is some.
async fn exchange(request: RequestBuilder) -> Result<(StatusCode, Option<Value>), MatrixError> {
    let answered = async {
        let mut response = request.send().await?;
        let body = read(&mut response).await?;
        Ok::<_, reqwest::Error>((response.status(), body))
    };
    let (status, body) = answered.await.map_err(|error| {
        if error.is_timeout() {
            let error = "the identity server took too long";
            return bad_gateway(error).with_status(StatusCode::GATEWAY_TIMEOUT);
        }
        bad_gateway("the identity server cannot be reached")
    })?;
    Ok((status, serde_json::from_slice(&body).ok()))
}

/// The beginning of a body: what is longer than the limit is no answer that anybody understands.
async fn read(response: &mut Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = ANSWER_LIMIT.saturating_sub(body.len());
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if room < chunk.len() {
            break;
        }
    }
    Ok(body)
}

/// The identity server's refusal in its own words. A 401 would tell clients that the homeserver's own token is no good, and a
/// success is none.
fn passed_on(status: StatusCode, answer: &Option<Value>) -> Option<MatrixError> {
    let mut fields: Map<String, Value> = answer.as_ref()?.as_object()?.clone();
    let errcode = fields.remove("errcode")?.as_str()?.to_owned();
    let error = fields.remove("error");
    let error = error.as_ref().and_then(Value::as_str).unwrap_or_default();
    let status =
        if status.is_success() || status == StatusCode::UNAUTHORIZED { StatusCode::BAD_REQUEST } else { status };
    Some(MatrixError::new(status, errcode, error).with_fields(fields))
}

fn bad_gateway(error: &str) -> MatrixError {
    MatrixError::new(StatusCode::BAD_GATEWAY, "M_UNKNOWN", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_server_is_a_host_and_nothing_else() {
        let url = address("is.test:8090", "/x").unwrap();
        assert_eq!(url.as_str(), "https://is.test:8090/x");
        assert!(address("[::1]:8090", "/x").is_some());
        for name in [
            "127.0.0.1",
            "10.0.0.1:443",
            "192.168.1.1",
            "169.254.1.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[fd00::1]",
            "localhost",
        ] {
            assert!(!is_public(&address(name, "/x").unwrap()), "{name}");
        }
        for name in ["is.test", "1.1.1.1", "[2606:4700::1111]:8090"] {
            assert!(is_public(&address(name, "/x").unwrap()), "{name}");
        }
        for name in ["", "https://is.test", "is.test/path", "user@is.test", "is.test?", "is test", "is.test#"] {
            assert!(address(name, "/x").is_none(), "{name}");
        }
    }
}
