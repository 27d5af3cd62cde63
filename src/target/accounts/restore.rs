//! Gives an account its password back.
//!
//! Takes an account whose password a trial changed, and the passwords that the trial sent; finds the one that logs in and
//! changes it back, with the password stage. Where the server asks for more, or nothing logs in (the account is
//! deactivated), the account stays as it is.

use serde_json::{Value, json};

use threepid_wire::http::Outgoing;

use super::ask::{Ask, account_from};
use super::given::Given;
use crate::target::patience::json as body_of;

/// How many passwords are tried: each is a login that fails, and servers count those.
const MOST_TRIED: usize = 8;

/// Changes the password back, if one of these is the account's now.
pub(super) async fn restore(ask: &mut Ask<'_>, given: &Given, passwords: &[String]) {
    let (Some(user), Some(old)) = (&given.user, &given.password) else { return };
    let identifier = json!({"type": "m.id.user", "user": user});
    for new in passwords.iter().rev().filter(|new| *new != old).take(MOST_TRIED) {
        let login = json!({
            "type": "m.login.password", "identifier": identifier, "password": new,
            "initial_device_display_name": "threepid",
        });
        let url = ask.api("/login");
        let exchange = ask.send(Outgoing::new("POST", url).json(&login)).await;
        let Some(account) = account_from(&exchange, None) else { continue };
        ask.accounts.remember([&account.access_token]);
        let mut body = json!({"new_password": old, "logout_devices": false});
        let url = ask.api("/account/password");
        let change = |body: &Value| Outgoing::new("POST", url.clone()).bearer(&account.access_token).json(body);
        let exchange = ask.send(change(&body)).await;
        let challenge = exchange.response.as_ref().filter(|response| response.status == 401).and_then(body_of);
        if let Some(challenge) = challenge {
            body["auth"] = json!({
                "type": "m.login.password", "identifier": identifier, "user": account.user_id, "password": new,
            });
            if let Some(session) = challenge.get("session") {
                body["auth"]["session"] = session.clone();
            }
            ask.send(change(&body)).await;
        }
        let url = ask.api("/logout");
        ask.send(Outgoing::new("POST", url).bearer(&account.access_token).json(&json!({}))).await;
        return;
    }
}
