//! Drafts of known deviations, for a target that is tested for the first time.
//!
//! Takes the record; gives one entry for each trial that failed, in the notation of target profiles. A person has to
//! fill in where each is tracked: without that, a profile is refused.

use super::visible;
use crate::model::{Outcome, Report};

/// The entries, as TOML.
pub fn render(report: &Report) -> String {
    let mut output = format!(
        "# Deviations of {}, drafted from the run of {}.\n# Say of each why it is so and where it is tracked, and append them to the target's profile.\n",
        visible(&report.target.name),
        visible(&report.started)
    );
    let mut written: Vec<(&str, Option<&str>, &str)> = Vec::new();
    for trial in report.trials.iter().filter(|trial| trial.outcome == Outcome::Fail) {
        // The same row under another version of the API, or once more, is the same deviation.
        let key = (trial.id.as_str(), trial.case.as_deref(), trial.variant.as_str());
        if written.contains(&key) {
            continue;
        }
        written.push(key);
        output.push_str(&format!("\n# {}\n[[deviations]]\nscenario = {}\n", visible(&trial.title), text(&trial.id)));
        if let Some(case) = &trial.case {
            output.push_str(&format!("case = {}\n", text(case)));
        }
        if trial.variant != "plain" {
            output.push_str(&format!("variant = {}\n", text(&trial.variant)));
        }
        output.push_str(&format!("reason = {}\nlink = \"\"\n", text(&trial.reason)));
    }
    if written.is_empty() {
        output.push_str("\n# Nothing failed: there is nothing to list.\n");
    }
    output
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
    fn a_hostile_server_writes_no_entries() {
        let table: toml::Table = render(&fixture::hostile()).parse().unwrap();
        assert_eq!(table.len(), 1);
        let entries = table["deviations"].as_array().unwrap();
        assert_eq!(entries.len(), fixture::report().counts.fail);
        assert!(entries.iter().all(|e| e["reason"].as_str().unwrap().contains("<script>")));
    }
}
