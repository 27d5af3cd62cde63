//! Lending accounts to trials, and taking them back.
//!
//! Takes what a trial needs of the accounts of its actors; gives accounts, given ones before new ones, or the reason to
//! skip the trial. What comes back is made clean before anybody else gets it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::Instant;

use threepid_record::model::{Account, Exchange, Failure, FailureKind, Transcript};
use threepid_wire::http::Outgoing;

use super::ask::{Ask, is_refused};
use super::clean::{self, Left, Unfit};
use super::options::Method;
use super::pool::{Loan, Loss, Need, Refused};
use super::source::Accounts;
use super::{registration, shared_secret};
use crate::target::error::{Attempt, TargetError};

/// How long the logins that are left at the end may take to be ended.
const CLOSING: Duration = Duration::from_secs(5);

/// The accounts of a trial's actors.
#[derive(Debug)]
pub struct Lent {
    /// Each actor's account, in the order of what was asked for.
    pub accounts: Vec<(String, Account)>,
    /// What was asked to get them, in order.
    pub exchanges: Vec<Exchange>,
    /// Those of them that were given, and have to be given back.
    pub loans: Vec<Lease>,
}

/// A given account that a trial has. Dropped, it is looked at before anybody else gets it.
#[derive(Debug)]
pub struct Lease {
    loan: Loan,
    account: Account,
    /// Whether the trial said that it is of no use afterwards.
    uses_up: bool,
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

/// Why a trial gets no accounts.
#[derive(Debug)]
pub enum NotLent {
    /// There never are enough that will do: a reason to skip it.
    TooFew(String),
    /// They could not be had.
    Failed(NoAccount),
}

impl Accounts {
    /// Gets accounts that nobody uses, one for each of `needs`, all at once. A new one's name begins with the actor's.
    ///
    /// # Errors
    /// When there never are enough, or no way works; the error lists what was tried and what each came to.
    pub async fn lend(&self, needs: &[Need]) -> Result<Lent, NotLent> {
        let mut lent = Lent { accounts: Vec::new(), exchanges: Vec::new(), loans: Vec::new() };
        let methods = self.methods();
        let lends = methods.contains(&Method::Given);
        let (given, new): (Vec<&Need>, Vec<&Need>) =
            needs.iter().partition(|need| lends && (!need.uses_up || self.options.may_be_used_up));
        if let Err(none) = self.make(&new, &mut lent).await {
            return Err(match lends && none.lasting {
                true => NotLent::TooFew(uses_up(&new, &none.attempts)),
                false => self.failed(none.actors, none.attempts, lent.exchanges),
            });
        }
        if !given.is_empty() {
            // Where a profile names another way first, that one is tried first.
            let first = methods.first() == Some(&Method::Given);
            self.borrow(&given, first, &mut lent).await?;
        }
        lent.accounts.sort_by_key(|(actor, _)| needs.iter().position(|need| need.actor == *actor));
        Ok(lent)
    }

    /// Why nothing was lent, as an error of the target.
    pub(in crate::target) fn error(&self, none: NotLent) -> TargetError {
        match none {
            NotLent::Failed(none) => none.error,
            NotLent::TooFew(outcome) => self
                .no_accounts(vec![Attempt { method: Method::Given.word().to_owned(), outcome: self.hide(&outcome) }]),
        }
    }

    fn failed(&self, actors: Vec<String>, attempts: Vec<Attempt>, exchanges: Vec<Exchange>) -> NotLent {
        // A server that is gone, or goes while it is asked, has nothing to set.
        let gone = |failure: &&Failure| {
            matches!(failure.kind, FailureKind::Connect | FailureKind::Timeout | FailureKind::Broken)
        };
        let last = exchanges.last().and_then(|last| last.failure.as_ref());
        let error = match last.filter(gone) {
            Some(failure) => {
                let url = self.origins.reachable().to_string();
                TargetError::Unreachable { url, cause: self.hide(&failure.message) }
            }
            None => self.no_accounts(attempts),
        };
        NotLent::Failed(NoAccount { actors, error, exchanges })
    }

    fn no_accounts(&self, attempts: Vec<Attempt>) -> TargetError {
        TargetError::NoAccounts { url: self.origins.reachable().to_string(), attempts }
    }

    /// Lends given accounts for all of `needs`, or makes new ones where that can be done and they are lent already.
    async fn borrow(&self, needs: &[&Need], first: bool, lent: &mut Lent) -> Result<(), NotLent> {
        let mut none: Option<NoneMade> = None;
        let mut refused = None;
        let mut waits = !first;
        loop {
            if waits && none.is_none() {
                match self.make(needs, lent).await {
                    Ok(()) => return Ok(()),
                    Err(made) => none = Some(made),
                }
            }
            let taken = match (&none, refused.take()) {
                (Some(_), Some(refused)) => Err(refused),
                (Some(_), None) => self.pool.take(needs, self.options.turn).await.map(Some),
                (None, _) => self.pool.take_now(needs),
            };
            match taken {
                Ok(Some(loans)) => {
                    if self.prepare(loans, needs, lent).await? {
                        return Ok(());
                    }
                }
                Ok(None) => waits = true,
                Err(why) if none.is_none() => (waits, refused) = (true, Some(why)),
                Err(why) => {
                    let NoneMade { attempts, lasting, .. } = none.unwrap_or_default();
                    let others = others(&attempts);
                    return Err(match why {
                        Refused::Never(why) if lasting => NotLent::TooFew(format!("{why}{others}")),
                        Refused::Never(why) | Refused::Broken(why) | Refused::Stuck(why) => {
                            let outcome = self.hide(&why);
                            let given = Attempt { method: Method::Given.word().to_owned(), outcome };
                            let exchanges = std::mem::take(&mut lent.exchanges);
                            self.failed(names(needs), [given].into_iter().chain(attempts).collect(), exchanges)
                        }
                    });
                }
            }
        }
    }

    /// Makes what was taken ready. False if it turned out that something of it will not do.
    async fn prepare(&self, mut loans: Vec<Loan>, needs: &[&Need], lent: &mut Lent) -> Result<bool, NotLent> {
        let deadline = Instant::now() + self.options.patience;
        let work = loans.iter_mut().map(|loan| async move {
            let mut exchanges = Vec::new();
            let mut ask = Ask { accounts: self, exchanges: &mut exchanges, deadline };
            let done = match loan.held() {
                Some(held) => clean::ready(&mut ask, held, &Left::default()).await,
                None => Ok(()),
            };
            (done, exchanges)
        });
        let done = join_all(work).await;
        let mut now = None;
        let mut good = Vec::new();
        for (mut loan, (done, exchanges)) in loans.into_iter().zip(done) {
            lent.exchanges.extend(exchanges);
            let name = loan.held().map(|held| held.given.name().to_owned()).unwrap_or_default();
            match done {
                Ok(()) => good.push(loan),
                Err(Unfit::Gone(loss, why)) => loan.lose(loss, self.hide(&why)),
                // What is not ready is tried again by whoever gets it next.
                Err(Unfit::Now(why)) => now = Some(self.hide(&format!("{name}: {why}"))),
            }
        }
        let suit = good.len() == needs.len() && good.iter().zip(needs).all(|(loan, need)| loan.suits(need));
        if now.is_some() || !suit {
            good.into_iter().for_each(Loan::give_back);
        } else {
            for (mut loan, need) in good.into_iter().zip(needs) {
                let Some(account) = loan.held().and_then(|held| held.ready.take()) else { continue };
                self.worked.store(Method::Given as usize + 1, Ordering::Relaxed);
                lent.accounts.push((need.actor.clone(), account.clone()));
                lent.loans.push(Lease { loan, account, uses_up: need.uses_up });
            }
        }
        match now {
            Some(outcome) => {
                let attempt = Attempt { method: Method::Given.word().to_owned(), outcome };
                Err(self.failed(names(needs), vec![attempt], std::mem::take(&mut lent.exchanges)))
            }
            None => Ok(suit),
        }
    }

    /// Makes a new account for each of `needs`.
    async fn make(&self, needs: &[&Need], lent: &mut Lent) -> Result<(), NoneMade> {
        let mut result = Ok(());
        for (need, (made, exchanges)) in needs.iter().zip(join_all(needs.iter().map(|need| self.make_one(need))).await)
        {
            lent.exchanges.extend(exchanges);
            match made {
                Ok(account) if result.is_ok() => lent.accounts.push((need.actor.clone(), account)),
                Ok(_) => {}
                Err(none) => {
                    let before = result.err().map(|before: NoneMade| before.actors).unwrap_or_default();
                    let actors = before.into_iter().chain([need.actor.clone()]).collect();
                    result = Err(NoneMade { actors, ..none });
                }
            }
        }
        if result.is_err() {
            lent.accounts.retain(|(actor, _)| needs.iter().all(|need| need.actor != *actor));
        }
        result
    }

    async fn make_one(&self, need: &Need) -> (Result<Account, NoneMade>, Vec<Exchange>) {
        let mut exchanges = Vec::new();
        let mut none = NoneMade { lasting: true, ..NoneMade::default() };
        let deadline = Instant::now() + self.options.patience;
        let mut methods = self.methods();
        let worked = self.worked.load(Ordering::Relaxed);
        methods.sort_by_key(|method| (*method as usize) + 1 != worked);
        for method in methods {
            let before = self.lock(&self.refused).get(&(method as usize)).cloned();
            let mut ask = Ask { accounts: self, exchanges: &mut exchanges, deadline };
            let result = match (method, before) {
                (Method::Given, _) => continue,
                (_, Some(outcome)) => Err(outcome),
                (Method::Registration, None) => registration::register(&mut ask, &need.actor).await,
                (Method::SharedSecret, None) => shared_secret::register(&mut ask, &need.actor, false).await,
            };
            match result {
                Ok(account) => {
                    self.worked.store(method as usize + 1, Ordering::Relaxed);
                    self.remember([&account.access_token].into_iter().chain(&account.password));
                    return (Ok(account), exchanges);
                }
                Err(outcome) => {
                    let outcome = self.hide(&outcome);
                    let known = self.lock(&self.refused).contains_key(&(method as usize));
                    let lasting = known || exchanges.last().is_some_and(is_refused);
                    if lasting && self.pool.all() > 0 {
                        self.lock(&self.refused).insert(method as usize, outcome.clone());
                    }
                    none.lasting &= lasting;
                    none.attempts.push(Attempt { method: method.word().to_owned(), outcome });
                }
            }
        }
        (Err(none), exchanges)
    }

    /// Gives accounts back after a trial. A given one is made clean and lent again; one that cannot be made so is lent only
    /// to those who do not mind, or to nobody. One that was registered is left alone.
    pub async fn give_back(&self, loans: Vec<Lease>, transcript: &Transcript) {
        if loans.is_empty() {
            return;
        }
        let left = &Left::by(transcript);
        let deadline = Instant::now() + self.options.patience;
        let work = loans.into_iter().map(|Lease { mut loan, account, uses_up }| async move {
            let mut exchanges = Vec::new();
            let mut ask = Ask { accounts: self, exchanges: &mut exchanges, deadline };
            let Some(held) = loan.held() else { return };
            clean::log_out(&mut ask, held, &account.user_id, &account.access_token, left).await;
            match clean::ready(&mut ask, held, left).await {
                Ok(()) => loan.give_back(),
                Err(Unfit::Gone(_, why)) if uses_up => {
                    loan.lose(Loss::UsedUp, format!("used up by a trial that may do so; {}", self.hide(&why)));
                }
                Err(Unfit::Gone(loss, why)) => loan.lose(loss, self.hide(&why)),
                // It goes back as one that has to be looked at first.
                Err(Unfit::Now(why)) => {
                    let why = self.hide(&format!("it could not be looked at after a trial: {why}"));
                    if let Some(held) = loan.held() {
                        held.unsure = Some(why);
                    }
                }
            }
        });
        join_all(work).await;
    }

    /// Gives accounts back with which nothing was done.
    pub fn give_back_unused(&self, lent: Lent) {
        for Lease { mut loan, account, .. } in lent.loans {
            if let Some(held) = loan.held() {
                held.ready = Some(account);
            }
            loan.give_back();
        }
    }

    /// Ends the logins to given accounts that are left. Says which accounts are not as they were, if any.
    pub async fn close(&self) -> Vec<String> {
        let deadline = Instant::now() + self.options.patience;
        let logins = self.pool.unused_logins();
        let work = logins.iter().filter(|(given, account)| given.access_token.as_ref() != Some(&account.access_token));
        let work = work.map(|(_, account)| async {
            let mut exchanges = Vec::new();
            let mut ask = Ask { accounts: self, exchanges: &mut exchanges, deadline };
            let url = ask.api("/logout");
            ask.send(Outgoing::new("POST", url).bearer(&account.access_token).json(&json!({}))).await;
        });
        // A login that is left does no harm, so nobody waits long for it.
        let _ = tokio::time::timeout(CLOSING, join_all(work)).await;
        self.pool.notes().iter().map(|note| self.hide(note)).collect()
    }
}

/// Why no new account was made.
#[derive(Debug, Default)]
struct NoneMade {
    /// The actors for whom it was.
    actors: Vec<String>,
    attempts: Vec<Attempt>,
    /// Whether every way was refused for good.
    lasting: bool,
}

/// Why a trial that uses accounts up is not run on given ones.
fn uses_up(needs: &[&Need], attempts: &[Attempt]) -> String {
    let actors = names(needs);
    format!(
        "it uses up the account of {} (deactivates it or changes its password), for which accounts of `--accounts` are not \
         taken without --accounts-may-be-used-up{}",
        actors.join(" and "),
        others(attempts)
    )
}

fn names(needs: &[&Need]) -> Vec<String> {
    needs.iter().map(|need| need.actor.clone()).collect()
}

/// What came of the other ways to get accounts.
fn others(attempts: &[Attempt]) -> String {
    let tried = attempts.iter().map(|Attempt { method, outcome }| format!("{method}: {outcome}"));
    match attempts.is_empty() {
        true => String::new(),
        false => format!("; and none can be made ({})", tried.collect::<Vec<_>>().join("; ")),
    }
}
