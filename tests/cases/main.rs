//! Mails, pages and answers that homeservers send and that are easily judged wrongly, each between the reference homeserver
//! and the program. What is lawful fails nothing; what cannot be told is an error that says what stands there, and never a
//! pass because nothing was clicked.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod bridge;
mod mails;
mod pages;
#[path = "../program/mod.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod program;

use bridge::{Answer, Asked, Bridge, Changes, Mailed};
use program::Place;
use serde_json::Value;

/// What changes nothing.
pub(crate) const NOTHING: Changes = Changes {
    mail: as_it_is,
    instead: |_: &Asked| None,
    asked: |asked| asked,
    answered: |_: &Asked, answer: Answer| answer,
};

fn as_it_is(mailed: &Mailed) -> Vec<String> {
    vec![mailed.raw.clone()]
}

/// What came of the trials.
pub(crate) struct Outcomes(Vec<Value>);

impl Outcomes {
    fn of(&self, outcome: &str) -> Vec<String> {
        let trials = self.0.iter().filter(|trial| trial["outcome"] == outcome);
        trials
            .map(|trial| format!("{}: {}", trial["id"].as_str().unwrap(), trial["reason"].as_str().unwrap()))
            .collect()
    }

    fn find(&self, id: &str) -> Vec<&Value> {
        self.0.iter().filter(|trial| trial["id"] == id).collect()
    }

    /// Nobody is blamed, and everything could be told.
    pub(crate) fn are_clean(&self) {
        assert_eq!((self.of("fail"), self.of("error")), (Vec::new(), Vec::new()));
        assert_eq!(self.find("add-email/success")[0]["outcome"], "pass");
    }

    /// What needs the link is an error that says `words`, whatever it expects; nothing is a fail.
    pub(crate) fn cannot_be_told(&self, words: &str) {
        assert_eq!(self.of("fail"), Vec::<String>::new());
        for id in ["add-email/success", "validate-link/wrong-token", "reset-password/wrong-proof"] {
            for trial in self.find(id) {
                let (outcome, reason) = (trial["outcome"].as_str().unwrap(), trial["reason"].as_str().unwrap());
                assert!(
                    outcome == "error" || id == "reset-password/wrong-proof" && outcome == "pass",
                    "{id}: {outcome}: {reason}"
                );
            }
        }
        let errors = self.of("error");
        assert!(errors.iter().any(|error| error.contains(words)), "{errors:#?}");
    }

    /// The transcript of a scenario's first trial, as text.
    pub(crate) fn transcript(&self, id: &str) -> String {
        self.find(id)[0]["transcript"].to_string()
    }

    /// How a scenario's case ended, and why.
    pub(crate) fn outcome(&self, id: &str, case: &str) -> (String, String) {
        let trials = self.find(id);
        let trial = trials.iter().find(|trial| trial["case"].as_str().unwrap_or_default() == case).unwrap();
        (trial["outcome"].as_str().unwrap().to_owned(), trial["reason"].as_str().unwrap().to_owned())
    }

    /// What a scenario's first trial finds, as text.
    pub(crate) fn findings(&self, id: &str) -> String {
        self.find(id)[0]["findings"].to_string()
    }
}

/// Runs these scenarios against the reference homeserver behind a bridge.
pub(crate) fn run(changes: Changes, shapes: &[&str], more: &[&str]) -> Outcomes {
    run_some(changes, shapes, &["add-email", "validate-link", "reset-password", "register-with-email"], more)
}

/// The same for some scenarios only.
pub(crate) fn run_some(changes: Changes, shapes: &[&str], filters: &[&str], more: &[&str]) -> Outcomes {
    // Several tests do it; the first counts.
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let smtp = program::free_address();
    let shapes = shapes.iter().map(|name| threepid::reference::find_shape(name).unwrap()).collect();
    let bridge = runtime.block_on(Bridge::start(changes, shapes, smtp));
    let place = Place::new();
    let smtp = smtp.to_string();
    let fixed = [
        "--homeserver",
        &bridge.url,
        "--smtp-listen",
        &smtp,
        "--mail-timeout",
        "3s",
        "--output",
        "out",
        "--browser",
        "off",
    ];
    let arguments: Vec<&str> =
        ["run"].into_iter().chain(filters.iter().copied()).chain(fixed).chain(more.iter().copied()).collect();
    let ended = place.run(&arguments);
    let record = std::fs::read_to_string(place.path().join("out/report.json"));
    let record: Value = serde_json::from_str(&record.unwrap_or_else(|_| panic!("{}{}", ended.out, ended.err))).unwrap();
    Outcomes(record["trials"].as_array().unwrap().clone())
}

#[test]
fn the_bridge_itself_changes_nothing() {
    run(NOTHING, &[], &[]).are_clean();
}
