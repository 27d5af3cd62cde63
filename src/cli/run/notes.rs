//! What is worth saying beside the report.
//!
//! Takes what a run has seen; says on standard error what no verdict depends on: snapshots that no step makes any more,
//! a seed that was used before. It changes neither record nor exit code.

use super::super::terminal;
use super::Prepared;
use threepid_record::model::{Event, FindingKind, Report, Slice, TrialRecord};
use threepid_views::report::visible;

/// How many orphans are named.
const MOST_ORPHANS: usize = 20;

/// What a homeserver answers where an address is taken.
const IN_USE: &str = "M_THREEPID_IN_USE";

impl Prepared<'_> {
    /// Names the snapshots that nothing makes any more. Only a run of everything, to its end, can say so of scenarios
    /// that are gone.
    pub(super) fn orphans(&self, whole: bool) {
        let Some(snapshots) = &self.settings.snapshots else { return };
        let args = self.args;
        let all = whole && args.filters.is_empty() && args.partition.is_none() && args.variant.is_none();
        let orphans = match snapshots.orphans(&self.suite, all) {
            Ok(orphans) => orphans,
            Err(fault) => {
                terminal::err(&format!("orphans cannot be looked for: {fault}\n"));
                return;
            }
        };
        for path in orphans.iter().take(MOST_ORPHANS) {
            let path = path.display().to_string();
            terminal::err(&format!("orphan: {}: no step makes it any more, so it can be deleted\n", visible(&path)));
        }
        if orphans.len() > MOST_ORPHANS {
            terminal::err(&format!("and {} more orphans\n", orphans.len() - MOST_ORPHANS));
        }
    }

    /// A note that addresses may be taken because the seed was used on this server before.
    pub(super) fn taken(&self, report: &Report) -> Option<String> {
        let seed = self.args.seed.filter(|_| report.trials.iter().any(is_taken))?;
        Some(format!(
            "note: addresses were taken ({IN_USE}) before any trial used them; if this server was tested with --seed {seed} \
             before, give another seed or a fresh server\n"
        ))
    }

    /// Says that a long run is shown in part.
    pub(super) fn left_out(&self, left_out: u64) {
        if left_out > 0 {
            terminal::err(&format!(
                "note: {left_out} trials of this long run are only counted here and in the views; report.json has them all \
                 (--output)\n"
            ));
        }
    }

    /// Says once which accounts of `--accounts` are not as they were. That is nothing the server is judged by.
    pub(super) fn changed_accounts(&self, notes: &[String]) {
        if notes.is_empty() {
            return;
        }
        terminal::err("note: accounts of --accounts that are not as they were before:\n");
        for note in notes {
            terminal::err(&format!("  {}\n", visible(note)));
        }
    }

    /// Which slice this run is.
    pub(super) fn slices(&self) -> Vec<Slice> {
        let slice = self.args.partition.map(|partition| Slice {
            slice: partition.slice,
            of: partition.of,
            seed: self.seed,
            filters: self.args.filters.clone(),
            variant: self.args.variant.clone(),
        });
        slice.into_iter().collect()
    }
}

/// Whether a trial was not reached because an address was taken.
fn is_taken(trial: &TrialRecord) -> bool {
    let said = |finding: &threepid_record::model::Finding| {
        finding.kind == FindingKind::Precondition && finding.actual.contains(IN_USE)
    };
    let answered = || {
        let exchanges = trial.transcript.entries.iter().filter_map(|entry| match &entry.event {
            Event::Exchange(exchange) => exchange.response.as_ref(),
            _ => None,
        });
        exchanges.filter_map(|response| response.body.text.as_ref()).any(|text| text.contains(IN_USE))
    };
    trial.is_not_reached() && (trial.findings.iter().any(said) || answered())
}
