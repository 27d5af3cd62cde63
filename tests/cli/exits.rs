//! Every exit code, with what is said beside it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use threepid::mail::{Limits, Sink, SinkOptions};
use threepid::reference::{Options, start};

use crate::program::{Ended, Place, free_address};

const ONE: &str = "add-email/email-free";
const NO_MAIL: &str = "add-email/mail-not-supported";

fn run(args: &[&str]) -> Ended {
    Place::new().run(args)
}

#[test]
fn a_conformant_homeserver_is_0_and_no_file_is_written() {
    let place = Place::new();
    let ended = place.run(&["run", ONE]).expect(0);
    assert!(ended.out.contains("Conformant"), "{}", ended.out);
    assert!(place.files().is_empty(), "{:?}", place.files());
}

/// Whoever misspells what the target offers must not see a green run.
#[test]
fn a_run_that_asked_nothing_is_3() {
    let ended = run(&["run", "log-in-with-email/delegated"]).expect(3);
    assert!(ended.out.contains("Nothing could be asked") && !ended.out.contains("Conformant"), "{}", ended.out);
}

#[test]
fn a_broken_promise_is_1() {
    let ended = run(&["run", "add-email/wrong-password", "--defect", "accepts-any-password"]).expect(1);
    for part in [
        "FAIL  add-email/wrong-password",
        "must: ",
        "expected  401 (again), or 400 or 403 (no-more)",
        "actual    200",
        "curl ",
        "Not conformant",
    ] {
        assert!(ended.out.contains(part), "{part:?} is missing in\n{}", ended.out);
    }
    assert_eq!(ended.err, "");
}

#[test]
fn a_deviation_that_is_none_any_more_is_1() {
    let place = Place::new();
    let profile = format!(
        "name = \"mine\"\ndescription = \"x\"\nkind = \"embedded\"\n[accounts]\nchain = [\"registration\"]\n\
         [variants.plain]\ndescription = \"x\"\n\
         [[deviations]]\nscenario = \"{ONE}\"\nreason = \"refuses everything\"\nlink = \"https://issue.test/1\"\n"
    );
    place.write("mine.toml", &profile);
    let ended = place.run(&["run", ONE, "--target", "mine.toml"]).expect(1);
    assert!(ended.out.contains("remove it from the target's list"), "{}", ended.out);
}

/// What is proven stays so, whatever could not be told beside it.
#[test]
fn a_broken_promise_beside_what_could_not_be_told_is_1_and_both_are_said() {
    let place = Place::new();
    let wrong = "title: x\nwhy: y\nsteps:\n  - GET: /_matrix/client/versions\n    must: {status: 418}\n";
    let endless = "title: x\nwhy: y\nsteps:\n  - GET: /_matrix/client/versions\n    headers: {x-email: <email>}\n    \
                   must: {status: 200}\n  - mail: <email>\n    within: 10m\n    must: {count: 1}\n";
    place.write("mine/a/endless.yaml", endless);
    place.run(&["run", "--scenarios", "mine", "--timeout", "1s"]).expect(3);
    place.write("mine/a/wrong.yaml", wrong);
    let ended = place.run(&["run", "--scenarios", "mine", "--timeout", "1s"]).expect(1);
    let last = ended.out.trim_end().rsplit("\n\n").next().unwrap().replace('\n', " ");
    for part in ["Not conformant: in 1 of 2 trials", "No verdict in 1 trial"] {
        assert!(last.contains(part), "{part:?} is missing in {last}");
    }
}

#[test]
fn a_browser_that_was_named_and_does_not_work_is_3() {
    run(&["run", ONE, "--browser", "/nowhere/chromium"]).expect(3).says(&["/nowhere/chromium", "--browser"]);
    run(&["run", ONE, "--browser", "false"]).expect(3).says(&["`false --version` ends with", "--browser auto"]);
    run(&["run", ONE, "--browser", "off"]).expect(0);
}

#[test]
fn wrong_usage_is_2_and_names_what_was_meant() {
    run(&["run", "--frobnicate"]).expect(2).says(&["--frobnicate"]);
    run(&["run", "--jobs", "0"]).expect(2).says(&["--jobs"]);
    run(&["run", "--partition", "3/2"]).expect(2).says(&["slice:M/N"]);
    run(&["run", "--defect", "accept-any-password"]).expect(2).says(&["did you mean `accepts-any-password`?"]);
    run(&["run", "--shape", "text-onli"]).expect(2).says(&["no shape `text-onli`"]);
    run(&["run", "--target", "synaps"]).expect(2).says(&["did you mean `synapse`"]);
    run(&["run", "--variant", "plian"]).expect(2).says(&["did you mean `plain`"]);
    run(&["run", "--target", "synapse", "--defect", "accepts-any-password"]).expect(2).says(&["reference homeserver"]);
    run(&["run", "--scenarios", "nowhere"]).expect(2).says(&["nowhere", "scenario files"]);
    run(&["serve", "--variant", "nothing"]).expect(2).says(&["no variant `nothing`"]);
    run(&["up", "synaps"]).expect(2).says(&["did you mean `synapse`"]);
}

/// What cannot be meant is wrong usage; what is meant and not there is a target that failed.
#[test]
fn an_address_or_accounts_that_cannot_be_meant_are_2() {
    let place = Place::new();
    for (given, said) in [
        ("127.0.0.1:8008", "give `http://127.0.0.1:8008`"),
        ("localhost", "give `http://localhost`"),
        ("[::1]:8008", "give `http://[::1]:8008`"),
        ("not a name", "neither an address"),
        ("ftp://example.org", "`http://` or `https://`"),
        ("http://", "is not a URL"),
    ] {
        place.run(&["run", "--homeserver", given]).expect(2).says(&[said]);
    }
    place.write("bad.toml", "x =");
    for file in ["missing.toml", "bad.toml"] {
        place.run(&["run", "--homeserver", "http://127.0.0.1:1", "--accounts", file]).expect(2).says(&[file]);
    }
}

#[test]
fn wrong_usage_leaves_no_file() {
    let place = Place::new();
    place.run(&["run", "--defect", "accept-any-password", "--output", "report"]).expect(2);
    assert!(place.files().is_empty(), "{:?}", place.files());
}

#[test]
fn a_wrong_scenario_is_2_and_shows_the_place() {
    let place = Place::new();
    place.write("mine/a/b.yaml", "title: x\nwhy: y\nsteps:\n  - GET: /versions\n    must: {statsu: 200}\n");
    let ended = place.run(&["run", "--scenarios", "mine"]).expect(2);
    let ended =
        ended.says(&["a/b.yaml:5:12", "scenario::unknown-key", "did you mean `status`?", "1 fault in the scenarios"]);
    assert!(ended.err.contains("╰── not known here"), "the place is marked:\n{}", ended.err);
    assert_eq!(ended.out, "");
}

#[test]
fn nothing_at_the_address_is_3() {
    let free = free_address();
    run(&["run", "--homeserver", &format!("http://{free}"), "--smtp-listen", "127.0.0.1:0"])
        .expect(3)
        .says(&[&free.to_string(), "--homeserver"]);
}

#[test]
fn a_server_that_is_no_homeserver_is_3() {
    let address = web_site();
    run(&["run", "--homeserver", &format!("http://{address}"), "--smtp-listen", "127.0.0.1:0"])
        .expect(3)
        .says(&["/_matrix/client/versions", "--homeserver"]);
}

/// Answers every request with a page.
fn web_site() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let _ = socket.read(&mut request);
            let page = "<html><title>It works</title></html>";
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
            let _ = write!(socket, "{head}Content-Length: {}\r\n\r\n{page}", page.len());
        }
    });
    address
}

#[test]
fn mail_that_never_comes_is_one_clear_3() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // A homeserver whose mail is taken by somebody else.
    let (elsewhere, homeserver) = runtime.block_on(async {
        let listen = "127.0.0.1:0".parse().unwrap();
        let options = SinkOptions { listen, hostname: "elsewhere.test".into(), limits: Limits::default() };
        let elsewhere = Sink::start(options).await.unwrap();
        let homeserver = start(Options::new(elsewhere.addr())).await.unwrap();
        (elsewhere, homeserver)
    });
    let mine = ["--smtp-listen", "127.0.0.1:0", "--mail-timeout", "300ms"];
    let ended = run(&[&["run", "--homeserver", homeserver.url()][..], &mine].concat()).expect(3);
    let ended = ended.says(&["none came within", "--mail-timeout", "--smtp-listen"]);
    assert_eq!(ended.err.lines().count(), 1, "one error and no list of timeouts:\n{}", ended.err);
    runtime.block_on(async {
        homeserver.shutdown().await;
        elsewhere.shutdown().await;
    });
}

#[test]
fn a_port_in_use_is_3_and_names_the_flag() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    run(&["run", "--smtp-listen", &address]).expect(3).says(&[&address, "--smtp-listen"]);
    run(&["sink", "--smtp-listen", &address]).expect(3).says(&[&address, "--smtp-listen"]);
    run(&["serve", "--listen", &address]).expect(3).says(&[&address, "--listen"]);
}

#[test]
fn an_output_folder_that_cannot_be_written_is_3() {
    let place = Place::new();
    place.write("taken", "not a folder");
    place.run(&["run", ONE, "--output", "taken"]).expect(3).says(&["taken", "--output"]);
}

#[test]
fn nothing_selected_is_4_and_names_what_was_meant() {
    run(&["run", "add-email/email-fre"]).expect(4).says(&["did you mean `add-email/email-free`?"]);
    run(&["run", "add-email/auth-forms[user]"]).expect(4).says(&["add-email/auth-forms"]);
    run(&["run", ONE, "--partition", "slice:2/2"]).expect(4).says(&["fewer slices"]);
    run(&["list", "nothing/like-this"]).expect(4).says(&["nothing/like-this"]);
}

/// A gate that reads the record must not find that of an earlier run.
#[test]
fn a_run_that_could_not_begin_says_so_in_its_record() {
    let place = Place::new();
    place.run(&["run", "add-email/email-free", "--output", "out"]).expect(0);
    let nowhere = free_address();
    let url = format!("http://{nowhere}");
    place.run(&["run", "--homeserver", &url, "--smtp-listen", "127.0.0.1:0", "--output", "out"]).expect(3);
    let read = |name: &str| std::fs::read_to_string(place.path().join("out").join(name)).unwrap();
    let record: serde_json::Value = serde_json::from_str(&read("report.json")).unwrap();
    assert!(record["error"].as_str().unwrap().contains("nothing answers"), "{record}");
    let reasons: Vec<&str> =
        record["trials"].as_array().unwrap().iter().map(|t| t["reason"].as_str().unwrap()).collect();
    let not_run = reasons.iter().filter(|reason| reason.starts_with("not run: ")).count();
    assert!(not_run > 0 && not_run == reasons.len(), "{not_run} of {}", reasons.len());
    for view in ["junit.xml", "summary.md", "report.html"] {
        assert!(read(view).contains("nothing answers"), "{view}:\n{}", read(view));
    }
    place.run(&["judge", "out"]).expect(3);
}

#[test]
fn a_time_has_a_unit_and_a_length() {
    for option in ["--timeout", "--mail-timeout", "--quiet-window"] {
        run(&["run", ONE, option, "0s"]).expect(2).says(&["more than zero", option]);
        run(&["run", ONE, option, "5"]).expect(2).says(&["give a unit: 5s"]);
    }
}

#[test]
fn what_is_offered_must_be_a_need() {
    let typo = run(&["run", ONE, "--offers", "rate-limit"]).expect(2);
    typo.says(&["unknown ability `rate-limit`; did you mean `rate-limits`? (--offers)"]);
    run(&["run", ONE, "--offers", "rate-limits"]).expect(0);
    let place = Place::new();
    let profile = "name = \"mine\"\ndescription = \"x\"\nkind = \"embedded\"\n\
                   [variants.plain]\ndescription = \"x\"\noffers = [\"behind-proxi\"]\n";
    place.write("mine.toml", profile);
    let ended = place.run(&["run", ONE, "--target", "mine.toml"]).expect(2);
    ended.says(&["`variants.plain.offers`", "did you mean `behind-proxy`?"]);
}

/// The first failure ends the run, and not only what its variant has left.
#[test]
fn fail_fast_ends_the_run() {
    let wrong = ["run", "add-email/wrong-password", NO_MAIL, "--jobs", "1", "--defect", "accepts-any-password"];
    let whole = run(&wrong).expect(1);
    assert!(!whole.out.contains("not run"), "{}", whole.out);
    let ended = run(&[&wrong[..], &["--fail-fast"]].concat()).expect(1);
    assert!(ended.out.contains("not run.") && !ended.out.contains("does not offer what is needed"), "{}", ended.out);
    assert!(ended.out.contains(NO_MAIL), "{}", ended.out);
}
