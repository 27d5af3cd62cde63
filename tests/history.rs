//! The changes between releases of Synapse that its release notes tell, as the scenarios see them.
//!
//! Takes `targets/history/synapse.toml`; installs the releases on both sides of each change, and holds what the
//! behaviours do to what the note says: what was mended fails in the older and holds in the newer, what was broken the
//! other way round. It takes many minutes and a network, so it is run on demand and every night:
//! `cargo test --test history -- --ignored`.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

#[expect(dead_code, reason = "the tests of the command line use the rest")]
mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use program::Place;
use serde_json::Value;
use threepid::target::{Profile, release_notes};
use threepid_views::report::history::{Effect, KnownChange, Notes};

/// Longer than a release takes to be installed from its sources and tested.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each has a homeserver of its own, which keeps a core busy.
    arguments.test_threads.get_or_insert(1);
    let (file, text) = release_notes("synapse").expect("it comes with the program");
    let notes: Notes = toml::from_str(&text).unwrap_or_else(|fault| panic!("{file}: {fault}"));
    let mut trials = vec![Trial::test("notes/are-sound", {
        let notes = notes.clone();
        move || are_sound(&notes)
    })];
    let releases = Arc::new(Releases::of(&notes));
    for change in notes.change {
        let Some([older, newer]) = change.between.clone() else { continue };
        let releases = Arc::clone(&releases);
        let number = change.number.map_or_else(|| "without-a-note".to_owned(), |number| number.to_string());
        let name = format!("synapse/{}/{number}", change.release);
        let run = move || {
            let (older, newer) = (releases.seen(&older)?, releases.seen(&newer)?);
            shows(&change, &older, &newer)
        };
        trials.push(Trial::test(name, run).with_ignored_flag(true));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The outcomes of one release, by the behaviour's name.
type Outcomes = BTreeMap<String, String>;

/// What a release showed, or why it could not be tested.
type Seen = Result<Arc<Outcomes>, String>;

/// What was seen of each release; each is tested once, with all that some change asks of it.
struct Releases {
    asked: BTreeMap<String, BTreeSet<String>>,
    seen: Mutex<BTreeMap<String, Arc<OnceLock<Seen>>>>,
}

impl Releases {
    fn of(notes: &Notes) -> Releases {
        let mut asked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for change in &notes.change {
            for release in change.between.iter().flatten() {
                asked.entry(release.clone()).or_default().extend(change.behaviours.iter().cloned());
            }
        }
        Releases { asked, seen: Mutex::default() }
    }

    fn seen(&self, release: &str) -> Result<Arc<Outcomes>, Failed> {
        let cell = Arc::clone(self.seen.lock().unwrap().entry(release.to_owned()).or_default());
        let seen = cell.get_or_init(|| test(release, &self.asked[release]));
        seen.clone().map_err(Failed::from)
    }
}

/// Tests a release. What only clients rely on counts, too: a note may be about just that.
fn test(release: &str, behaviours: &BTreeSet<String>) -> Result<Arc<Outcomes>, String> {
    let place = Place::new().patient(PATIENCE);
    let target = format!("synapse@{release}");
    let mut args = vec!["run", "--target", &target, "--fail-on", "convention", "--output", "report"];
    args.extend(behaviours.iter().map(String::as_str));
    let ended = place.run(&args);
    let record = fs::read(place.path().join("report/report.json")).map_err(|_| ended.err.clone())?;
    let record: Value = serde_json::from_slice(&record).unwrap();
    if let Some(fault) = record["error"].as_str() {
        return Err(format!("{target}: {fault}"));
    }
    let name = |trial: &Value| match trial["case"].as_str() {
        Some(case) => format!("{}[{case}]", trial["id"].as_str().unwrap()),
        None => trial["id"].as_str().unwrap().to_owned(),
    };
    let outcome = |trial: &Value| match trial["outcome"].as_str().unwrap() {
        "xfail" => "fail".to_owned(),
        other => other.to_owned(),
    };
    let trials = record["trials"].as_array().unwrap().iter();
    Ok(Arc::new(trials.map(|trial| (name(trial), outcome(trial))).collect()))
}

/// Every behaviour that the entry names turns at its release, in at least one of its cases.
fn shows(change: &KnownChange, older: &Outcomes, newer: &Outcomes) -> Result<(), Failed> {
    for behaviour in &change.behaviours {
        let cases: Vec<&String> = older.keys().filter(|name| concerns(behaviour, name)).collect();
        let turns = |name: &&&String| {
            let (before, after) = (older[**name].as_str(), newer.get(**name).map_or("", String::as_str));
            match change.effect {
                Effect::Mended => before == "fail" && after == "pass",
                Effect::Broken => before == "pass" && after == "fail",
                Effect::Other => before != after,
            }
        };
        if cases.iter().filter(turns).count() == 0 {
            let seen: Vec<String> =
                cases.iter().map(|name| format!("{name}: {} → {:?}", older[*name], newer.get(*name))).collect();
            return Err(format!("{behaviour} does not show it:\n{}", seen.join("\n")).into());
        }
    }
    Ok(())
}

fn concerns(behaviour: &str, name: &str) -> bool {
    name == behaviour || name.strip_prefix(behaviour).is_some_and(|rest| rest.starts_with('['))
}

/// What the notes name is there, and stands in its order.
fn are_sound(notes: &Notes) -> Result<(), Failed> {
    let profile = Profile::load("synapse").unwrap();
    let milestones = &profile.install.as_ref().unwrap().milestones;
    let place = |version: &str| profile.releases().iter().position(|one| *one == version);
    let scenarios = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
    for change in &notes.change {
        assert!(place(&change.release).is_some(), "{} is no release", change.release);
        if let Some([older, newer]) = &change.between {
            let tested = |version| milestones.contains(version);
            assert!(tested(older) && tested(newer), "{older} and {newer} must be tested by `threepid history`");
            let order = place(older) < place(&change.release) && place(&change.release) <= place(newer);
            assert!(order, "{} is not between {older} and {newer}", change.release);
        }
        assert!(!change.behaviours.is_empty(), "{}: nothing shows it", change.what);
        for behaviour in &change.behaviours {
            let id = behaviour.split('[').next().unwrap();
            assert!(fs::exists(format!("{scenarios}/{id}.yaml")).unwrap(), "{behaviour} is no behaviour");
        }
    }
    for one in &notes.unseen {
        assert!(place(&one.release).is_some(), "{} is no release", one.release);
        assert!(one.because.len() > 10, "{}: say why it does not show", one.number);
    }
    assert!(notes.link.contains("{number}"));
    Ok(())
}
