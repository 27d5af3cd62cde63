//! The words that several views share.

use std::collections::BTreeSet;

use threepid_record::html;
use threepid_record::model::{Alternatives, Counts, Finding, FindingKind, Level, Outcome, Report, TrialRecord, Visit};

use super::style::Role;
use super::visible;

/// `1 trial`, `2 trials`.
pub fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// A sentence as it stands in the middle of a line, before a bracket or a semicolon: without its full stop.
pub(super) fn clause(sentence: &str) -> &str {
    sentence.trim_end_matches('.')
}

/// Milliseconds as a person says them.
pub(super) fn duration(ms: f64) -> String {
    match ms {
        ms if !ms.is_finite() || ms < 0.0 => "? ms".to_owned(),
        ms if ms < 9.95 => format!("{ms:.1} ms"),
        ms if ms < 999.5 => format!("{ms:.0} ms"),
        ms if ms < 59_950.0 => format!("{:.1} s", ms / 1000.0),
        ms => {
            let seconds = (ms / 1000.0).round() as u64;
            format!("{} min {} s", seconds / 60, seconds % 60)
        }
    }
}

/// A number of bytes with its digits in groups.
pub(super) fn bytes(n: usize) -> String {
    let digits = n.to_string();
    let mut output = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            output.push(',');
        }
        output.push(digit);
    }
    output.push_str(if n == 1 { " byte" } else { " bytes" });
    output
}

/// The outcome in words for people, and the colour it has.
pub(super) fn outcome(outcome: Outcome) -> (&'static str, Role) {
    match outcome {
        Outcome::Pass => ("pass", Role::Good),
        Outcome::Fail => ("FAIL", Role::Bad),
        Outcome::Error => ("ERROR", Role::Unknown),
        Outcome::Skip => ("skip", Role::Faint),
        Outcome::Xfail => ("known", Role::Known),
        Outcome::Xpass => ("FIXED", Role::Bad),
    }
}

/// A text as the beginning of a sentence.
#[cfg(feature = "documents")]
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// What a browser did on the way, if one was needed.
pub fn browsed(visit: &Visit) -> Option<String> {
    let browsed = visit.browsed.as_ref()?;
    let pressed = match &browsed.pressed[..] {
        [] => "nothing was pressed".to_owned(),
        pressed => {
            let names: Vec<String> = pressed.iter().map(|label| format!("`{label}`")).collect();
            format!("{} was pressed", names.join(", then "))
        }
    };
    Some(format!("{}; opened with {}, where {pressed}", browsed.because, browsed.browser))
}

/// The title of the page that a link led to, if it has one, and the rest of its text. The record has both in one, for that
/// is what scenarios look at; a person reads them apart.
pub fn page(visit: &Visit) -> (Option<String>, &str) {
    let body = visit.page().and_then(|hop| hop.response.as_ref()?.body.text.as_deref());
    let title = body.and_then(html::title);
    let rest = title.as_deref().and_then(|title| visit.text.strip_prefix(title));
    match rest {
        Some(rest) if !rest.trim().is_empty() => (title, rest.trim_start()),
        _ => (None, &visit.text),
    }
}

/// Whether a trial has to be looked at.
pub(super) fn needs_attention(trial: &TrialRecord) -> bool {
    trial.outcome.needs_attention()
}

/// How many recommendations, and things that clients rely on, were not so in trials that pass.
pub(super) fn noted(report: &Report) -> usize {
    let passed = report.trials.iter().filter(|trial| trial.outcome == Outcome::Pass);
    let notes = passed.flat_map(|trial| trial.findings.iter().filter(|finding| is_note(trial, finding)));
    notes.map(|finding| (finding.level, finding.requirement.as_str())).collect::<BTreeSet<_>>().len()
}

/// A finding that does not fail its trial: a weak requirement, unless the trial was made to fail for one as weak.
pub(super) fn is_note(trial: &TrialRecord, finding: &Finding) -> bool {
    let fails = trial.outcome == Outcome::Fail && !trial.is_drift_alone();
    finding.kind == FindingKind::Requirement
        && matches!(finding.level, Level::Should | Level::Convention)
        && !(fails && finding.level.gravity() <= trial.level.gravity())
}

/// The folder of a scenario: `add-email` of `add-email/wrong-password`. One that is in none is its own.
pub(super) fn flow(id: &str) -> &str {
    id.rsplit_once('/').map_or(id, |(folder, _)| folder)
}

/// Items with how often each occurs and the first that brought it, in the order in which they first occur.
pub(super) fn tally<K: PartialEq, T>(items: impl IntoIterator<Item = (K, T)>) -> Vec<(K, Vec<T>)> {
    let mut groups: Vec<(K, Vec<T>)> = Vec::new();
    for (key, item) in items {
        match groups.iter_mut().find(|(k, _)| *k == key) {
            Some((_, members)) => members.push(item),
            None => groups.push((key, vec![item])),
        }
    }
    groups
}

/// The first of several names of trials, and how many there are.
#[cfg(feature = "documents")]
pub(super) fn several(names: &[impl AsRef<str>], escape: impl Fn(&str) -> String) -> String {
    let first = names.first().map(|name| escape(name.as_ref())).unwrap_or_default();
    if names.len() < 2 { first } else { format!("{}, the first {first}", count(names.len(), "trial")) }
}

/// What a finding is about; where several answers are lawful, also from which of them it differs.
pub(super) fn subject(finding: &Finding) -> String {
    match &finding.alternatives {
        Some(one_of) if !one_of.all_in(&finding.expected) => {
            let Alternatives { names, nearest } = one_of;
            format!("{} (none of {} fits; the nearest is {nearest})", finding.subject, names.join(", "))
        }
        _ => finding.subject.clone(),
    }
}

/// How many trials fail for nothing but answers that differ from their snapshots.
pub(super) fn drifted(report: &Report) -> usize {
    report.trials.iter().filter(|trial| trial.is_drift_alone()).count().min(report.counts.fail)
}

/// What a run means, in words that need no knowledge of this program.
pub fn conclusion(report: &Report) -> String {
    conclusion_with(report, |text| visible(text).into_owned())
}

/// The same where the words of a server, which an error may repeat, have to be escaped.
pub(super) fn conclusion_with(report: &Report, escape: impl Fn(&str) -> String) -> String {
    let Counts { pass, fail, error, skip, xfail, xpass } = report.counts;
    let total = report.counts.total();
    let mut sentences = Vec::new();
    if report.interrupted {
        sentences.push("Interrupted before the end; this is what was seen until then.".to_owned());
    }
    if let Some(error) = &report.error {
        let end = if error.ends_with(|c: char| c.is_ascii_punctuation()) { "" } else { "." };
        sentences.push(format!("No verdict: the run ended before all was tested: {}{end}", escape(error)));
    }
    let missing = report.missing();
    if let Some(missing) = &missing {
        sentences.push(format!("Incomplete: {missing}."));
    }
    let drifted = drifted(report);
    let broken = fail - drifted;
    if broken > 0 && report.error.is_some() {
        // That there is no verdict has been said; it is none the less known what was seen.
        sentences.push(format!("Until then {} failed.", count(broken, "trial")));
    } else if broken > 0 {
        sentences.push(format!(
            "Not conformant: in {broken} of {} the homeserver did not do what is required.",
            count(total, "trial")
        ));
    }
    if drifted > 0 {
        // Only then there is something to review.
        let checked = report.snapshots.as_deref() == Some("check");
        let pending = if checked { "run with `--snapshots pending`, then " } else { "" };
        let broken = if broken > 0 { "no other requirement" } else { "no requirement" };
        sentences.push(format!(
            "In {} the answers differ from their snapshots; {broken} is broken: {pending}`threepid snapshots review`.",
            count(drifted, "trial")
        ));
    }
    if xpass > 0 {
        let (is, it) = if xpass == 1 { ("deviation is", "it") } else { ("deviations are", "them") };
        sentences.push(format!(
            "{xpass} known {is} not seen any more: strike {it} off the target's profile, so that a relapse will fail."
        ));
    }
    if error > 0 {
        sentences.push(format!(
            "No verdict in {}: something kept the test from telling right from wrong.",
            count(error, "trial")
        ));
    }
    let no_mail = report.without_mail();
    if let Some(reason) = no_mail {
        sentences.push(format!(
            "E-mail verification was not tested: the homeserver does not offer it ({}). If that is a surprise, give it \
             this sink's address as its SMTP server; if it is meant to have no mail, say `--offers no-mail`.",
            escape(reason)
        ));
    }
    let ended = report.error.is_none() && !report.interrupted && missing.is_none();
    if fail + xpass + error == 0 && ended && no_mail.is_none() {
        let with = match noted(report) {
            0 => String::new(),
            n => format!(", with {}", count(n, "note")),
        };
        sentences.push(match (pass, xfail, skip) {
            (0, 0, 0) => "Nothing was asked: no trial was selected.".to_owned(),
            _ if report.asked_nothing() => "Nothing could be asked.".to_owned(),
            (0, 0, _) => "Nothing could be asked.".to_owned(),
            (0, _, _) => "Nothing but known deviations was seen.".to_owned(),
            (1, _, _) => format!("Conformant{with}: the homeserver did what was required in the one trial."),
            (_, _, _) => {
                format!("Conformant{with}: the homeserver did what was required in {pass} trials.")
            }
        });
    } else if pass > 0 {
        let rest = if no_mail.is_some() { " without it" } else { "" };
        sentences.push(format!("{} went as required{rest}.", count(pass, "trial")));
    }
    if xfail > 0 {
        let are = if xfail == 1 { "is" } else { "are" };
        sentences.push(format!("{} {are} still there.", count(xfail, "known deviation")));
    }
    let not_run = report.trials.iter().filter(|trial| trial.is_not_run()).count().min(skip);
    if not_run > 0 {
        let were = if not_run == 1 { "was" } else { "were" };
        sentences.push(format!("{not_run} {were} not run."));
    }
    // A rule that no exchange was about says nothing about what the target offers.
    let idle = report.trials.iter().filter(|trial| trial.rule.is_some() && trial.outcome == Outcome::Skip).count();
    let skip = (skip - not_run).saturating_sub(idle);
    if skip > 0 {
        let were = if skip == 1 { "was" } else { "were" };
        sentences.push(format!("{skip} {were} skipped because the target does not offer what is needed."));
    }
    sentences.join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use threepid_record::model::{Ability, Reason, Slice};

    #[test]
    fn times_are_said_as_people_do() {
        let said: Vec<String> = [0.04, 3.25, 12.6, 999.6, 1234.0, 59_999.0, 125_400.0, -1.0].map(duration).to_vec();
        assert_eq!(said, ["0.0 ms", "3.2 ms", "13 ms", "1.0 s", "1.2 s", "1 min 0 s", "2 min 5 s", "? ms"]);
    }

    #[test]
    fn bytes_are_grouped() {
        assert_eq!([1, 999, 1000, 1_234_567].map(bytes), ["1 byte", "999 bytes", "1,000 bytes", "1,234,567 bytes"]);
    }

    #[test]
    fn a_flow_is_the_folder() {
        assert_eq!(["a/b/c", "a/b", "a"].map(flow), ["a/b", "a", "a"]);
    }

    fn said(counts: Counts) -> String {
        conclusion(&Report { counts, trials: Vec::new(), ..fixture::report() })
    }

    #[test]
    fn a_pass_with_notes_does_not_look_like_a_clean_one() {
        let mut report = fixture::report();
        report.trials.retain(|trial| trial.outcome == Outcome::Pass);
        report.counts = Counts::of(report.trials.iter().map(|trial| trial.outcome));
        assert!(conclusion(&report).starts_with("Conformant, with 1 note: "), "{}", conclusion(&report));
        report.trials.iter_mut().for_each(|trial| trial.findings.clear());
        assert!(conclusion(&report).starts_with("Conformant: "), "{}", conclusion(&report));
    }

    #[test]
    fn the_conclusion_never_praises_what_was_not_seen() {
        let none = Counts::default();
        assert_eq!(said(none), "Nothing was asked: no trial was selected.");
        assert_eq!(
            said(Counts { skip: 2, ..none }),
            "Nothing could be asked. 2 were skipped because the target does not offer what is needed."
        );
        assert_eq!(
            said(Counts { pass: 2, xfail: 1, ..none }),
            "Conformant: the homeserver did what was required in 2 trials. 1 known deviation is still \
             there."
        );
        assert!(said(Counts { xfail: 1, ..none }).starts_with("Nothing but known deviations"));
        for bad in [Counts { fail: 1, ..none }, Counts { error: 1, ..none }, Counts { xpass: 1, ..none }] {
            let text = said(Counts { pass: 9, ..bad });
            assert!(!text.contains("Conformant:") && text.contains("9 trials went as required"), "{text}");
        }
    }

    #[test]
    fn a_homeserver_without_mail_is_never_called_conformant() {
        let mut report = fixture::report();
        report.counts = Counts { pass: 3, skip: 200, ..Counts::default() };
        report.target.abilities = vec![Ability {
            name: "email".to_owned(),
            offered: false,
            reason: "requestToken answered 403 M_FORBIDDEN".to_owned(),
        }];
        let expected = "E-mail verification was not tested: the homeserver does not offer it (requestToken answered \
                        403 M_FORBIDDEN). If that is a surprise, give it this sink's address as its SMTP server; if it \
                        is meant to have no mail, say `--offers no-mail`. 3 trials went as required without it. 200 were skipped because the target \
                        does not offer what is needed.";
        assert_eq!(conclusion(&report), expected);
        report.target.abilities.push(Ability { name: "no-mail".to_owned(), offered: true, reason: String::new() });
        assert!(conclusion(&report).starts_with("Conformant"));
    }

    #[test]
    fn another_answer_is_no_broken_requirement() {
        let mut report = fixture::report();
        report.trials.retain(|trial| trial.outcome == Outcome::Fail);
        report.trials.truncate(1);
        report.counts = Counts { fail: 1, pass: 3, ..Counts::default() };
        let trial = &mut report.trials[0];
        trial.findings.truncate(1);
        trial.findings[0].kind = FindingKind::Drift;
        trial.reason = Reason::drift(&trial.findings[0].step);
        let said = conclusion(&report);
        let drift = "In 1 trial the answers differ from their snapshots; no requirement is broken: `threepid snapshots \
                     review`. 3 trials went as required.";
        assert_eq!(said, drift);
        report.snapshots = Some("check".to_owned());
        let advice = "run with `--snapshots pending`, then `threepid snapshots review`.";
        assert!(conclusion(&report).contains(advice), "{}", conclusion(&report));
        assert!(crate::report::badge::render(&report).contains("1 answer changed"));
        let statement = crate::report::statement::markdown(&report);
        assert!(!statement.contains("not met**"), "{statement}");
        report.trials[0].reason = "so it is".into();
        assert!(conclusion(&report).starts_with("Not conformant: in 1 of 4"), "{}", conclusion(&report));
    }

    #[test]
    fn what_was_not_run_is_not_said_to_be_lacking() {
        let mut report = fixture::report();
        report.trials.retain(|trial| trial.outcome == Outcome::Skip);
        report.trials.truncate(1);
        report.trials[0].reason = Reason::not_run("the run was interrupted");
        report.counts = Counts { skip: 3, ..Counts::default() };
        let rest = "1 was not run. 2 were skipped because the target does not offer what is needed.";
        assert!(conclusion(&report).ends_with(rest), "{}", conclusion(&report));
    }

    #[test]
    fn a_run_that_ended_early_is_never_called_conformant() {
        let counts = Counts { pass: 3, ..Counts::default() };
        let report = Report { error: Some("no mail came.".to_owned()), counts, ..fixture::report() };
        let expected = "No verdict: the run ended before all was tested: no mail came. 3 trials went as required.";
        assert_eq!(conclusion(&report), expected);
    }

    #[test]
    fn an_interrupted_run_says_so_first_and_is_never_called_conformant() {
        let counts = Counts { pass: 3, ..Counts::default() };
        let report = Report { interrupted: true, counts, ..fixture::report() };
        let expected = "Interrupted before the end; this is what was seen until then. 3 trials went as required.";
        assert_eq!(conclusion(&report), expected);
    }

    /// No verdict and "not conformant" in one breath would be two verdicts.
    #[test]
    fn a_run_that_did_not_end_says_what_failed_until_then() {
        let counts = Counts { pass: 3, fail: 2, ..Counts::default() };
        let report = Report { error: Some("the homeserver is gone".to_owned()), counts, ..fixture::report() };
        let text = conclusion(&report);
        assert!(text.starts_with("No verdict: ") && text.contains(" Until then 2 trials failed."), "{text}");
        assert!(!text.contains("onformant"), "{text}");
    }

    #[test]
    fn only_the_whole_is_called_conformant() {
        let slice = |slice| Slice { slice, of: 3, seed: 1, filters: Vec::new(), variant: None };
        let counts = Counts { pass: 3, ..Counts::default() };
        let mut report = Report { slices: vec![slice(2), slice(1)], counts, ..fixture::report() };
        let expected = "Incomplete: slice 3 of 3 is missing. 3 trials went as required.";
        assert_eq!(conclusion(&report), expected);
        assert!(crate::report::badge::render(&report).contains("incomplete"));
        report.slices = vec![slice(2)];
        assert!(conclusion(&report).starts_with("Incomplete: slices 1 and 3 of 3 are missing."));
        report.slices = vec![Slice { of: usize::MAX, ..slice(1) }];
        assert!(conclusion(&report).starts_with("Incomplete: slices 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 1844"));
        report.slices = vec![slice(2), slice(1), slice(3)];
        assert!(conclusion(&report).starts_with("Conformant"));
    }
}
