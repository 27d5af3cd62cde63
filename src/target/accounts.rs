//! Getting accounts on the target.
//!
//! Takes what the user gave and what the profile says, and tries each way in order: given accounts (a token or a
//! login), registration with the stages a program can complete, the admin's shared secret. Gives accounts, with the
//! exchanges that they took, so that they stand in the record. It never uses an account twice unless it was given back
//! and is clean, and remembers every secret it saw so that they can be kept out of reports.

mod clean;
mod given;
mod lend;
mod pool;
pub(in crate::target) mod registration;
mod restore;
mod shared_secret;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::Rng as _;
use rand::distr::Alphanumeric;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

use threepid_record::model::{Account, Exchange};
use threepid_record::redact::Redactor;
use threepid_record::redact::collect::Secret;
use threepid_wire::http::{Client, Origins, Outgoing};

use super::error::TargetError;
use super::patience;
use pool::Pool;

pub use given::{Given, parse_given};
pub use lend::{Lease, Lent, NotLent};
pub use pool::Need;

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
    const ALL: [Method; 3] = [Method::Given, Method::Registration, Method::SharedSecret];

    fn word(self) -> &'static str {
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

/// Why no account could be had, with the exchanges that show it.
#[derive(Debug)]
pub struct NoAccount {
    /// The actors that got none.
    pub actors: Vec<String>,
    /// Why.
    pub error: TargetError,
    /// What was asked, in order.
    pub exchanges: Vec<Exchange>,
}

/// The source of accounts on one target. Can be asked from many tasks at once.
#[derive(Debug)]
pub struct Accounts {
    client: Client,
    origins: Origins,
    /// `v3` or `r0`.
    api: String,
    options: AccountOptions,
    pool: Arc<Pool>,
    /// Which given account is whose, by its place in the file.
    users: Mutex<BTreeMap<String, usize>>,
    secrets: Mutex<Vec<String>>,
    /// Which method worked last, plus one; 0 for none. It is tried first, so that a chain's refusals cost only once.
    worked: AtomicUsize,
    /// Where there are given accounts: the methods that were refused for good, with what they came to.
    refused: Mutex<BTreeMap<usize, String>>,
}

/// What every method works with.
struct Ask<'a> {
    accounts: &'a Accounts,
    exchanges: &'a mut Vec<Exchange>,
    deadline: Instant,
}

impl Accounts {
    /// Makes a source; asks nothing yet. `api` is the prefix's version, `v3` or `r0`.
    pub fn new(client: Client, origins: Origins, api: impl Into<String>, options: AccountOptions) -> Accounts {
        let mut secrets: Vec<String> = Vec::new();
        secrets.extend(options.registration_token.clone());
        secrets.extend(options.registration_shared_secret.clone());
        secrets.extend(options.given.iter().flat_map(Given::secrets));
        Accounts {
            client,
            origins,
            api: api.into(),
            pool: Pool::new(&options.given),
            users: Mutex::default(),
            options,
            secrets: Mutex::new(secrets),
            worked: AtomicUsize::new(0),
            refused: Mutex::default(),
        }
    }

    /// Makes an account of an administrator, by the shared secret.
    ///
    /// # Errors
    /// What the target answered, or that no secret is known.
    pub async fn administrator(&self) -> Result<Account, String> {
        let mut exchanges = Vec::new();
        let deadline = Instant::now() + self.options.patience;
        let mut ask = Ask { accounts: self, exchanges: &mut exchanges, deadline };
        let made = shared_secret::register(&mut ask, "administrator", true).await;
        let account = made.map_err(|outcome| self.hide(&outcome))?;
        self.remember([&account.access_token].into_iter().chain(&account.password));
        Ok(account)
    }

    /// Whether an address is one that only trials have.
    fn is_ours(&self, address: &str) -> bool {
        let domain = address.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
        !domain.is_empty() && domain.eq_ignore_ascii_case(&self.options.mail_domain)
    }

    /// Whether no other given account is this user's.
    fn is_only(&self, user_id: &str, place: usize) -> bool {
        *self.lock(&self.users).entry(user_id.to_owned()).or_insert(place) == place
    }

    fn lock<'a, T>(&self, of: &'a Mutex<T>) -> std::sync::MutexGuard<'a, T> {
        of.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The way that worked last.
    pub fn worked(&self) -> Option<Method> {
        let worked = self.worked.load(Ordering::Relaxed);
        Method::ALL.into_iter().find(|method| *method as usize + 1 == worked)
    }

    /// All secrets that were given or seen so far: passwords, tokens, the shared secret.
    pub fn secrets(&self) -> Vec<String> {
        self.lock(&self.secrets).clone()
    }

    /// A text without the secrets that were given or seen so far.
    pub(super) fn hide(&self, text: &str) -> String {
        let mut redactor = Redactor::new();
        self.options.secrets().iter().for_each(|secret| redactor.learn(secret));
        for secret in self.secrets() {
            redactor.add("secret", &secret);
        }
        redactor.excerpt(text).into_owned()
    }

    /// The token for `m.login.registration_token`, if one is known.
    pub fn registration_token(&self) -> Option<&str> {
        self.options.registration_token.as_deref()
    }

    fn remember<'a>(&self, secrets: impl IntoIterator<Item = &'a String>) {
        let mut all = self.lock(&self.secrets);
        for secret in secrets {
            if !secret.is_empty() && !all.contains(secret) {
                all.push(secret.clone());
            }
        }
    }

    /// The ways that can be tried, in order.
    fn methods(&self) -> Vec<Method> {
        let mut chain = if self.options.chain.is_empty() { Method::ALL.to_vec() } else { self.options.chain.clone() };
        // Whoever gives accounts wants them used, also where the target's profile does not speak of any.
        if !chain.contains(&Method::Given) {
            chain.insert(0, Method::Given);
        }
        // A method that cannot even be tried is left out: it would only lengthen the message.
        let usable = |method: &Method| match method {
            Method::Given => !self.options.given.is_empty(),
            Method::Registration => true,
            Method::SharedSecret => self.options.registration_shared_secret.is_some(),
        };
        chain.into_iter().filter(usable).collect()
    }
}

/// Whether an answer is a refusal that will be the same next time: no limit, no fault of the server, and no silence.
fn is_refused(exchange: &Exchange) -> bool {
    let status = exchange.response.as_ref().map_or(0, |response| response.status);
    exchange.failure.is_none() && (400..500).contains(&status) && status != 429
}

impl Ask<'_> {
    /// A path below `/_matrix/client/<version>`.
    fn api(&self, path: &str) -> String {
        let Accounts { origins, api, .. } = self.accounts;
        origins.request_url(&format!("/_matrix/client/{api}{path}"))
    }

    async fn send(&mut self, outgoing: Outgoing) -> Exchange {
        patience::send(&self.accounts.client, outgoing, self.deadline, self.exchanges).await
    }
}

/// Reads an account from the answer to a registration or a login.
fn account_from(exchange: &Exchange, password: Option<&str>) -> Option<Account> {
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

fn localpart_of(user_id: &str) -> String {
    user_id.trim_start_matches('@').split(':').next().unwrap_or_default().to_owned()
}

/// A name nobody has: the hint, reduced to what every server allows, and chance.
fn fresh_localpart(hint: &str) -> String {
    let hint: String = hint.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).take(24).collect();
    let hint = if hint.is_empty() { "user".to_owned() } else { hint };
    format!("{hint}-{:010x}", rand::rng().random::<u64>() & 0xff_ffff_ffff)
}

fn fresh_password() -> String {
    // Some servers want each kind of character.
    let random: String = rand::rng().sample_iter(Alphanumeric).take(24).map(char::from).collect();
    format!("{random}-Aa1")
}
