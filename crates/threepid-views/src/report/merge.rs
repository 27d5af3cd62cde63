//! Puts the slices of one run together.
//!
//! Takes records in any order; gives one record for those that are slices of a whole (of one
//! partition of the same suite on the same target, no trial in two of them; their seeds may differ), and leaves the others as they are. It never judges and never drops a trial.

use std::collections::HashSet;

use threepid_record::model::{Counts, Report, Slice, TrialRecord};

/// Merges slices. What belongs together takes the place of its first slice.
pub fn merge(reports: Vec<Report>) -> Vec<Report> {
    let mut merged: Vec<Report> = Vec::new();
    for report in reports {
        match merged.iter_mut().find(|whole| are_slices(whole, &report)) {
            Some(whole) => add(whole, report),
            None => merged.push(report),
        }
    }
    merged
}

type Key<'t> = (&'t str, Option<&'t str>, &'t str, &'t str, u32);

fn key(trial: &TrialRecord) -> Key<'_> {
    (&trial.id, trial.case.as_deref(), &trial.api, &trial.variant, trial.repetition)
}

/// The address may differ: a server that is started for each slice has another port each time.
fn are_slices(one: &Report, other: &Report) -> bool {
    let same = |r: &Report| (r.suite.clone(), r.target.title(), r.target.server.clone(), r.threepid.clone());
    let (Some(first), Some(second)) = (one.slices.first(), other.slices.first()) else { return false };
    let of = |slice: &Slice| (slice.of, slice.filters.clone(), slice.variant.clone());
    let twice = one.slices.iter().any(|a| other.slices.iter().any(|b| a.slice == b.slice));
    if same(one) != same(other) || of(first) != of(second) || twice {
        return false;
    }
    let known: HashSet<Key<'_>> = one.trials.iter().filter(|trial| trial.rule.is_none()).map(key).collect();
    !other.trials.iter().any(|trial| known.contains(&key(trial)))
}

fn add(whole: &mut Report, slice: Report) {
    for trial in slice.trials {
        // A rule is over the exchanges of all slices.
        match whole.trials.iter_mut().find(|known| known.rule.is_some() && key(known) == key(&trial)) {
            Some(known) => known.join(trial),
            None => whole.trials.push(trial),
        }
    }
    // Slices took turns; by name all that belongs together stands together again.
    whole.trials.sort_by(|a, b| key(a).cmp(&key(b)));
    whole.counts = Counts::of(whole.trials.iter().map(|t| t.outcome));
    whole.slices.extend(slice.slices);
    whole.slices.sort_by_key(|one| one.slice);
    whole.interrupted |= slice.interrupted;
    whole.error = whole.error.take().or(slice.error);
    whole.browser = whole.browser.take().or(slice.browser);
    // Slices are run side by side: the whole took as long as the longest.
    whole.duration_ms = whole.duration_ms.max(slice.duration_ms);
    if slice.started < whole.started {
        whole.started = slice.started;
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    /// Every third trial, from `first` on.
    fn slice(first: usize) -> Report {
        let mut report = fixture::report();
        report.trials = report.trials.into_iter().skip(first).step_by(3).collect();
        report.counts = Counts::of(report.trials.iter().map(|t| t.outcome));
        report.seed = first as u64;
        report.slices = vec![Slice { slice: first + 1, of: 3, seed: report.seed, filters: Vec::new(), variant: None }];
        report.target.url = format!("http://127.0.0.1:{}", 8000 + first);
        report
    }

    #[test]
    fn slices_make_the_whole() {
        let whole = merge(vec![slice(2), slice(0), slice(1)]);
        assert_eq!(whole.len(), 1);
        assert_eq!(whole[0].counts, fixture::report().counts);
        let mut expected = fixture::report().trials;
        expected.sort_by(|a, b| key(a).cmp(&key(b)));
        assert_eq!(whole[0].trials, expected);
    }

    #[test]
    fn other_records_stay_as_they_are() {
        let no_slice = Report { slices: Vec::new(), ..slice(1) };
        let mut other_target = slice(1);
        other_target.target.name = "other".to_owned();
        let reports = vec![slice(0), slice(0), no_slice, other_target, Report { suite: "x".to_owned(), ..slice(1) }];
        assert_eq!(merge(reports.clone()), reports);
    }
}
