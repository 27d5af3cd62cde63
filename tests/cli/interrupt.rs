//! Ctrl-C in the middle of a run.
#![cfg(unix)]

use serde_json::Value;

use crate::program::Place;
use crate::wire::Wire;

#[test]
fn an_interrupted_run_keeps_what_it_has() {
    let wire = Wire::new(&[]);
    let place = Place::new();
    place.write(
        "mine/a/done.yaml",
        "title: x\nwhy: y\nsteps:\n  - GET: /_matrix/client/versions\n    must: {status: 200}\n",
    );
    place.write(
        "mine/b/waits.yaml",
        "title: x\nwhy: y\nactors: [alice]\nsteps:\n  - GET: /account/3pid\n    as: alice\n    query: {now: waiting}\n    \
         headers: {x-email: <email>}\n    must: {status: 200}\n  - mail: <email>\n    within: 10m\n    must: {count: 1}\n",
    );
    place.write(
        "mine/c/never.yaml",
        "title: x\nwhy: y\nsteps:\n  - GET: /_matrix/client/versions\n    must: {status: 200}\n",
    );
    let arguments = wire.arguments();
    let mut args = vec!["run", "--scenarios", "mine", "--output", "report", "--jobs", "1", "--timeout", "20m"];
    args.extend(arguments.iter().map(String::as_str));
    let started = place.start(&args);
    wire.wait_for_request("?now=waiting");
    started.interrupt();
    let ended = started.end().expect(130);
    assert!(ended.out.contains("a/done") || ended.out.contains("interrupted"), "{}", ended.out);
    let record: Value =
        serde_json::from_slice(&std::fs::read(place.path().join("report/report.json")).unwrap()).unwrap();
    assert_eq!(record["interrupted"], true);
    let trials = record["trials"].as_array().unwrap();
    let outcome = |id: &str| trials.iter().find(|trial| trial["id"] == id).unwrap()["outcome"].as_str().unwrap();
    assert_eq!(outcome("a/done"), "pass");
    assert_eq!(outcome("b/waits"), "error");
    assert_eq!(outcome("c/never"), "skip");
    threepid::report::json::read(&place.path().join("report/report.json")).expect("it is a whole record");
}

#[test]
fn what_serves_until_it_is_stopped_stops() {
    for (args, sign) in [
        (&["serve", "--listen", "127.0.0.1:0"][..], "the reference homeserver answers at"),
        (&["sink", "--smtp-listen", "127.0.0.1:0"], "mail is taken at"),
        (&["up", "reference"], "homeserver  http://127.0.0.1:"),
    ] {
        let place = Place::new();
        let started = place.start(args).wait_for(sign);
        started.interrupt();
        let ended = started.end().expect(0);
        assert!(format!("{}{}", ended.out, ended.err).contains(sign), "{args:?}: {ended:?}");
    }
}
