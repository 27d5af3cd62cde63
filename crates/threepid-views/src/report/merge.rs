//! Puts the slices of one run together.
//!
//! Takes records in any order; gives one record for those that are slices of a whole (of one
//! partition of the same suite on the same target, no trial in two of them; their seeds may differ), and leaves the others as they are. It never judges and never drops a trial.

use std::collections::HashSet;

use super::json::Saved;
use threepid_record::model::{Counts, Report, Slice, TrialRecord};

/// Merges slices. What belongs together takes the place of its first slice.
pub fn merge(records: Vec<Saved>) -> Vec<Saved> {
    let mut merged: Vec<Saved> = Vec::new();
    for record in records {
        match merged.iter_mut().find(|whole| are_slices(&whole.report, &record.report)) {
            Some(whole) => add(whole, record),
            None => merged.push(record),
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

fn add(merged: &mut Saved, slice: Saved) {
    let Saved { report: whole, places, .. } = merged;
    let Saved { report: slice, places: more, .. } = slice;
    let mut trials: Vec<_> = std::mem::take(&mut whole.trials).into_iter().zip(std::mem::take(places)).collect();
    for (trial, place) in slice.trials.into_iter().zip(more) {
        // A rule is over the exchanges of all slices.
        match trials.iter_mut().find(|(known, _)| known.rule.is_some() && key(known) == key(&trial)) {
            Some((known, _)) => known.join(trial),
            None => trials.push((trial, place)),
        }
    }
    // Slices took turns; by name all that belongs together stands together again.
    trials.sort_by(|(a, _), (b, _)| key(a).cmp(&key(b)));
    (whole.trials, *places) = trials.into_iter().unzip();
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
    use super::super::json::{self, Record};
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

    /// The same, from a file.
    fn saved(report: &Report) -> Saved {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        json::write(&path, report).unwrap();
        Saved::open(&path).unwrap()
    }

    /// With all that happened.
    fn whole(record: &Saved) -> Report {
        let trials = (0..record.places.len()).map(|number| record.trial(number).unwrap().into_owned()).collect();
        Report { trials, ..record.report.clone() }
    }

    #[test]
    fn slices_make_the_whole() {
        let merged = merge([2, 0, 1].map(|first| saved(&slice(first))).into());
        assert_eq!(merged.len(), 1);
        assert_eq!(merged[0].report.counts, fixture::report().counts);
        let mut expected = fixture::report().trials;
        expected.sort_by(|a, b| key(a).cmp(&key(b)));
        assert_eq!(whole(&merged[0]).trials, expected);
    }

    #[test]
    fn other_records_stay_as_they_are() {
        let no_slice = Report { slices: Vec::new(), ..slice(1) };
        let mut other_target = slice(1);
        other_target.target.name = "other".to_owned();
        let reports = vec![slice(0), slice(0), no_slice, other_target, Report { suite: "x".to_owned(), ..slice(1) }];
        let merged = merge(reports.iter().map(saved).collect());
        assert_eq!(merged.iter().map(whole).collect::<Vec<_>>(), reports);
    }
}
