//! Accounts that the user brought.
//!
//! Takes a TOML or JSON file; gives its accounts, and logs in to one.

use serde::Deserialize;
use serde_json::json;

use threepid_record::model::{Account, Exchange};
use threepid_wire::http::Outgoing;

use super::super::error::TargetError;
use super::super::patience::{in_short, json};
use super::{Ask, account_from, is_refused, localpart_of};

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

    /// What it is called in messages.
    pub(super) fn name(&self) -> &str {
        self.user.as_deref().unwrap_or("an account with a token alone")
    }

    /// Whether both are the same account, as far as the file tells.
    fn is(&self, other: &Given) -> bool {
        let same_user = match (&self.user, &other.user) {
            (Some(one), Some(two)) => one == two || localpart_of(one) == localpart_of(two),
            _ => false,
        };
        same_user || (self.access_token.is_some() && self.access_token == other.access_token)
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
    let all = &parsed.accounts;
    if let Some(index) = (1..all.len()).find(|index| all[..*index].iter().any(|before| before.is(&all[*index]))) {
        return Err(wrong(format!(
            "account {} stands there twice; two actors of a trial need two accounts",
            index + 1
        )));
    }
    Ok(parsed.accounts)
}

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
