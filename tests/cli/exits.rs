//! Every exit code, with what is said beside it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use crate::program::{Ended, Place};

const ONE: &str = "add-email/email-free";

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

#[test]
fn a_broken_promise_is_1() {
    let ended = run(&["run", "add-email/wrong-password", "--defect", "accepts-any-password"]).expect(1);
    for part in
        ["FAIL  add-email/wrong-password", "must: ", "expected  401", "actual    200", "curl ", "Not conformant"]
    {
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
    assert!(ended.out.contains("strike it off"), "{}", ended.out);
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
    // Bound and dropped: nothing answers there now.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
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
    let ended = run(&["run", "--defect", "answers-without-mailing", "--mail-timeout", "300ms"]).expect(3);
    let ended = ended.says(&["none came within", "--mail-timeout", "--smtp-listen"]);
    assert_eq!(ended.err.lines().count(), 1, "one error and no list of timeouts:\n{}", ended.err);
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
