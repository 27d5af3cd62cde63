//! Finding out what the target is and what it offers, before anything is judged.
//!
//! Takes an address, ways to get an account, and a place where mail arrives; gives a [`Target`] with its abilities,
//! each with how it is known. A target that cannot be tested is one error that says what to set, not forty timeouts.
//! What the target answers is never judged here: a lawful refusal means that something is not offered.

mod abilities;
mod email;
mod found;

use std::pin::Pin;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use threepid_record::model::{Ability, Account, Arrival, Exchange, Mail, TargetInfo};
use threepid_wire::http::{Client, Origins, Outgoing};

use super::accounts::{AccountOptions, Accounts, Need, NotLent};
use super::error::TargetError;
use super::patience::{self, beginning};
use abilities::{api_ability, declared};

pub use found::{Found, Watch};

const VERSIONS: &str = "/_matrix/client/versions";

/// Where the probe mail arrives.
pub trait ProbeMail: Sync {
    /// Begins to watch an address.
    fn open(&self, address: &str) -> Box<dyn ProbeMailbox + '_>;
    /// Where mail is taken, as the homeserver would have to be told: host and port, TLS and login.
    fn listens_on(&self) -> String;
    /// Mail that came for addresses nobody watches.
    fn strays(&self) -> Vec<Arrival>;
    /// The last mail client that came there and sent nothing, in words.
    fn unsent(&self) -> Option<String> {
        None
    }
}

/// One watched address.
pub trait ProbeMailbox: Send {
    /// The first mail for the address; `None` if the deadline passes before one comes.
    fn first(&mut self, deadline: Instant) -> Pin<Box<dyn Future<Output = Option<Mail>> + Send + '_>>;
    /// The reply with which a mail for the address was refused, if one was more than can be taken.
    fn refused(&self) -> Option<String> {
        None
    }
}

/// What a target is probed with.
#[derive(Debug, Clone)]
pub struct ProbeOptions {
    /// The profile's name, or `homeserver` where only an address was given.
    pub name: String,
    /// Where it is.
    pub origins: Origins,
    /// How accounts come to be.
    pub accounts: AccountOptions,
    /// The domain of the probe mail's address.
    pub mail_domain: String,
    /// How long to wait for the probe mail (`--mail-timeout`). Default: 10 s.
    pub mail_timeout: Duration,
    /// Where the server's SMTP settings are, for messages.
    pub mail_hint: Option<String>,
    /// Abilities that cannot be probed (`--offers`, and what the profile's variant offers): `identity-server`, …
    pub offers: Vec<String>,
    /// Where it is noted what is found.
    pub watch: Watch,
}

impl ProbeOptions {
    /// The defaults for a server at these origins.
    pub fn new(name: impl Into<String>, origins: Origins, mail_domain: impl Into<String>) -> ProbeOptions {
        ProbeOptions {
            name: name.into(),
            origins,
            accounts: AccountOptions::default(),
            mail_domain: mail_domain.into(),
            mail_timeout: Duration::from_secs(10),
            mail_hint: None,
            offers: Vec::new(),
            watch: Watch::default(),
        }
    }
}

/// A target that can be tested.
#[derive(Debug)]
pub struct Target {
    /// What it is and offers.
    pub info: TargetInfo,
    /// Where it is.
    pub origins: Origins,
    /// The API versions it speaks, the newer first: `v3`, `r0`.
    pub apis: Vec<String>,
    /// Accounts on it.
    pub accounts: Accounts,
    /// How long the probe mail came after the answer that promised it; zero if it was there before.
    pub mail_delay: Duration,
    /// What was asked to find out, in order.
    pub exchanges: Vec<Exchange>,
}

impl Target {
    /// An ability by name; `None` if nothing is known of such an ability.
    pub fn ability(&self, name: &str) -> Option<&Ability> {
        self.info.abilities.iter().find(|ability| ability.name == name)
    }
}

/// Asks the target what it is and what it offers, and sends one probe mail.
///
/// # Errors
/// When nothing answers, or no homeserver does; when no account can be had; when the probe mail does not arrive or
/// leads elsewhere; when an answer says neither that mail is offered nor that it is not.
pub async fn probe(options: &ProbeOptions, client: &Client, mail: &dyn ProbeMail) -> Result<Target, TargetError> {
    let mut exchanges = Vec::new();
    let target = examine(options, client, mail, &mut exchanges).await;
    options.watch.note(|found| {
        found.exchanges.clone_from(&exchanges);
        found.missing = target.as_ref().err().map(TargetError::missing);
    });
    target.map(|target| Target { exchanges, ..target })
}

async fn examine(
    options: &ProbeOptions,
    client: &Client,
    mail: &dyn ProbeMail,
    exchanges: &mut Vec<Exchange>,
) -> Result<Target, TargetError> {
    let watch = &options.watch;
    let (versions, server) = versions(options, client, exchanges).await?;
    watch.note(|found| (found.versions, found.server) = (versions.clone(), server.clone()));
    let apis = apis(&versions);
    let Some(api) = apis.first().cloned() else {
        return Err(TargetError::NoApi { url: options.origins.request_url(VERSIONS), versions });
    };
    let own = AccountOptions { mail_domain: options.mail_domain.clone(), ..options.accounts.clone() };
    let accounts = Accounts::new(client.clone(), options.origins.clone(), api.clone(), own);
    let mut asking = Asking { options, client, api: &api, exchanges };

    let mut abilities = vec![api_ability("api-v3", "v3", &apis), api_ability("api-r0", "r0", &apis)];
    abilities.extend(asking.registration().await?);
    abilities.push(asking.password_login().await?);
    watch.note(|found| found.abilities.clone_from(&abilities));
    let needs = Need { actor: "probe".to_owned(), ..Need::default() };
    let mut lent = accounts.lend(&[needs]).await.map_err(|none| accounts.error(none))?;
    asking.exchanges.append(&mut lent.exchanges);
    watch.note(|found| found.account = accounts.worked());
    let by_account = match lent.accounts.first() {
        Some((_, account)) => asking.by_account(account, mail).await,
        None => Err(accounts.error(NotLent::TooFew("none was lent".to_owned()))),
    };
    accounts.give_back_unused(lent);
    let (found, mail_delay) = match by_account {
        Ok(found) => found,
        Err(fault) => {
            accounts.close().await;
            // A careless server says in its refusal what it was asked.
            return Err(fault.map(|text| accounts.hide(text)));
        }
    };
    abilities.extend(found);
    let declared = declared(options, &mut abilities);
    abilities.extend(declared);
    watch.note(|found| found.abilities.clone_from(&abilities));

    let info = TargetInfo {
        name: options.name.clone(),
        url: plain(options.origins.reachable()),
        public_url: plain(options.origins.public()),
        versions,
        server,
        defects: Vec::new(),
        shapes: Vec::new(),
        abilities,
    };
    Ok(Target { info, origins: options.origins.clone(), apis, accounts, mail_delay, exchanges: Vec::new() })
}

/// What the steps of the probe share.
struct Asking<'a> {
    options: &'a ProbeOptions,
    client: &'a Client,
    api: &'a str,
    exchanges: &'a mut Vec<Exchange>,
}

impl Asking<'_> {
    /// What only somebody with an account is told, and how long mail takes.
    async fn by_account(
        &mut self,
        account: &Account,
        mail: &dyn ProbeMail,
    ) -> Result<([Ability; 2], Duration), TargetError> {
        let changes = self.changes(account).await;
        let (email, mail_delay) = email::probe(self, account, mail).await?;
        Ok(([changes, email], mail_delay))
    }

    async fn send(&mut self, method: &str, path: &str, body: Option<&Value>, account: Option<&Account>) -> Exchange {
        let url = self.options.origins.request_url(&format!("/_matrix/client/{}{path}", self.api));
        let mut outgoing = Outgoing::new(method, url);
        if let Some(account) = account {
            outgoing = outgoing.bearer(&account.access_token);
        }
        if let Some(body) = body {
            outgoing = outgoing.json(body);
        }
        let deadline = Instant::now() + self.options.accounts.patience;
        patience::send(self.client, outgoing, deadline, self.exchanges).await
    }
}

async fn versions(
    options: &ProbeOptions,
    client: &Client,
    exchanges: &mut Vec<Exchange>,
) -> Result<(Vec<String>, Option<String>), TargetError> {
    let url = options.origins.request_url(VERSIONS);
    let deadline = Instant::now() + options.accounts.patience;
    let exchange = patience::send(client, Outgoing::new("GET", url.clone()), deadline, exchanges).await;
    let exchange = patience::without_secrets(&exchange);
    let Some(response) = &exchange.response else {
        let cause = exchange.failure.map(|failure| failure.message).unwrap_or_default();
        return Err(TargetError::Unreachable { url, cause });
    };
    if let Some(failure) = &exchange.failure {
        let (status, cause) = (response.status, failure.message.clone());
        return Err(TargetError::Incomplete { url, status, cause });
    }
    let body = patience::json(response);
    let listed = body.as_ref().and_then(|body| body.get("versions")?.as_array());
    match (response.status, listed) {
        (200, Some(listed)) => {
            let versions = listed.iter().filter_map(|version| version.as_str().map(str::to_owned)).collect();
            Ok((versions, response.header("server").map(str::to_owned)))
        }
        (status, _) => {
            let problem = match (status, body.is_some(), response.header("location")) {
                (200, true, _) => "JSON without `versions`".to_owned(),
                (200, false, _) => "which is not JSON".to_owned(),
                (300..=399, _, Some(to)) => format!("which leads to {} and is not followed", beginning(to, 200)),
                _ => "where a homeserver answers 200".to_owned(),
            };
            let start = beginning(response.body.text.as_deref().unwrap_or("(not text)"), 100);
            Err(TargetError::NotAHomeserver { url, status, problem, start })
        }
    }
}

/// The API versions among the listed versions of the specification, the newer first.
fn apis(versions: &[String]) -> Vec<String> {
    let v3 = |version: &String| {
        version.strip_prefix("v1.").and_then(|minor| minor.parse::<u32>().ok()).is_some_and(|minor| minor >= 1)
    };
    let r0 = |version: &String| version.starts_with("r0.");
    let mut apis = Vec::new();
    if versions.iter().any(v3) {
        apis.push("v3".to_owned());
    }
    if versions.iter().any(r0) {
        apis.push("r0".to_owned());
    }
    apis
}

/// An address as people write it, without the slash of an empty path.
fn plain(url: &url::Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}
