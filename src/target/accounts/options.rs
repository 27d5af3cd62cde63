//! What there is to get accounts with, as the command line and a profile say it. It asks nothing.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::given::Given;
use threepid_record::redact::collect::Secret;

/// A way to get an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// One of those that the user gave.
    Given,
    /// `POST /register`, with the dummy stage or the token stage.
    Registration,
    /// The admin's shared secret.
    SharedSecret,
}

impl Method {
    pub(super) const ALL: [Method; 3] = [Method::Given, Method::Registration, Method::SharedSecret];

    /// How profiles and messages name it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Method::Given => "given",
            Method::Registration => "registration",
            Method::SharedSecret => "shared-secret",
        }
    }
}

/// What there is to get accounts with.
#[derive(Debug, Clone)]
pub struct AccountOptions {
    /// What is tried, in order; empty for everything that can be.
    pub chain: Vec<Method>,
    /// The accounts that the user gave (`--accounts`).
    pub given: Vec<Given>,
    /// The token for `m.login.registration_token` (`--registration-token`).
    pub registration_token: Option<String>,
    /// The admin's secret (`--registration-shared-secret`).
    pub registration_shared_secret: Option<String>,
    /// Whether trials may use up given accounts (`--accounts-may-be-used-up`).
    pub may_be_used_up: bool,
    /// How long rate limits are waited out for one account (`--account-timeout`). Default: 60 s.
    pub patience: Duration,
    /// How long to wait for a given account while none comes back: as long as a trial may take (`--timeout`) with all that
    /// its accounts need before and after it. Default: 190 s.
    pub turn: Duration,
    /// The domain of the addresses that trials add. Nobody else has an address there, so one that an earlier run left is
    /// removed. Empty for none.
    pub mail_domain: String,
}

impl Default for AccountOptions {
    fn default() -> AccountOptions {
        AccountOptions {
            chain: Vec::new(),
            given: Vec::new(),
            registration_token: None,
            registration_shared_secret: None,
            may_be_used_up: false,
            patience: Duration::from_secs(60),
            turn: Duration::from_secs(190),
            mail_domain: String::new(),
        }
    }
}

impl AccountOptions {
    /// What of it must never be shown. A password that is too short to be looked for everywhere is replaced where it
    /// stands alone.
    pub fn secrets(&self) -> Vec<Secret> {
        let own = [
            ("registration_token", &self.registration_token),
            ("registration_shared_secret", &self.registration_shared_secret),
        ];
        let given = self.given.iter();
        let given = given.flat_map(|given| [("password", &given.password), ("access_token", &given.access_token)]);
        let all = own.into_iter().chain(given).filter_map(|(kind, value)| Some((kind, value.as_deref()?)));
        all.map(|(kind, value)| Secret::known(kind, value)).collect()
    }
}
