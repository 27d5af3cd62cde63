//! How trials are run and judged.

use std::sync::atomic::{AtomicBool, Ordering};

use threepid_engine::judge::Deviations;
use threepid_record::model::Level;
use tokio_util::sync::CancellationToken;

/// How trials are run and judged.
pub struct Settings {
    /// How many at once (`--jobs`).
    pub jobs: usize,
    /// Whether to start no more trials after the first that fails (`--fail-fast`).
    pub fail_fast: bool,
    /// Whether one has failed: also those of other variants start no more.
    pub failed: AtomicBool,
    /// Whether the target keeps all others from being told, too.
    pub halt: super::Halt,
    /// The weakest level that makes a trial fail (`--fail-on`).
    pub fail_on: Level,
    /// What the target is known to do otherwise.
    pub deviations: Deviations,
    /// What answers are compared with, if they are.
    #[cfg(feature = "cli")]
    pub snapshots: Option<super::Snapshots>,
}

impl Settings {
    /// Why a trial is not run that comes after the end of the run.
    pub const ENDED: &str = "the run ended before it";

    /// Why no more trials start, if that is so.
    pub fn stop_reason(&self, cancel: &CancellationToken) -> Option<&'static str> {
        if cancel.is_cancelled() {
            Some("the run was interrupted")
        } else if self.fail_fast && self.failed.load(Ordering::Relaxed) {
            Some("a trial failed before it (--fail-fast)")
        } else {
            self.halt.why().map(|_| Settings::ENDED)
        }
    }
}
