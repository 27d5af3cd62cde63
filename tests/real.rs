//! The program against a real homeserver that it installs and starts itself.
//!
//! Where that cannot be done (no Python, no package index), the trials report themselves ignored, with the reason;
//! with `THREEPID_REQUIRE_REAL=1`, as in CI, they fail.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

#[expect(dead_code, reason = "the tests of the command line use the rest")]
mod program;

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::process::ExitCode;
use std::sync::LazyLock;
use std::time::Duration;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use program::{Ended, Place, Started};
use regex::Regex;
use serde_json::Value;
use threepid::target::Profile;

/// Longer than an installation is silent.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// A homeserver keeps a core busy while it starts.
const AT_ONCE: usize = 2;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    let mut trials = vec![trial("synapse/conforms", conforms)];
    if cfg!(unix) {
        trials.push(trial("synapse/starts-and-stops", starts_and_stops));
    }
    let profile = Profile::load("synapse").expect("the profile is sound");
    for variant in profile.variant_names() {
        let variant = variant.to_owned();
        trials.push(trial(&format!("synapse/variant/{variant}"), move || is_as_described(&variant)));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// What a trial finds out besides failing: it may not be possible here.
type Outcome = Result<(), Ignored>;

/// Why a real homeserver cannot be had here.
struct Ignored(String);

fn trial(name: &str, run: impl Fn() -> Outcome + Send + 'static) -> Trial {
    Trial::ignorable_test(name, move || match panic::catch_unwind(AssertUnwindSafe(&run)) {
        Ok(Ok(())) => Ok(Completion::Completed),
        Ok(Err(Ignored(reason)))
            if std::env::var_os("THREEPID_REQUIRE_REAL").is_some_and(|value| !value.is_empty()) =>
        {
            Err(Failed::from(format!("THREEPID_REQUIRE_REAL is set, and {reason}")))
        }
        Ok(Err(Ignored(reason))) => Ok(Completion::ignored_with(reason)),
        Err(report) => {
            let text = report.downcast_ref::<String>().map(String::as_str);
            Err(Failed::from(
                text.or_else(|| report.downcast_ref::<&str>().copied()).unwrap_or("a panic without words"),
            ))
        }
    })
}

fn place() -> Place {
    let place = Place::new().patient(PATIENCE);
    match std::env::var("THREEPID_PYTHON") {
        Ok(python) => place.with("THREEPID_PYTHON", &python),
        Err(_) => place,
    }
}

/// The result, unless the program says that it could not install the homeserver.
fn installed(ended: Ended) -> Result<Ended, Ignored> {
    static NOT_INSTALLED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^threepid: (.*(?:is needed to install|python -m venv failed|uv venv failed|pip install .* failed|--install-timeout).*)$")
            .unwrap()
    });
    match NOT_INSTALLED.captures(&ended.err) {
        Some(reason) if ended.code == Some(3) => Err(Ignored(reason[1].to_owned())),
        _ => Ok(ended),
    }
}

fn record(place: &Place) -> Value {
    serde_json::from_slice(&fs::read(place.path().join("report/report.json")).unwrap()).unwrap()
}

/// Every scenario, on every variant that one of them needs: nothing fails but what the profile says.
fn conforms() -> Outcome {
    let place = place();
    let ended = installed(place.run(&["run", "--target", "synapse", "--output", "report"]))?.expect(0);
    let record = record(&place);
    for outcome in ["fail", "error", "xpass"] {
        assert_eq!(record["counts"][outcome], 0, "{outcome}\n{}", ended.out);
    }
    assert!(record["counts"]["pass"].as_u64().unwrap() > 20, "{}", record["counts"]);
    let known = Profile::load("synapse").unwrap().deviations;
    for trial in record["trials"].as_array().unwrap().iter().filter(|trial| trial["outcome"] == "xfail") {
        let id = trial["id"].as_str().unwrap();
        assert!(known.iter().any(|entry| entry.scenario == id), "{id} is excused, and stands in no list");
        assert!(ended.out.contains(id), "{id} is excused silently:\n{}", ended.out);
    }
    Ok(())
}

/// `up` tells where the homeserver is, and Ctrl-C leaves nothing of it.
#[cfg(unix)]
fn starts_and_stops() -> Outcome {
    let place = place();
    let started = match up(&place) {
        Ok(started) => started,
        Err(ended) => return installed(ended).map(|ended| panic!("it did not start: {ended:?}")),
    };
    let word = |name: &str| {
        let line = started.out().lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().last().unwrap().to_owned()
    };
    let (address, log) = (word("homeserver").replace("http://", ""), word("log"));
    let scratch = Path::new(&log).parent().unwrap().to_owned();
    std::net::TcpStream::connect(&address).expect("the homeserver listens");
    assert!(running_in(&scratch) > 0, "no process was found, so that none is left proves nothing");
    started.interrupt();
    started.end().expect(0);
    assert!(std::net::TcpStream::connect(&address).is_err(), "something still listens at {address}");
    assert_eq!(running_in(&scratch), 0, "a process is left");
    assert!(!scratch.exists(), "{} is left", scratch.display());
    Ok(())
}

#[cfg(not(unix))]
fn starts_and_stops() -> Outcome {
    Ok(())
}

/// The program once the homeserver answers; how it ended if that never happened.
#[cfg(unix)]
fn up(place: &Place) -> Result<Started, Ended> {
    place.start(&["up", "synapse"]).wait_for_or_end("\nlog ")
}

/// How many processes were told of this folder. Only Linux tells; elsewhere one is assumed until the folder is gone.
#[cfg(unix)]
fn running_in(folder: &Path) -> usize {
    if !cfg!(target_os = "linux") {
        return usize::from(folder.exists());
    }
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let name = folder.display().to_string();
    processes
        .filter(|process| {
            // One that has just ended is none.
            let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
            let within = fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder));
            within || String::from_utf8_lossy(&line).contains(&name)
        })
        .count()
}

/// A variant starts, is probed, and offers what it is for.
fn is_as_described(variant: &str) -> Outcome {
    let place = place();
    let args = ["run", "add-email/email-free", "--target", "synapse", "--variant", variant, "--output", "report"];
    let email = !matches!(variant, "no-mail" | "changes-disabled");
    // Where no mail is sent nothing can be asked, and nobody is told that it conforms.
    let ended = installed(place.run(&args))?.expect(if email { 0 } else { 3 });
    let record = record(&place);
    let offers = |name: &str| {
        let abilities = record["target"]["abilities"].as_array().unwrap();
        let ability = abilities.iter().find(|ability| ability["name"] == name);
        ability.unwrap_or_else(|| panic!("nothing is said of {name}: {abilities:?}"))["offered"].as_bool().unwrap()
    };
    let offers_of = Profile::load("synapse").unwrap().resolve(variant).unwrap().offers;
    let identity = offers_of.iter().any(|offer| offer == "identity-server");
    let expected = [
        ("email", email),
        ("3pid-changes", variant != "changes-disabled"),
        ("registration", variant != "registration-disabled"),
        ("identity-server", identity),
        ("password-login", true),
        ("api-v3", true),
    ];
    for (name, offered) in expected {
        assert_eq!(offers(name), offered, "{name}\n{}", ended.out);
    }
    let outcome = record["trials"][0]["outcome"].as_str().unwrap();
    assert_eq!(outcome, if email { "pass" } else { "skip" }, "{}", ended.out);
    Ok(())
}
