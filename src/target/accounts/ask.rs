//! Asking the target for something about an account.
//!
//! Takes a request; gives the exchange, noted with the others, and reads an account from it. What it does not say is not
//! guessed.

use serde_json::Value;
use tokio::time::Instant;

use super::names::localpart_of;
use super::source::Accounts;
use crate::target::patience;
use threepid_record::model::{Account, Exchange};
use threepid_wire::http::Outgoing;

/// What every method works with.
pub(super) struct Ask<'a> {
    pub(super) accounts: &'a Accounts,
    pub(super) exchanges: &'a mut Vec<Exchange>,
    pub(super) deadline: Instant,
}

impl Ask<'_> {
    /// A path below `/_matrix/client/<version>`.
    pub(super) fn api(&self, path: &str) -> String {
        let Accounts { origins, api, .. } = self.accounts;
        origins.request_url(&format!("/_matrix/client/{api}{path}"))
    }

    /// Asks, waits out a rate limit, and notes the exchange.
    pub(super) async fn send(&mut self, outgoing: Outgoing) -> Exchange {
        patience::send(&self.accounts.client, outgoing, self.deadline, self.exchanges).await
    }
}

/// Whether an answer is a refusal that will be the same next time: no limit, no fault of the server, and no silence.
pub(super) fn is_refused(exchange: &Exchange) -> bool {
    let status = exchange.response.as_ref().map_or(0, |response| response.status);
    exchange.failure.is_none() && (400..500).contains(&status) && status != 429
}

/// Reads an account from the answer to a registration or a login.
pub(super) fn account_from(exchange: &Exchange, password: Option<&str>) -> Option<Account> {
    let response = exchange.response.as_ref().filter(|response| response.status == 200)?;
    let body = patience::json(response)?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let user_id = text("user_id")?;
    Some(Account {
        localpart: localpart_of(&user_id),
        user_id,
        password: password.map(str::to_owned),
        access_token: text("access_token")?,
        device_id: text("device_id"),
    })
}
