//! The secrets of a run that are not one trial's own.
//!
//! Takes those that hold for the whole run (accounts, registration tokens) and those of each trial that ended; gives each
//! trial's redactor what it needs of them. Never tells a secret.

use std::sync::{Arc, PoisonError, RwLock};

use super::Redactor;
use super::collect::{Reach, Secret};
use super::words::Words;

/// What else is secret in a run.
#[derive(Debug, Default)]
pub struct Others {
    run: RwLock<Arc<Redactor>>,
    words: Arc<Words>,
}

impl Others {
    /// Adds secrets of the whole run. Their markers say so: those of a trial are counted on their own, so that they do not
    /// depend on what was found out before it.
    pub fn learn<'s>(&self, secrets: impl IntoIterator<Item = &'s Secret>) {
        let mut run = self.run.write().unwrap_or_else(PoisonError::into_inner);
        let mut changed = Redactor::clone(&run);
        for secret in secrets {
            changed.learn(&Secret { kind: format!("run-{}", secret.kind), ..secret.clone() });
        }
        *run = Arc::new(changed);
    }

    /// Remembers a secret of a trial.
    pub fn remember(&self, secret: &Secret) {
        if secret.reach == Reach::Everywhere {
            self.words.remember(&secret.value);
        }
    }

    /// A redactor that knows all of these, and gets those of one trial.
    pub fn redactor(&self) -> Redactor {
        let run = Arc::clone(&self.run.read().unwrap_or_else(PoisonError::into_inner));
        Redactor { run: Some(run), others: Some(Arc::clone(&self.words)), ..Redactor::default() }
    }
}
