//! Which of the given accounts is lent to whom.
//!
//! Takes what trials need of accounts; lends all that a trial needs at once or none, so that two trials never wait for each
//! other's, and lets waiting trials take turns in the order in which they came. A trial that can never get enough is told
//! so. It makes no request.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use threepid_record::model::Account;

use super::given::Given;

/// What a trial needs of the account of one actor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Need {
    /// The actor's name.
    pub actor: String,
    /// Whether the account is of no use afterwards.
    pub uses_up: bool,
    /// Whether the account's password is needed.
    pub password: bool,
    /// Whether there may be no address on the account.
    pub no_address: bool,
}

/// A given account, and what is known of it.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) given: Given,
    /// Its place in the file, by which it is told from others.
    pub(super) place: usize,
    /// A login that is good and that nobody has used; else it has to be looked at before it is lent.
    pub(super) ready: Option<Account>,
    /// Why it is not known what the last trial left on it, if that is so.
    pub(super) unsure: Option<String>,
    /// Whether a login to it was good.
    pub(super) worked: bool,
    /// The addresses that its owner put there, once they were seen.
    pub(super) own: Option<Vec<String>>,
    /// The addresses that the server would not remove.
    pub(super) kept: Vec<String>,
    /// Why there is an address on it, or may be.
    pub(super) not_clean: Option<String>,
}

impl Held {
    fn suits(&self, need: &Need) -> bool {
        (!need.password || self.given.password.is_some()) && (!need.no_address || self.not_clean.is_none())
    }

    /// How many needs it can meet: who needs less gets the one that can less.
    fn worth(&self) -> u8 {
        u8::from(self.given.password.is_some()) + 2 * u8::from(self.not_clean.is_none())
    }
}

/// Why an account is not lent any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// It never worked.
    NeverWorked,
    /// A trial used it up that was permitted to.
    UsedUp,
    /// It worked, and after a trial that should have left it as it was it does not any more.
    Broken,
}

/// An account that is not lent any more.
#[derive(Debug, Clone)]
struct Gone {
    held: Held,
    loss: Loss,
    why: String,
}

/// Why nothing is lent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    /// There never were enough, or those that there were are used up, as somebody permitted.
    Never(String),
    /// There would be enough if trials had not broken some.
    Broken(String),
    /// Nothing came back for so long.
    Stuck(String),
}

/// The accounts of `--accounts`.
#[derive(Debug)]
pub(super) struct Pool {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// How many there were.
    all: usize,
    free: Vec<Held>,
    /// As they were when they were lent.
    lent: Vec<Held>,
    gone: Vec<Gone>,
    /// The numbers of those who wait; the lowest is next.
    waiting: BTreeSet<u64>,
    next_number: u64,
    /// How often something changed: as long as it does, nobody waits in vain.
    changes: u64,
}

impl Pool {
    pub(super) fn new(given: &[Given]) -> Arc<Pool> {
        let held = |(place, given): (usize, &Given)| Held {
            given: given.clone(),
            place,
            ready: None,
            unsure: None,
            worked: false,
            own: None,
            kept: Vec::new(),
            not_clean: None,
        };
        let free: Vec<Held> = given.iter().enumerate().map(held).collect();
        let state = State { all: free.len(), free, ..State::default() };
        Arc::new(Pool { state: Mutex::new(state), changed: Notify::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many there were.
    pub(super) fn all(&self) -> usize {
        self.state().all
    }

    /// Lends accounts for all needs, if they are there now and nobody waits for them.
    ///
    /// # Errors
    /// If that is never possible any more.
    pub(super) fn take_now(self: &Arc<Pool>, needs: &[&Need]) -> Result<Option<Vec<Loan>>, Refused> {
        let mut state = self.state();
        state.possible(needs)?;
        if !state.waiting.is_empty() {
            return Ok(None);
        }
        Ok(state.take(needs).map(|held| self.loans(held)))
    }

    /// Lends accounts for all needs as soon as they are there, and those have been served who came before.
    ///
    /// # Errors
    /// If that is never possible any more, or nothing changes for `patience`.
    pub(super) async fn take(self: &Arc<Pool>, needs: &[&Need], patience: Duration) -> Result<Vec<Loan>, Refused> {
        let turn = Turn::of(self);
        let mut seen = None;
        let mut deadline = Instant::now() + patience;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();
            {
                let mut state = self.state();
                state.possible(needs)?;
                if state.waiting.first() == Some(&turn.number)
                    && let Some(held) = state.take(needs)
                {
                    return Ok(self.loans(held));
                }
                if seen.replace(state.changes) != Some(state.changes) {
                    deadline = Instant::now() + patience;
                }
            }
            if tokio::time::timeout_at(deadline, changed).await.is_err() {
                return Err(Refused::Stuck(self.state().stuck(patience)));
            }
        }
    }

    fn loans(self: &Arc<Pool>, held: Vec<Held>) -> Vec<Loan> {
        held.into_iter().map(|held| Loan { pool: Arc::clone(self), held: Some(held) }).collect()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        {
            let mut state = self.state();
            change(&mut state);
            state.changes += 1;
        }
        self.changed.notify_waiters();
    }

    /// Takes the logins that nobody has used, to be ended; the accounts have to be looked at before they are lent again.
    pub(super) fn unused_logins(&self) -> Vec<(Given, Account)> {
        let mut state = self.state();
        state.free.iter_mut().filter_map(|held| Some((held.given.clone(), held.ready.take()?))).collect()
    }

    /// What became of accounts that are not as they were, one line each.
    pub(super) fn notes(&self) -> Vec<String> {
        let state = self.state();
        let gone = state.gone.iter().map(|gone| format!("{}: {}", gone.held.given.name(), gone.why));
        let spoilt = state.free.iter().filter_map(|held| Some((held, held.not_clean.as_ref()?)));
        let spoilt = spoilt.filter(|(_, why)| *why != OWNERS);
        let not_clean = spoilt.map(|(held, why)| format!("{}: {why}", held.given.name()));
        let unsure = state.free.iter().filter_map(|held| Some((held, held.unsure.as_ref()?)));
        let unsure =
            unsure.map(|(held, why)| format!("{}: {why}; the next run looks for what was left", held.given.name()));
        gone.chain(not_clean).chain(unsure).collect()
    }
}

impl State {
    /// Whether all needs can be met once everything that is lent has come back as it was.
    fn possible(&self, needs: &[&Need]) -> Result<(), Refused> {
        let left: Vec<&Held> = self.free.iter().chain(&self.lent).collect();
        if choose(needs, &left).is_some() {
            return Ok(());
        }
        let broken = self.gone.iter().filter(|gone| gone.loss == Loss::Broken).map(|gone| &gone.held);
        let whole: Vec<&Held> = left.iter().copied().chain(broken).collect();
        let why = self.too_few(needs, &left);
        Err(if choose(needs, &whole).is_some() { Refused::Broken(why) } else { Refused::Never(why) })
    }

    fn take(&mut self, needs: &[&Need]) -> Option<Vec<Held>> {
        let free: Vec<&Held> = self.free.iter().collect();
        let chosen = choose(needs, &free)?;
        let taken: Vec<Held> = chosen.iter().map(|index| self.free[*index].clone()).collect();
        self.free.retain(|held| taken.iter().all(|taken| taken.place != held.place));
        self.lent.extend(taken.iter().cloned());
        Some(taken)
    }

    fn too_few(&self, needs: &[&Need], left: &[&Held]) -> String {
        let count = needs.len();
        let mut text = format!("it needs {count} account{}", if count == 1 { "" } else { "s at once" });
        let gone = || self.gone.iter().map(|gone| &gone.held);
        let without_password = || left.iter().copied().chain(gone()).any(|held| held.given.password.is_none());
        if needs.iter().any(|need| need.password) && without_password() {
            text.push_str(", with a password");
        }
        if needs.iter().any(|need| need.no_address) && left.iter().any(|held| held.not_clean.is_some()) {
            text.push_str(", without an address");
        }
        let will_do = left.iter().filter(|held| needs.iter().any(|need| held.suits(need))).count();
        let _ = write!(text, "; of the {} of `--accounts`, {will_do} will do", self.all);
        let spoilt = left.iter().filter_map(|held| Some((*held, held.not_clean.as_ref()?)));
        let mut whys: Vec<(&Held, &String)> =
            self.gone.iter().map(|gone| (&gone.held, &gone.why)).chain(spoilt).collect();
        whys.sort_by_key(|(held, _)| held.place);
        for (held, why) in whys.into_iter().take(MOST_NAMED) {
            let _ = write!(text, "; {}: {why}", held.given.name());
        }
        text
    }

    fn stuck(&self, patience: Duration) -> String {
        format!(
            "{} of the {} accounts of `--accounts` are lent to other trials, and none came back within {patience:?}",
            self.lent.len(),
            self.all
        )
    }
}

/// How many accounts a message names.
const MOST_NAMED: usize = 5;

/// Why it is not known what is on an account.
const CUT_SHORT: &str = "a trial on it was cut short";

/// Why an account is not clean on which no trial left anything.
pub(super) const OWNERS: &str = "it has an address of its owner's";

/// An account for each need, as places in `from`; who needs less gets what is worth less.
fn choose(needs: &[&Need], from: &[&Held]) -> Option<Vec<usize>> {
    fn rest(needs: &[&Need], from: &[&Held], by_worth: &[usize], chosen: &mut Vec<usize>) -> bool {
        let Some(need) = needs.get(chosen.len()) else { return true };
        for index in by_worth {
            if from[*index].suits(need) && !chosen.contains(index) {
                chosen.push(*index);
                if rest(needs, from, by_worth, chosen) {
                    return true;
                }
                chosen.pop();
            }
        }
        false
    }
    let mut by_worth: Vec<usize> = (0..from.len()).collect();
    by_worth.sort_by_key(|index| from[*index].worth());
    let mut chosen = Vec::new();
    rest(needs, from, &by_worth, &mut chosen).then_some(chosen)
}

/// A place among those who wait, until it is dropped.
struct Turn<'p> {
    pool: &'p Pool,
    number: u64,
}

impl<'p> Turn<'p> {
    fn of(pool: &'p Pool) -> Turn<'p> {
        let mut state = pool.state();
        let number = state.next_number;
        state.next_number += 1;
        state.waiting.insert(number);
        Turn { pool, number }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.pool.change(|state| {
            state.waiting.remove(&self.number);
        });
    }
}

/// An account that is lent. Dropped, it goes back as one that has to be looked at first.
#[derive(Debug)]
pub(super) struct Loan {
    pool: Arc<Pool>,
    held: Option<Held>,
}

impl Loan {
    /// What is lent; `None` once it was given back.
    pub(super) fn held(&mut self) -> Option<&mut Held> {
        self.held.as_mut()
    }

    /// Whether it will do for this, by what is known of it now.
    pub(super) fn suits(&self, need: &Need) -> bool {
        self.held.as_ref().is_some_and(|held| held.suits(need))
    }

    /// Gives it back as it is now.
    pub(super) fn give_back(mut self) {
        if let Some(held) = self.held.take() {
            self.pool.change(|state| {
                state.lent.retain(|lent| lent.place != held.place);
                state.free.push(held);
            });
        }
    }

    /// It is not lent to anybody any more.
    pub(super) fn lose(mut self, loss: Loss, why: String) {
        if let Some(held) = self.held.take() {
            self.pool.change(|state| {
                state.lent.retain(|lent| lent.place != held.place);
                state.gone.push(Gone { held, loss, why });
            });
        }
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if let Some(mut held) = self.held.take() {
            held.ready = None;
            if held.worked {
                held.unsure.get_or_insert_with(|| CUT_SHORT.to_owned());
            }
            self.pool.change(|state| {
                state.lent.retain(|lent| lent.place != held.place);
                state.free.push(held);
            });
        }
    }
}

#[cfg(test)]
mod tests;
