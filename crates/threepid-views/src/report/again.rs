//! The command that does one trial again.
//!
//! Takes the record and one of its trials; gives one line for a shell. It has no secrets: what a run was given as one, it is
//! to be given again.

use std::borrow::Cow;

use super::curl::quote;
use threepid_record::model::{Report, TrialRecord};

/// What a server that was already running is named with.
const RUNNING: &str = "--homeserver";

/// The command, if the record says what was tested.
pub fn command(report: &Report, trial: &TrialRecord) -> Option<String> {
    if report.repeat.is_empty() {
        return None;
    }
    let filter = match &trial.case {
        Some(case) => format!("{}[{case}]", trial.id),
        None => trial.id.clone(),
    };
    let seed = report.seed.to_string();
    let mut words = vec!["threepid", "run", &filter];
    if !runs_on(report) {
        words.extend(["--seed", &seed]);
    }
    if trial.api != "v3" {
        words.extend(["--api", &trial.api]);
    }
    words.extend(report.repeat.iter().map(String::as_str));
    Some(line(words))
}

/// What to know beside the command, if anything.
pub fn note(report: &Report) -> Option<String> {
    let seed = report.seed;
    runs_on(report).then(|| format!("once the server has been started afresh, `--seed {seed}` makes the same values"))
}

/// Whether the server has what the run left there: the addresses of its seed may be taken.
fn runs_on(report: &Report) -> bool {
    report.repeat.iter().any(|word| word == RUNNING)
}

/// A command of these words, for a shell.
pub fn line<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    words.into_iter().map(quote).collect::<Vec<Cow<'_, str>>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn a_trial_is_named_with_its_case_its_prefix_and_what_was_tested() {
        let mut report = fixture::report();
        let trial = TrialRecord {
            id: "add-email/auth-forms".to_owned(),
            case: Some("user-only".to_owned()),
            api: "r0".to_owned(),
            ..report.trials[0].clone()
        };
        assert_eq!(
            command(&report, &trial).as_deref(),
            Some("threepid run 'add-email/auth-forms[user-only]' --seed 42 --api r0 --target synapse")
        );
        assert_eq!(note(&report), None);
        report.repeat =
            ["--homeserver", "http://127.0.0.1:8008", "--accounts", "my accounts.toml"].map(Into::into).into();
        let whole = TrialRecord { case: None, api: "v3".to_owned(), ..trial };
        assert_eq!(
            command(&report, &whole).as_deref(),
            Some("threepid run add-email/auth-forms --homeserver http://127.0.0.1:8008 --accounts 'my accounts.toml'")
        );
        assert!(note(&report).is_some_and(|note| note.contains("`--seed 42`")));
        report.repeat.clear();
        assert_eq!(command(&report, &whole), None, "an older record does not say what was tested");
    }
}
