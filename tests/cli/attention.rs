//! What a run says where much goes wrong at once: each cause once, the gravest first, and when it is over before its end.

use serde_json::Value;

use crate::program::{Place, Started, free_address};

/// A reference homeserver of its own process, its address, and where its mail has to be taken.
fn serve(place: &Place, variant: &str) -> (Started, String, String) {
    let smtp = free_address().to_string();
    let args = ["serve", "--listen", "127.0.0.1:0", "--smtp", &smtp, "--variant", variant];
    let started = place.start(&args).wait_for("answers at");
    let line = started.out().to_owned();
    let url = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
    let url = url.trim_end_matches(['.', ',', ';']).to_owned();
    (started, url, smtp)
}

#[test]
fn one_cause_is_one_entry_with_the_names_of_all_it_cost() {
    let place = Place::new();
    let args = ["run", "add-email", "remove-email", "--defect", "added-but-a-server-error", "--output", "report"];
    let ended = place.run(&args).expect(1);
    let blocks = |word: &str| ended.out.lines().filter(|line| line.starts_with(word)).count();
    assert_eq!((blocks("FAIL  "), blocks("ERROR  ")), (1, 0), "{}", ended.out);
    // Before causes were one entry each, these were 2,400 lines.
    assert!(ended.out.lines().count() < 120, "{}", ended.out);
    let end = ended.out.split("What it comes to").nth(1).expect("the causes stand at the end");
    assert!(end.contains("  1. must: ") && end.contains("500 M_UNKNOWN") && !end.contains("  2. "), "{end}");
    assert!(end.contains(" not reached: add-email/email-in-use[by-its-owner]"), "{end}");
    assert!(end.contains("Not conformant: in "), "{end}");
    assert!(ended.err.ends_with("the report: report/report.html\n"), "{}", ended.err);
    let record: Value =
        serde_json::from_slice(&std::fs::read(place.path().join("report/report.json")).unwrap()).unwrap();
    for trial in record["trials"].as_array().unwrap().iter().filter(|trial| trial["outcome"] == "error") {
        assert!(ended.out.contains(trial["id"].as_str().unwrap()), "{} is not named", trial["id"]);
    }
    assert!(std::fs::metadata(place.path().join("report/summary.md")).unwrap().len() < 40_000);
}

#[test]
fn a_failure_says_how_it_is_done_again_and_that_does_it() {
    let place = Place::new();
    let args = ["run", "add-email/wrong-password", "--defect", "accepts-any-password", "--seed", "7"];
    let ended = place.run(&args).expect(1);
    let line = "  threepid run add-email/wrong-password --seed 7 --defect accepts-any-password\n";
    assert!(ended.out.contains(line), "{}", ended.out);
    let words: Vec<&str> = line.split_whitespace().skip(1).collect();
    place.run(&words).expect(1);
}

/// What is only recommended and not so is no clean pass; what asks for no decision is shown when asked for.
#[test]
fn notes_are_counted_and_told_when_asked_for() {
    let place = Place::new();
    let args = ["run", "validate-link/page-headers", "--defect", "page-without-protection"];
    let brief = place.run(&args).expect(0);
    assert!(brief.out.contains("Conformant, with 2 notes: ") && brief.out.contains("see --verbose"), "{}", brief.out);
    assert!(!brief.out.contains("Notes: ") && !brief.out.contains("Choices"), "{}", brief.out);
    let whole = place.run(&[&args[..], &["--verbose"]].concat()).expect(0);
    assert!(whole.out.contains("Notes: ") && whole.out.contains("Choices, where"), "{}", whole.out);
    let clean = place.run(&["run", "add-email/email-free"]).expect(0);
    assert!(clean.out.contains("Conformant: "), "{}", clean.out);
}

/// Without mail nearly everything is skipped, and that is no proof of anything.
#[test]
fn a_run_that_tested_no_mail_is_not_conformant_unless_that_is_meant() {
    let place = Place::new();
    let (_server, url, smtp) = serve(&place, "no-mail");
    let args =
        ["run", "add-email", "capabilities", "--homeserver", &url, "--smtp-listen", &smtp, "--mail-timeout", "1s"];
    let ended = place.run(&args).expect(3);
    let said = ended.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["E-mail verification was not tested", "give it this sink's address", "`--offers no-mail`"] {
        assert!(said.contains(part), "{part:?} is missing in {said}");
    }
    let meant = place.run(&[&args[..], &["--offers", "no-mail"]].concat()).expect(0);
    assert!(meant.out.contains("Conformant"), "{}", meant.out);
}

#[test]
fn a_homeserver_that_is_gone_ends_the_run_with_one_error_that_says_when() {
    let place = Place::new();
    let (server, url, smtp) = serve(&place, "plain");
    let args = ["run", "--homeserver", &url, "--smtp-listen", &smtp, "--connect-timeout", "500ms", "--jobs", "4"];
    // What it is and offers is told before the first trial.
    let run = place.start(&args).wait_for("  offers ");
    assert!(!run.out().contains("By flow"));
    drop(server);
    let ended = run.end().expect(3);
    assert_eq!(ended.err.matches("the homeserver is gone: it stopped answering at ").count(), 1, "{}", ended.err);
    assert!(
        ended.err.contains(" s into the run, during ") && !ended.out.contains("open registration"),
        "{}",
        ended.err
    );
    let blocks = ended.out.lines().filter(|line| line.starts_with("ERROR  ")).count();
    // Those that were under way when it went end in their own ways.
    assert!(blocks <= 5, "{}", ended.out);
    assert!(ended.out.contains("were not run"), "{}", ended.out);
}

#[test]
fn a_homeserver_that_limits_everything_ends_the_run_with_one_hint() {
    let place = Place::new();
    let (_server, url, smtp) = serve(&place, "rate-limits");
    let args = ["run", "--homeserver", &url, "--smtp-listen", &smtp, "--rate-limit-wait", "1s", "--jobs", "1"];
    let ended = place.run(&args).expect(3).says(&["limits how often it is asked, and 10 of the first "]);
    assert!(ended.err.contains("--rate-limited-trials") && ended.err.contains("lift its limits"), "{}", ended.err);
    assert_eq!(ended.out.lines().filter(|line| line.starts_with("ERROR  ")).count(), 1, "{}", ended.out);
    assert!(ended.out.contains("were not run"), "{}", ended.out);
}
