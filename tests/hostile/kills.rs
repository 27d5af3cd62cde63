//! Signals at random moments, in every phase of a run whose server is a process of its own: before it starts, while it is
//! asked, while it stops, while the record is written.
//!
//! Whatever the moment, no server and no folder is left, and a record that is there can be read in every view.
//! `THREEPID_KILLS=200` makes more of them, `THREEPID_KILLS_SEED` others.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rand::{Rng as _, SeedableRng as _};
use rustix::process::Signal;

use crate::program::{Ended, Place};
use crate::run::{ASK, FOLLOW, is_safe, place};

/// How long the end may take once it is asked for, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(20);

const SIGNALS: [Signal; 4] = [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT];

/// The reference homeserver as a server that the program starts, in two variants.
fn prepared() -> Place {
    let program = env!("CARGO_BIN_EXE_threepid");
    let versions = ASK.replace("/hostile", "/_matrix/client/versions").replace(", body: {hello: world}", "");
    let place = place(&[&versions, FOLLOW, FOLLOW, FOLLOW, &format!("needs: [rate-limits]\n{versions}")]);
    place.write(
        "own.toml",
        &format!(
            "name = \"own\"\ndescription = \"x\"\nkind = \"managed\"\n[server]\n\
             command = [{program:?}, \"serve\", \"--listen\", \"127.0.0.1:{{{{http_port}}}}\", \"--smtp\", \
             \"{{{{smtp_host}}}}:{{{{smtp_port}}}}\"]\nconfig_file = \"unused.json\"\n[config]\nunused = \"x\"\n\
             [variants.plain]\ndescription = \"x\"\n[variants.rate-limits]\ndescription = \"x\"\n"
        ),
    );
    fs::create_dir(place.path().join("scratch")).unwrap();
    let scratch = place.path().join("scratch").display().to_string();
    place.with("TMPDIR", &scratch)
}

const ARGS: [&str; 6] =
    ["run", "--scenarios=mine", "--target=own.toml", "--output=report", "--format=json", "--seed=1"];

/// The processes that run in a folder below this one, but for the program itself.
fn left_running(below: &Path) -> Vec<PathBuf> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let folders = processes.filter_map(|process| fs::read_link(process.path().join("cwd")).ok());
    folders.filter(|folder| folder.starts_with(below)).collect()
}

/// Nothing is left of a run, and what it wrote can be read.
fn is_clean(place: &Place, ended: &Ended, what: &str) {
    let scratch = place.path().join("scratch");
    // A server that was killed is gone for the system a moment after the program is.
    let until = Instant::now() + Duration::from_secs(5);
    while !left_running(&scratch).is_empty() && Instant::now() < until {
        thread::yield_now();
    }
    let servers = left_running(&scratch);
    assert!(servers.is_empty(), "{what}: a server is left in {servers:?}");
    let left: Vec<_> = fs::read_dir(&scratch).unwrap().flatten().map(|entry| entry.path()).collect();
    assert!(left.is_empty(), "{what}: {left:?} is left");
    let parts = place.files().into_iter().filter(|file| file.extension().is_some_and(|end| end == "part"));
    let record = place.path().join("report/report.json");
    match ended.code {
        // Nothing had begun: the signal came before the program listened for any.
        None => assert!(!record.exists(), "{what}"),
        Some(0 | 130) => {
            assert_eq!(parts.count(), 0, "{what}: half of a file is left");
            threepid::report::json::read(&record).unwrap_or_else(|fault| panic!("{what}: {fault}\n{ended:?}"));
            for view in [&["report", "report"][..], &["judge", "report"], &["compare", "report", "report"]] {
                let shown = place.run(view);
                assert!(shown.code.is_some_and(|code| code != 2), "{what}: {view:?}: {shown:?}");
                is_safe(&shown);
            }
        }
        code => panic!("{what}: it ended with {code:?}: {ended:?}"),
    }
}

#[test]
fn whatever_the_moment_nothing_is_left_and_the_record_can_be_read() {
    let number =
        |name: &str, otherwise: u64| std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise);
    let (kills, seed) = (number("THREEPID_KILLS", 20), number("THREEPID_KILLS_SEED", 1));
    let begun = Instant::now();
    let undisturbed = prepared();
    let ended = undisturbed.run(&ARGS).expect(0);
    let whole = begun.elapsed();
    is_clean(&undisturbed, &ended, "undisturbed");
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let mut stopped = 0;
    for kill in 0..kills {
        let signal = SIGNALS[rng.random_range(0..SIGNALS.len())];
        // The moment is what is random here, so it is slept for.
        let moment = whole.mul_f64(rng.random_range(0.0..1.0));
        let again = rng.random_bool(0.3).then(|| Duration::from_millis(rng.random_range(0..60)));
        let what = format!("kill {kill} of seed {seed}: {signal:?} after {moment:?}, again after {again:?}");
        let place = prepared();
        let started = place.start(&ARGS);
        thread::sleep(moment);
        started.signal(signal);
        if let Some(pause) = again {
            thread::sleep(pause);
            started.signal(SIGNALS[rng.random_range(0..SIGNALS.len())]);
        }
        let asked = Instant::now();
        let ended = started.end();
        assert!(asked.elapsed() < PATIENCE, "{what}: it took {:?}", asked.elapsed());
        is_clean(&place, &ended, &what);
        stopped += u64::from(ended.code == Some(130));
    }
    // How long the others take differs with what else the machine does.
    assert!(stopped * 5 >= kills, "only {stopped} of {kills} signals met a run");
}

#[test]
fn an_interrupt_ends_a_hundred_thousand_repetitions() {
    let place = place(&[]).under(&format!("ulimit -d {}", crate::run::MOST_KIB));
    let started = place.start(&["run", "--repeat=100000", "--output=report", "--format=json"]).wait_for("\"pass\"");
    started.signal(Signal::INT);
    let asked = Instant::now();
    let ended = started.end().expect(130);
    assert!(asked.elapsed() < PATIENCE, "it took {:?}", asked.elapsed());
    is_safe(&ended);
    let record = threepid::report::json::read(&place.path().join("report/report.json")).unwrap();
    assert!(record.interrupted);
    let not_run =
        record.trials.iter().filter(|trial| trial.reason.words.contains("more of its repetitions are not run"));
    assert!((100..2_000).contains(&not_run.count()), "one record for all that is left of a trial");
}
