//! Logging in to an account that the user brought.

use serde_json::json;

use super::ask::{Ask, account_from, is_refused};
use super::given::Given;
use super::names::localpart_of;
use crate::target::patience::{in_short, json};
use threepid_record::model::{Account, Exchange};
use threepid_wire::http::Outgoing;

/// Logs in to an account: with its password, if it is known; else with its token.
///
/// # Errors
/// The last exchange, and what it came to.
pub(super) async fn sign_in(ask: &mut Ask<'_>, given: &Given) -> Result<Account, (Exchange, String)> {
    let (Some(user), Some(password)) = (&given.user, &given.password) else {
        return by_token(ask, given).await;
    };
    let url = ask.api("/login");
    let login = json!({
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": user},
        "password": password,
        "initial_device_display_name": "threepid",
    });
    let exchange = ask.send(Outgoing::new("POST", url).json(&login)).await;
    match account_from(&exchange, Some(password)) {
        Some(account) => Ok(account),
        // A server without a login by password.
        None if given.access_token.is_some() && is_refused(&exchange) => by_token(ask, given).await,
        None => {
            let problem = format!("login answered {}", in_short(&exchange));
            Err((exchange, problem))
        }
    }
}

async fn by_token(ask: &mut Ask<'_>, given: &Given) -> Result<Account, (Exchange, String)> {
    let token = given.access_token.as_deref().unwrap_or_default();
    let url = ask.api("/account/whoami");
    let exchange = ask.send(Outgoing::new("GET", url).bearer(token)).await;
    let body = exchange.response.as_ref().filter(|response| response.status == 200).and_then(json);
    let Some(user_id) = body.as_ref().and_then(|body| body.get("user_id")?.as_str()) else {
        let problem = format!("whoami answered {}", in_short(&exchange));
        return Err((exchange, problem));
    };
    Ok(Account {
        user_id: user_id.to_owned(),
        localpart: localpart_of(user_id),
        password: given.password.clone(),
        access_token: token.to_owned(),
        device_id: body.as_ref().and_then(|body| body.get("device_id")?.as_str()).map(str::to_owned),
    })
}
