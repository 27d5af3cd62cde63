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
    let mut words = vec!["threepid", "run", &filter, "--seed", &seed];
    if trial.api != "v3" {
        words.extend(["--api", &trial.api]);
    }
    words.extend(report.repeat.iter().map(String::as_str));
    Some(words.into_iter().map(quote).collect::<Vec<Cow<'_, str>>>().join(" "))
}

/// What to know before the command is given, if anything.
pub fn caution(report: &Report) -> Option<&'static str> {
    report.repeat.iter().any(|word| word == RUNNING).then_some(
        "the addresses of this seed may be taken on this server now: leave out --seed unless it starts afresh",
    )
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
        assert_eq!(caution(&report), None);
        report.repeat =
            ["--homeserver", "http://127.0.0.1:8008", "--accounts", "my accounts.toml"].map(Into::into).into();
        let whole = TrialRecord { case: None, api: "v3".to_owned(), ..trial };
        assert_eq!(
            command(&report, &whole).as_deref(),
            Some(
                "threepid run add-email/auth-forms --seed 42 --homeserver http://127.0.0.1:8008 --accounts 'my \
                 accounts.toml'"
            )
        );
        assert!(caution(&report).is_some());
        report.repeat.clear();
        assert_eq!(command(&report, &whole), None, "an older record does not say what was tested");
    }
}
