//! Accounts that the user brought.
//!
//! Takes a TOML or JSON file; gives its accounts one at a time, logged in where only a password is known.

use std::sync::PoisonError;

use serde::Deserialize;
use serde_json::json;

use threepid_record::model::{Account, Exchange};
use threepid_wire::http::Outgoing;

use super::super::error::TargetError;
use super::super::patience::{in_short, json};
use super::{Ask, account_from, localpart_of};

/// An account that the user brought: a name with a password, or a token, or both.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// `@localpart:server.name`, or the local part alone. Needed with a password.
    pub user: Option<String>,
    /// The password. Without it, scenarios that ask for it cannot run on this account.
    pub password: Option<String>,
    /// A valid access token.
    pub access_token: Option<String>,
}

/// The file that `--accounts` names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountsFile {
    accounts: Vec<Given>,
}

impl Given {
    pub(super) fn secrets(&self) -> Vec<String> {
        self.password.iter().chain(&self.access_token).cloned().collect()
    }

    pub(super) fn is(&self, account: &Account) -> bool {
        match (&self.user, &self.access_token) {
            (Some(user), _) => *user == account.user_id || localpart_of(user) == account.localpart,
            (None, Some(token)) => *token == account.access_token,
            (None, None) => false,
        }
    }
}

/// Reads the text of an accounts file: TOML with `[[accounts]]`, or JSON of the same shape if `file` ends in `.json`.
///
/// # Errors
/// When the text has another shape, or an account has neither a token nor a name with a password.
pub fn parse_given(text: &str, file: &str) -> Result<Vec<Given>, TargetError> {
    let wrong = |problem: String| TargetError::AccountsFile { file: file.to_owned(), problem };
    let parsed: AccountsFile = if file.ends_with(".json") {
        serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?
    } else {
        toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count()) + 1;
            wrong(format!("line {line}: {}", error.message()))
        })?
    };
    if parsed.accounts.is_empty() {
        return Err(wrong("there is none; each is a table `[[accounts]]`".to_owned()));
    }
    let usable = |given: &Given| given.access_token.is_some() || (given.user.is_some() && given.password.is_some());
    if let Some(index) = parsed.accounts.iter().position(|given| !usable(given)) {
        return Err(wrong(format!(
            "account {} has neither an `access_token` nor a `user` with a `password`",
            index + 1
        )));
    }
    Ok(parsed.accounts)
}

/// Takes the next account from the pool and makes sure that it works.
pub(super) async fn take(ask: &mut Ask<'_>) -> Result<Account, String> {
    let mut refused = Vec::new();
    loop {
        let next = ask.accounts.pool.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some(given) = next else {
            let all = ask.accounts.options.given.len();
            return Err(if refused.is_empty() {
                format!(
                    "all {all} accounts of `--accounts` are in use; add more, or run fewer trials at once (`--jobs`)"
                )
            } else {
                refused.join(", ")
            });
        };
        match sign_in(ask, &given).await {
            Ok(account) => return Ok(account),
            Err((exchange, problem)) => {
                refused.push(format!("{}: {problem}", given.user.as_deref().unwrap_or("the token")));
                // One that was refused will be refused again and stays out of the pool; one that could not be tried
                // (no answer, a rate limit, a fault of the server) may work later, but not now.
                let status = exchange.response.as_ref().map_or(0, |response| response.status);
                if !(400..500).contains(&status) || status == 429 {
                    ask.accounts.pool.lock().unwrap_or_else(PoisonError::into_inner).push_back(given);
                    return Err(refused.join(", "));
                }
            }
        }
    }
}

async fn sign_in(ask: &mut Ask<'_>, given: &Given) -> Result<Account, (Exchange, String)> {
    if let Some(token) = &given.access_token {
        let url = ask.api("/account/whoami");
        let exchange = ask.send(Outgoing::new("GET", url).bearer(token)).await;
        let body = exchange.response.as_ref().filter(|response| response.status == 200).and_then(json);
        let Some(user_id) = body.as_ref().and_then(|body| body.get("user_id")?.as_str()) else {
            let problem = format!("whoami answered {}", in_short(&exchange));
            return Err((exchange, problem));
        };
        return Ok(Account {
            user_id: user_id.to_owned(),
            localpart: localpart_of(user_id),
            password: given.password.clone(),
            access_token: token.clone(),
            device_id: body.as_ref().and_then(|body| body.get("device_id")?.as_str()).map(str::to_owned),
        });
    }
    let (user, password) = (given.user.as_deref().unwrap_or_default(), given.password.as_deref().unwrap_or_default());
    let url = ask.api("/login");
    let login = json!({
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": user},
        "password": password,
        "initial_device_display_name": "threepid",
    });
    let exchange = ask.send(Outgoing::new("POST", url).json(&login)).await;
    account_from(&exchange, Some(password)).ok_or_else(|| {
        let problem = format!("login answered {}", in_short(&exchange));
        (exchange, problem)
    })
}
