//! Finding out what the target is and what it offers, before anything is judged.
//!
//! Takes an address, ways to get an account, and a place where mail arrives; gives a [`Target`] with its abilities,
//! each with how it is known. A target that cannot be tested is one error that says what to set, not forty timeouts.
//! What the target answers is never judged here: a lawful refusal means that something is not offered.

mod abilities;
mod asking;
mod email;
mod found;
mod mail;
mod options;

use std::time::Duration;

use tokio::time::Instant;

use threepid_record::model::{Ability, Account, Exchange, TargetInfo};
use threepid_wire::http::{Client, Origins, Outgoing};

use super::accounts::{AccountOptions, Accounts, Need, NotLent};
use super::error::TargetError;
use super::patience::{self, beginning};
use abilities::{api_ability, declared};
use asking::{Asking, VERSIONS, plain};

pub use found::{Found, Watch};
pub use mail::{ProbeMail, ProbeMailbox};
pub use options::ProbeOptions;

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
        Some((_, account)) => by_account(&mut asking, account, mail).await,
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

/// What only somebody with an account is told, and how long mail takes.
async fn by_account(
    asking: &mut Asking<'_>,
    account: &Account,
    mail: &dyn ProbeMail,
) -> Result<([Ability; 2], Duration), TargetError> {
    let changes = asking.changes(account).await;
    let (email, mail_delay) = email::probe(asking, account, mail).await?;
    Ok(([changes, email], mail_delay))
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
