//! Drafts of known deviations, for a target that is tested for the first time.
//!
//! Takes the record; gives one entry for each trial that failed, in the notation of target profiles. A person has to
//! fill in where each is tracked: without that, a profile is refused.

use super::visible;
use threepid_record::model::{FindingKind, Level, Outcome, Report, TrialRecord};

/// The entries, as TOML.
pub fn render(report: &Report) -> String {
    let mut output = format!(
        "# Deviations of {}, drafted from the run of {}.\n# Say of each why it is so, fill in the address where it is \
         tracked (`link`: a profile without it is refused),\n# and append them to the target's profile.\n",
        visible(&report.target.name),
        visible(&report.started)
    );
    let mut written: Vec<Key<'_>> = Vec::new();
    let failed: Vec<(&TrialRecord, Level)> = report.trials.iter().filter_map(|t| Some((t, excusable(t)?))).collect();
    for (trial, _) in &failed {
        // The same row under another version of the API, or once more, is the same deviation.
        let key = key(trial);
        if written.contains(&key) {
            continue;
        }
        let same = failed.iter().filter(|(other, _)| self::key(other) == key);
        let level = same.map(|(_, level)| *level).min_by_key(|level| level.gravity()).unwrap_or(Level::Must);
        written.push(key);
        output.push_str(&format!("\n# {}\n[[deviations]]\nscenario = {}\n", visible(&trial.title), text(&trial.id)));
        if let Some(case) = &trial.case {
            output.push_str(&format!("case = {}\n", text(case)));
        }
        if trial.variant != "plain" {
            output.push_str(&format!("variant = {}\n", text(&trial.variant)));
        }
        let warning = if level == Level::Security { " # SECURITY" } else { "" };
        output.push_str(&format!("level = \"{level}\"{warning}\n"));
        output.push_str(&format!("reason = {}\nlink = \"\" # FILL IN: https://…\n", text(&trial.reason.words)));
    }
    if written.is_empty() {
        output.push_str("\n# Nothing failed: there is nothing to list.\n");
    }
    output
}

type Key<'r> = (&'r str, Option<&'r str>, &'r str);

fn key(trial: &TrialRecord) -> Key<'_> {
    (trial.id.as_str(), trial.case.as_deref(), trial.variant.as_str())
}

/// The gravest broken requirement of a trial that failed. Another answer than in a snapshot alone cannot be excused.
fn excusable(trial: &TrialRecord) -> Option<Level> {
    let broken = trial.findings.iter().filter(|finding| finding.kind == FindingKind::Requirement);
    let gravest = broken.map(|finding| finding.level).min_by_key(|level| level.gravity());
    gravest.filter(|_| trial.outcome == Outcome::Fail)
}

/// A TOML string on one line.
fn text(value: &str) -> String {
    toml::Value::String(visible(value).into_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn a_draft_for_each_failure() {
        insta::assert_snapshot!(render(&fixture::report()));
    }

    #[test]
    fn a_breach_of_security_is_marked_once_for_all_its_trials() {
        let mut report = fixture::report();
        let mut again = report.trials.iter().find(|trial| trial.outcome == Outcome::Fail).unwrap().clone();
        (again.api, again.findings[0].level) = ("r0".to_owned(), Level::Security);
        report.trials.push(again);
        let drafts = render(&report);
        let marked = |text: &str| text.matches("level = \"security\" # SECURITY").count();
        assert_eq!(marked(&drafts), marked(&render(&fixture::report())) + 1, "{drafts}");
        assert_eq!(drafts.matches("[[deviations]]").count(), fixture::report().counts.fail, "{drafts}");
    }

    #[test]
    fn a_hostile_server_writes_no_entries() {
        let table: toml::Table = render(&fixture::hostile()).parse().unwrap();
        assert_eq!(table.len(), 1);
        let entries = table["deviations"].as_array().unwrap();
        assert_eq!(entries.len(), fixture::report().counts.fail);
        assert!(entries.iter().all(|e| e["reason"].as_str().unwrap().contains("<script>")));
    }
}
