//! Registration with the admin's shared secret, which several homeservers offer under the same path.
//!
//! This is the one place that names it.

use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use serde_json::json;
use tokio::time::Instant;

use threepid_record::model::Account;
use threepid_wire::http::Outgoing;

use super::ask::{Ask, account_from};
use super::names::{fresh_localpart, fresh_password};
use super::source::Accounts;
use crate::target::patience::{in_short, json as body_of};

const PATH: &str = "/_synapse/admin/v1/register";

impl Accounts {
    /// Makes an account of an administrator, by the shared secret.
    ///
    /// # Errors
    /// What the target answered, or that no secret is known.
    pub async fn administrator(&self) -> Result<Account, String> {
        let mut exchanges = Vec::new();
        let deadline = Instant::now() + self.options.patience;
        let mut ask = Ask { accounts: self, exchanges: &mut exchanges, deadline };
        let made = register(&mut ask, "administrator", true).await;
        let account = made.map_err(|outcome| self.hide(&outcome))?;
        self.remember([&account.access_token].into_iter().chain(&account.password));
        Ok(account)
    }
}

pub(super) async fn register(ask: &mut Ask<'_>, hint: &str, is_admin: bool) -> Result<Account, String> {
    let Some(secret) = ask.accounts.options.registration_shared_secret.clone() else {
        return Err("no secret is known".to_owned());
    };
    let url = ask.accounts.origins.request_url(PATH);
    let exchange = ask.send(Outgoing::new("GET", url.clone())).await;
    let nonce = exchange
        .response
        .as_ref()
        .filter(|response| response.status == 200)
        .and_then(body_of)
        .and_then(|body| body.get("nonce")?.as_str().map(str::to_owned))
        .ok_or_else(|| format!("GET {PATH} answered {}", in_short(&exchange)))?;
    let username = fresh_localpart(hint);
    let password = fresh_password();
    ask.accounts.remember([&password]);
    let body = json!({
        "nonce": nonce,
        "username": username,
        "password": password,
        "admin": is_admin,
        "mac": mac(&secret, &nonce, &username, &password, is_admin),
    });
    let exchange = ask.send(Outgoing::new("POST", url).json(&body)).await;
    account_from(&exchange, Some(&password)).ok_or_else(|| format!("POST {PATH} answered {}", in_short(&exchange)))
}

/// HMAC-SHA1 over nonce, name, password and `admin` or `notadmin`, separated by NUL, in hexadecimal.
fn mac(secret: &str, nonce: &str, username: &str, password: &str, is_admin: bool) -> String {
    let role = if is_admin { "admin" } else { "notadmin" };
    let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
    let signed = sign(&key, [nonce, username, password, role].join("\0").as_bytes());
    signed.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_mac_is_the_one_that_servers_compute() {
        // Computed with Python: hmac.new(b"secret", b"nonce\0user\0pass\0notadmin", hashlib.sha1).hexdigest()
        assert_eq!(super::mac("secret", "nonce", "user", "pass", false), "a62633a505e2bc2e61569cf3c6847ee41ef09bae");
    }
}
