//! The source of accounts on one target: what all ways to get one share.
//!
//! Takes what there is to get accounts with; gives the ways that can be tried, and a text without the secrets that were
//! seen. It asks nothing itself.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::given::Given;
use super::options::{AccountOptions, Method};
use super::pool::Pool;
use threepid_record::redact::Redactor;
use threepid_wire::http::{Client, Origins};

/// The source of accounts on one target. Can be asked from many tasks at once.
#[derive(Debug)]
pub struct Accounts {
    pub(super) client: Client,
    pub(super) origins: Origins,
    /// `v3` or `r0`.
    pub(super) api: String,
    pub(super) options: AccountOptions,
    pub(super) pool: Arc<Pool>,
    /// Which given account is whose, by its place in the file.
    users: Mutex<BTreeMap<String, usize>>,
    secrets: Mutex<Vec<String>>,
    /// Which method worked last, plus one; 0 for none. It is tried first, so that a chain's refusals cost only once.
    pub(super) worked: AtomicUsize,
    /// Where there are given accounts: the methods that were refused for good, with what they came to.
    pub(super) refused: Mutex<BTreeMap<usize, String>>,
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

    /// Whether an address is one that only trials have.
    pub(super) fn is_ours(&self, address: &str) -> bool {
        let domain = address.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
        !domain.is_empty() && domain.eq_ignore_ascii_case(&self.options.mail_domain)
    }

    /// Whether no other given account is this user's.
    pub(super) fn is_only(&self, user_id: &str, place: usize) -> bool {
        *self.lock(&self.users).entry(user_id.to_owned()).or_insert(place) == place
    }

    pub(super) fn lock<'a, T>(&self, of: &'a Mutex<T>) -> std::sync::MutexGuard<'a, T> {
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
    pub(in crate::target) fn hide(&self, text: &str) -> String {
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

    /// Notes secrets, to be kept out of reports.
    pub(super) fn remember<'a>(&self, secrets: impl IntoIterator<Item = &'a String>) {
        let mut all = self.lock(&self.secrets);
        for secret in secrets {
            if !secret.is_empty() && !all.contains(secret) {
                all.push(secret.clone());
            }
        }
    }

    /// The ways that can be tried, in order.
    pub(super) fn methods(&self) -> Vec<Method> {
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
