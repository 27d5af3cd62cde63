//! Progress, for whoever waits: a bar over the whole run at a terminal, a line from time to time elsewhere.
//!
//! Takes how many trials there are and each that ends; writes to standard error. It shows nothing of what a server said.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::task::JoinHandle;

use super::terminal::{self, Terminal};
use threepid_record::model::TrialRecord;

/// How often a line is written where nothing can be drawn.
const EVERY: Duration = Duration::from_secs(10);

/// A bar, or lines.
pub(super) struct Progress {
    bar: ProgressBar,
    draws: bool,
    so_far: Arc<Mutex<SoFar>>,
    lines: Option<JoinHandle<()>>,
}

/// What is known of a run that is under way.
#[derive(Debug)]
struct SoFar {
    begun: Instant,
    total: usize,
    ended: usize,
    attention: usize,
}

impl Progress {
    pub(super) fn new(terminal: Terminal) -> Progress {
        let target = if terminal.progress { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}") {
            bar.set_style(style);
        }
        let so_far = SoFar { begun: Instant::now(), total: 0, ended: 0, attention: 0 };
        Progress { bar, draws: terminal.progress, so_far: Arc::new(Mutex::new(so_far)), lines: None }
    }

    /// How many trials there are in the whole run: from now on it is told how far it is.
    pub(super) fn of(&mut self, total: usize) {
        locked(&self.so_far, |so_far| so_far.total = total);
        self.bar.set_length(total as u64);
        if self.draws {
            return;
        }
        let so_far = Arc::clone(&self.so_far);
        self.lines.get_or_insert_with(|| {
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(EVERY).await;
                    terminal::err(&locked(&so_far, |so_far| so_far.line()));
                }
            })
        });
    }

    pub(super) fn ended(&mut self, record: &TrialRecord) {
        let attention = locked(&self.so_far, |so_far| {
            so_far.ended += 1;
            so_far.attention += usize::from(record.outcome.needs_attention());
            so_far.attention
        });
        let failed = if attention == 0 { String::new() } else { format!("{attention} need attention · ") };
        self.bar.set_message(format!("{failed}{}", record.id));
        self.bar.inc(1);
    }

    pub(super) fn done(self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.lines.iter().for_each(JoinHandle::abort);
    }
}

fn locked<T>(so_far: &Mutex<SoFar>, work: impl FnOnce(&mut SoFar) -> T) -> T {
    work(&mut so_far.lock().unwrap_or_else(PoisonError::into_inner))
}

impl SoFar {
    fn line(&self) -> String {
        let SoFar { begun, total, ended, attention } = self;
        let attention = if *attention == 0 { String::new() } else { format!(", {attention} need attention") };
        format!("{ended} of {total} trials after {} s{attention}\n", begun.elapsed().as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_the_whole_run_is() {
        let mut so_far = SoFar { begun: Instant::now(), total: 334, ended: 42, attention: 0 };
        assert_eq!(so_far.line(), "42 of 334 trials after 0 s\n");
        so_far.attention = 3;
        assert_eq!(so_far.line(), "42 of 334 trials after 0 s, 3 need attention\n");
    }
}
