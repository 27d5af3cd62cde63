//! Progress, for a person who waits at a terminal: a bar there, nothing elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::terminal::Terminal;
use threepid_record::model::TrialRecord;

/// A bar, or nothing.
pub(super) struct Progress {
    bar: ProgressBar,
    failed: usize,
}

impl Progress {
    pub(super) fn new(terminal: Terminal) -> Progress {
        let target = if terminal.progress { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}") {
            bar.set_style(style);
        }
        Progress { bar, failed: 0 }
    }

    /// So many trials more will end.
    pub(super) fn expect(&self, more: u64) {
        self.bar.inc_length(more);
    }

    pub(super) fn ended(&mut self, record: &TrialRecord) {
        if record.outcome.needs_attention() {
            self.failed += 1;
        }
        let failed = if self.failed == 0 { String::new() } else { format!("{} need attention · ", self.failed) };
        self.bar.set_message(format!("{failed}{}", record.id));
        self.bar.inc(1);
    }

    pub(super) fn done(self) {
        self.bar.finish_and_clear();
    }
}
