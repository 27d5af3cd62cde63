//! Accounts that the user brought.
//!
//! Takes a TOML or JSON file; gives its accounts. It logs in to none.

use serde::Deserialize;

use super::names::localpart_of;
use crate::target::error::TargetError;

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
