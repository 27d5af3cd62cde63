//! What the server asks homeservers: whose an OpenID token is, and with which keys they sign.
//!
//! Takes a server's name; asks at `https://<name>` if that is on the loopback, or where it was told that the server
//! is. Names that lead elsewhere are not asked: whoever can name a homeserver could make the machine call anything.
//!
//! Specification: Server-Server API, `GET /_matrix/federation/v1/openid/userinfo`, `GET /_matrix/key/v2/server`.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use super::limits;
use super::signing;
use threepid_wire::http::{Client, HttpOptions, Outgoing, Shared};

/// The port of a homeserver whose name has none.
const FEDERATION_PORT: u16 = 8448;

/// Why a homeserver's word is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum HomeserverFault {
    #[error("`{0}` is not on the loopback and is not asked")]
    Elsewhere(String),
    #[error("{0}")]
    NoAnswer(String),
    #[error("{0}")]
    Wrong(String),
}

/// The way to homeservers.
pub(super) struct Homeservers {
    client: Client,
    origins: RwLock<BTreeMap<String, String>>,
}

impl std::fmt::Debug for Homeservers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Homeservers").field("origins", &self.origins).finish_non_exhaustive()
    }
}

impl Homeservers {
    /// `shared` trusts the authority from which homeservers have their certificates.
    pub(super) fn new(shared: &Shared, origins: BTreeMap<String, String>) -> Result<Homeservers, String> {
        let options = HttpOptions {
            request_timeout: limits::HOMESERVER,
            body_limit: limits::HOMESERVER_BYTES,
            ..HttpOptions::default()
        };
        let client = Client::new(&options, shared).map_err(|error| error.to_string())?;
        Ok(Homeservers { client, origins: RwLock::new(origins) })
    }

    /// Says where a homeserver is.
    pub(super) fn learn(&self, server_name: &str, origin: &str) {
        let mut origins = self.origins.write().unwrap_or_else(PoisonError::into_inner);
        origins.insert(server_name.to_owned(), origin.trim_end_matches('/').to_owned());
    }

    fn origin(&self, server_name: &str) -> Result<String, HomeserverFault> {
        let origins = self.origins.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(origin) = origins.get(server_name) {
            return Ok(origin.clone());
        }
        on_loopback(server_name).ok_or_else(|| HomeserverFault::Elsewhere(server_name.chars().take(255).collect()))
    }

    /// The user whose OpenID token this is, by the word of the homeserver.
    pub(super) async fn user_of(&self, server_name: &str, token: &str) -> Result<String, HomeserverFault> {
        let query: String =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("access_token", token).finish();
        let path = format!("/_matrix/federation/v1/openid/userinfo?{query}");
        let answer = self.ask(server_name, &path).await?;
        let user = answer.get("sub").and_then(Value::as_str).unwrap_or_default();
        if server_of(user) != Some(server_name) {
            return Err(HomeserverFault::Wrong(format!("`{server_name}` vouched for `{user}`, which is not its user")));
        }
        Ok(user.to_owned())
    }

    /// The public key of this id with which the homeserver signs.
    pub(super) async fn key(&self, server_name: &str, key_id: &str) -> Result<String, HomeserverFault> {
        let wrong = |why: &str| HomeserverFault::Wrong(format!("the published keys of `{server_name}`: {why}"));
        let answer = self.ask(server_name, "/_matrix/key/v2/server").await?;
        if answer.get("server_name").and_then(Value::as_str) != Some(server_name) {
            return Err(wrong("they are another server's"));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
        if answer.get("valid_until_ts").and_then(Value::as_u64).is_none_or(|until| until < now) {
            return Err(wrong("they are no longer valid"));
        }
        let key = answer.get("verify_keys").and_then(|keys| keys.get(key_id)?.get("key")?.as_str());
        let key = key.ok_or_else(|| wrong(&format!("there is no `{key_id}`")))?;
        let own = answer.get("signatures").and_then(|all| all.get(server_name)?.get(key_id)?.as_str());
        let own = own.ok_or_else(|| wrong("they are not signed with that key"))?;
        signing::verify(&answer, key, own).map_err(|fault| wrong(&fault.to_string()))?;
        Ok(key.to_owned())
    }

    async fn ask(&self, server_name: &str, path: &str) -> Result<Map<String, Value>, HomeserverFault> {
        let url = format!("{}{path}", self.origin(server_name)?);
        let exchange = self.client.send(Outgoing::new("GET", url)).await;
        if let Some(failure) = exchange.failure {
            return Err(HomeserverFault::NoAnswer(format!("`{server_name}` does not answer: {}", failure.message)));
        }
        let Some(response) = exchange.response.filter(|response| response.status == 200) else {
            return Err(HomeserverFault::Wrong(format!("`{server_name}` does not vouch for it")));
        };
        match response.body.text.as_deref().map(serde_json::from_str) {
            Some(Ok(Value::Object(fields))) => Ok(fields),
            _ => Err(HomeserverFault::Wrong(format!("`{server_name}` answers no JSON object"))),
        }
    }
}

/// The server's name in a user's id.
pub(super) fn server_of(user_id: &str) -> Option<&str> {
    user_id.strip_prefix('@')?.split_once(':').map(|(_, server)| server).filter(|server| !server.is_empty())
}

/// `https://<name>` if that cannot lead off this machine.
fn on_loopback(server_name: &str) -> Option<String> {
    let url = url::Url::parse(&format!("https://{server_name}")).ok()?;
    // Anything that is no part of a name would have changed what the URL leads to.
    let port = url.port();
    let host = url.host_str()?;
    let written = match port {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let loopback = match url.host()? {
        url::Host::Domain(name) => name == "localhost",
        url::Host::Ipv4(address) => IpAddr::V4(address).is_loopback(),
        url::Host::Ipv6(address) => IpAddr::V6(address).is_loopback(),
    };
    // `:443` is the scheme's own port, which URLs leave out.
    let same = written == server_name || format!("{host}:443") == server_name;
    let default = if server_name.ends_with(":443") { 443 } else { FEDERATION_PORT };
    (loopback && same).then(|| format!("https://{host}:{}", port.unwrap_or(default)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_on_the_loopback_are_asked() {
        assert_eq!(on_loopback("localhost:81").as_deref(), Some("https://localhost:81"));
        assert_eq!(on_loopback("127.0.0.1").as_deref(), Some("https://127.0.0.1:8448"));
        assert_eq!(on_loopback("[::1]:443").as_deref(), Some("https://[::1]:443"));
        for name in [
            "matrix.test",
            "localhost/x",
            "a@localhost",
            "localhost.evil.test",
            "10.0.0.1",
            "0x7f000001",
            "",
            "localhost:81?",
        ] {
            assert_eq!(on_loopback(name), None, "{name}");
        }
    }

    #[test]
    fn the_server_of_a_user() {
        assert_eq!(server_of("@a:localhost:81"), Some("localhost:81"));
        assert_eq!(server_of("a:b"), None);
        assert_eq!(server_of("@a:"), None);
    }
}
