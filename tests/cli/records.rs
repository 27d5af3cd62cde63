//! What is done with saved records: `report`, `compare`, `judge`; and what `run` writes for those that watch it.

use std::fs;

use serde_json::Value;

use crate::program::Place;

const FEW: [&str; 4] = ["run", "add-email/wrong-password", "add-email/success", "add-email/email-in-use"];

/// A place with the records of a run that went well and of one with a defect.
fn two_runs() -> Place {
    let place = Place::new();
    place.run(&[&FEW[..], &["--seed", "1", "--output", "good"]].concat()).expect(0);
    let broken = ["--seed", "2", "--output", "bad", "--defect", "accepts-any-password"];
    place.run(&[&FEW[..], &broken].concat()).expect(1);
    place
}

fn read(place: &Place, name: &str) -> String {
    fs::read_to_string(place.path().join(name)).unwrap()
}

#[test]
fn compare_names_exactly_the_difference() {
    let place = two_runs();
    let ended = place.run(&["compare", "good", "bad/report.json"]).expect(5);
    for part in [
        "Broken",
        "add-email/wrong-password: pass → fail",
        "-401 application/json",
        "+200 application/json",
        "1 broken. 29 the same.",
    ] {
        assert!(ended.out.contains(part), "{part} is missing in\n{}", ended.out);
    }
    assert_eq!(ended.out.matches("add-email/").count(), 1, "{}", ended.out);
    let back = place.run(&["compare", "bad", "good"]).expect(0);
    assert!(back.out.contains("Fixed") && back.out.contains("No regression. 1 fixed."), "{}", back.out);
    let json: Value = serde_json::from_str(&place.run(&["compare", "good", "bad", "--json"]).expect(5).out).unwrap();
    assert_eq!(json["changes"][0]["kind"], "broken");
    assert!(place.run(&["compare", "good", "bad", "--markdown"]).expect(5).out.contains("### Broken"));
    let same = place.run(&["compare", "good", "good"]).expect(0);
    assert!(same.out.contains("No regression. 30 the same."), "{}", same.out);
    place.run(&["compare", "good", "good", "--slower", "0.5"]).expect(2);
}

#[test]
fn unlike_suites_are_refused_unless_asked_for() {
    let place = two_runs();
    let other = read(&place, "bad/report.json").replacen("\"suite\": \"", "\"suite\": \"x", 1);
    fs::write(place.path().join("other.json"), other).unwrap();
    let refused = place.run(&["compare", "good", "other.json"]).expect(2);
    assert!(refused.err.contains("--allow-different-suites"), "{}", refused.err);
    place.run(&["compare", "good", "other.json", "--allow-different-suites"]).expect(5);
}

#[test]
fn judging_again_says_the_same() {
    let place = two_runs();
    for (record, code) in [("good", 0), ("bad", 1)] {
        let judged = place.run(&["judge", record, "--output", "again"]).expect(code);
        assert!(judged.err.contains("every verdict is as it was recorded"), "{}", judged.err);
        let (before, after) = (read(&place, &format!("{record}/report.json")), read(&place, "again/report.json"));
        assert_eq!(before, after, "{record}");
        assert_eq!(judged.out, place.run(&["report", record]).expect(0).out);
    }
}

/// What a record on disk is shown as is what its run wrote, with all that happened.
#[test]
fn views_of_a_saved_record_are_those_of_its_run() {
    let place = two_runs();
    let views = [
        ("--html", "page", "report.html"),
        ("--junit", "cases", "junit.xml"),
        ("--markdown", "text", "summary.md"),
        ("--json", "record", "report.json"),
    ];
    for record in ["good", "bad"] {
        for (option, view, file) in views {
            place.run(&["report", record, option, view]).expect(0);
            assert_eq!(read(&place, view), read(&place, &format!("{record}/{file}")), "{record} {option}");
        }
    }
}

#[test]
fn another_expectation_makes_another_verdict() {
    let place = two_runs();
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
    copy(source.as_ref(), &place.path().join("mine"));
    let file = place.path().join("mine/add-email/success.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let expected = "status: 200\n      body: <object>";
    assert!(text.contains(expected), "the scenario is another: {text}");
    fs::write(&file, text.replace(expected, "status: 204")).unwrap();
    let judged = place.run(&["judge", "good", "--scenarios", "mine"]).expect(1);
    assert!(judged.out.contains("FAIL  add-email/success"), "{}", judged.out);
    assert!(judged.err.contains("1 verdict is not as it was recorded"), "{}", judged.err);
    // Other steps are another behaviour: nothing can be said of it.
    fs::write(&file, text.replacen("steps:", "steps:\n  - GET: /capabilities\n    must: {status: 200}", 1)).unwrap();
    let judged = place.run(&["judge", "good", "--scenarios", "mine"]).expect(3);
    assert!(judged.out.contains("run it again"), "{}", judged.out);
    // A step at the end moves no other, and was not done all the same.
    fs::write(&file, format!("{}\n  - GET: /capabilities\n    must: {{status: 200}}\n", text.trim_end())).unwrap();
    let judged = place.run(&["judge", "good", "--scenarios", "mine"]).expect(3);
    let said = judged.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("(`GET /capabilities` was not done): run it again"), "{said}");
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)
        } else {
            fs::copy(entry.path(), target).map(drop).unwrap()
        }
    }
}

#[test]
fn a_record_has_many_views() {
    let place = two_runs();
    let files = ["page.html", "junit.xml", "a/b/summary.md", "statement.json", "badge.json"];
    let [html, junit, markdown, statement, badge] = files;
    place
        .run(&[
            "report",
            "bad",
            "--html",
            html,
            "--junit",
            junit,
            "--markdown",
            markdown,
            "--statement",
            statement,
            "--badge",
            badge,
        ])
        .expect(0);
    assert!(read(&place, html).starts_with("<!DOCTYPE html>"));
    assert!(read(&place, junit).contains("<failure"));
    assert!(read(&place, markdown).contains("## threepid: reference"));
    let statement: Value = serde_json::from_str(&read(&place, statement)).unwrap();
    assert_eq!(statement["spec_version"], "v1.18");
    let badge: Value = serde_json::from_str(&read(&place, badge)).unwrap();
    assert_eq!((&badge["message"], &badge["color"]), (&"18 of 19".into(), &"red".into()));
    place.run(&["report", "bad", "--statement", "statement.md"]).expect(0);
    assert!(read(&place, "statement.md").contains("**not met**"));
}

#[test]
fn slices_make_the_whole() {
    let place = Place::new();
    for slice in 1..=3 {
        let (partition, output) = (format!("slice:{slice}/3"), format!("s{slice}"));
        place.run(&[&FEW[..], &["--seed", "1", "--partition", &partition, "--output", &output]].concat()).expect(0);
    }
    place
        .run(&["report", "s2", "s1", "s3", "--json", "whole.json", "--junit", "junit.xml", "--html", "page.html"])
        .expect(0);
    let whole: Value = serde_json::from_str(&read(&place, "whole.json")).unwrap();
    assert_eq!(whole["counts"]["pass"], 19);
    assert!(read(&place, "page.html").contains("All trials"), "one run, not a matrix");
    place.run(&[&FEW[..], &["--seed", "1", "--output", "all"]].concat()).expect(0);
    let same = place.run(&["compare", "all", "whole.json"]).expect(0);
    assert!(same.out.contains("No regression. 30 the same."), "{}", same.out);
}

#[test]
fn several_runs_have_no_junit() {
    let place = two_runs();
    let refused = place.run(&["report", "good", "bad", "--html", "matrix.html", "--junit", "junit.xml"]).expect(2);
    assert!(refused.err.contains("--junit is for one run"), "{}", refused.err);
    assert!(read(&place, "matrix.html").contains("2 servers side by side"), "what can be written is");
    assert!(!place.path().join("junit.xml").exists());
}

#[test]
fn bad_records_are_named_and_nothing_is_guessed() {
    let place = two_runs();
    let good = read(&place, "good/report.json");
    for (name, text, says) in [
        ("empty.json", String::new(), "it is empty"),
        ("cut.json", good[..good.floor_char_boundary(good.len() / 2)].to_owned(), "is cut off"),
        ("other.json", good.replacen("\"schema\": 1", "\"schema\": 9", 1), "in layout 9"),
        ("foreign.json", "{\"tests\": []}".to_owned(), "not a record of threepid"),
        ("xml.json", "<testsuites/>".to_owned(), "is not JSON"),
    ] {
        fs::write(place.path().join(name), text).unwrap();
        for command in [&["report", name][..], &["compare", "good", name], &["judge", name]] {
            let ended = place.run(command).expect(2);
            assert!(ended.err.contains(says) && ended.err.contains(name), "{command:?}: {}", ended.err);
        }
    }
    assert!(place.run(&["report", "nowhere"]).expect(2).err.contains("cannot read nowhere"));
}

#[test]
fn what_cannot_be_written_keeps_nothing_else_from_being_written() {
    let place = two_runs();
    fs::write(place.path().join("occupied"), "").unwrap();
    let ended = place.run(&["report", "good", "--html", "occupied/page.html", "--junit", "junit.xml"]).expect(3);
    assert!(ended.err.contains("occupied"), "{}", ended.err);
    assert!(place.path().join("junit.xml").exists());
}

#[test]
fn a_run_writes_all_its_views_and_the_page_has_what_went_well_too() {
    let place = two_runs();
    let mut files: Vec<String> = fs::read_dir(place.path().join("bad"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, ["artifacts", "junit.xml", "report.html", "report.json", "summary.md"]);
    let page = read(&place, "bad/report.html");
    assert!(!page.contains("What happened was not recorded"));
}

#[test]
fn events_are_json_line_by_line() {
    let ended =
        Place::new().run(&[&FEW[..], &["--format", "json", "--defect", "accepts-any-password"]].concat()).expect(1);
    let events: Vec<Value> = ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    // Four trials, and the 26 rules over all exchanges of the run.
    let mut expected = vec!["started", "target"];
    expected.extend(["trial"; 30]);
    expected.push("finished");
    assert_eq!(kinds, expected);
    assert_eq!(events[32]["counts"]["fail"], 1);
    let broken = Place::new()
        .run(&["run", "--homeserver", "http://127.0.0.1:1", "--smtp-listen", "127.0.0.1:0", "--format", "json"])
        .expect(3);
    let last: Value = serde_json::from_str(broken.out.lines().last().unwrap()).unwrap();
    assert!(last["event"] == "finished" && last["error"].is_string(), "{last}");
}

#[test]
fn deviations_are_drafted_and_never_overwritten() {
    let place = Place::new();
    let draft = ["--defect", "accepts-any-password", "--write-deviations", "known.toml"];
    place.run(&[&FEW[..], &draft].concat()).expect(1);
    let text = read(&place, "known.toml");
    assert!(text.contains("scenario = \"add-email/wrong-password\""), "{text}");
    let refused = place.run(&[&FEW[..], &draft].concat()).expect(2);
    assert!(refused.err.contains("known.toml is there already"), "{}", refused.err);
    // Appended to a profile, with the link filled in, they are known.
    let profile = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/targets/reference.toml")).unwrap();
    fs::write(place.path().join("mine.toml"), format!("{profile}{text}")).unwrap();
    let target = ["--target", "mine.toml", "--defect", "accepts-any-password"];
    assert!(place.run(&[&FEW[..], &target].concat()).expect(2).err.contains("link"));
    let tracked = text.replace("link = \"\"", "link = \"https://tracker.test/1\"");
    fs::write(place.path().join("mine.toml"), format!("{profile}{tracked}")).unwrap();
    assert!(place.run(&[&FEW[..], &target].concat()).expect(0).out.contains("Known deviations"));
}

#[test]
fn github_gets_a_summary_outputs_and_annotations() {
    let place = Place::new();
    let summary = place.path().join("step.md");
    fs::write(&summary, "# before\n").unwrap();
    let outputs = place.path().join("outputs");
    fs::write(&outputs, "before=1\n").unwrap();
    let place = place
        .with("GITHUB_ACTIONS", "true")
        .with("GITHUB_STEP_SUMMARY", summary.to_str().unwrap())
        .with("GITHUB_OUTPUT", outputs.to_str().unwrap());
    let ended = place.run(&[&FEW[..], &["--defect", "accepts-any-password"]].concat()).expect(1);
    let text = fs::read_to_string(&summary).unwrap();
    assert!(text.starts_with("# before\n## threepid: reference"), "{text}");
    let outputs = fs::read_to_string(&outputs).unwrap();
    assert!(outputs.starts_with("before=1\npass=") && outputs.contains("\nfail=1\n"), "{outputs}");
    let lines: Vec<&str> = ended.err.lines().filter(|line| line.starts_with("::")).collect();
    let [line] = lines[..] else { panic!("{lines:?}") };
    assert!(line.starts_with("::error file=scenarios/add-email/wrong-password.yaml,line="), "{line}");
    assert!(!ended.out.lines().any(|line| line.starts_with("::")), "{}", ended.out);
}

#[test]
fn a_behaviour_is_told_with_and_without_a_record() {
    let place = two_runs();
    let plain = place.run(&["explain", "add-email/wrong-password"]).expect(0).out;
    assert!(plain.contains("sequenceDiagram") && plain.contains("\"email\": \"<email>\""), "{plain}");
    let told = place.run(&["explain", "add-email/wrong-password", "--record", "bad"]).expect(0).out;
    for part in [
        "does not do what is required",
        "- ✗ **must:** A failed attempt",
        "The browser displays (200)",
        "@threepid.test",
    ] {
        assert!(told.contains(part), "{part} is missing in\n{told}");
    }
    assert!(place.run(&["explain", "add-email/wrong-pasword"]).expect(4).err.contains("did you mean"));
    place.run(&["explain"]).expect(2);
    place.run(&["explain", "--all"]).expect(2);
}

#[test]
fn the_book_tells_all_and_no_server_writes_in_it() {
    let place = two_runs();
    let hostile = "<script>x</script> ``` ~~~\\n# h\\n</details>";
    let record = read(&place, "good/report.json").replace("[reference.test] Validate your email", hostile);
    fs::write(place.path().join("hostile.json"), record).unwrap();
    place.run(&["explain", "--all", "--output", "book", "--record", "hostile.json"]).expect(0);
    let story = read(&place, "book/story.md");
    for part in
        ["Adding an e-mail address to an account", "M_THREEPID_IN_USE", "The browser displays", "Removing an e-mail"]
    {
        assert!(story.contains(part), "{part} is missing in\n{story}");
    }
    for page in ["README.md", "story.md", "specification.md", "not-tested.md", "flows/add-email.md"] {
        let text = read(&place, &format!("book/{page}"));
        let mut fence: Option<usize> = None;
        for line in text.lines() {
            let ticks = line.len() - line.trim_start_matches('`').len();
            match fence {
                Some(end) if ticks >= end && line.trim_start_matches('`').is_empty() => fence = None,
                Some(_) => {}
                None if ticks >= 3 => fence = Some(ticks),
                None => {
                    // What stands between single backticks is shown as it is.
                    let markup: String = line.split('`').step_by(2).collect();
                    assert!(!markup.contains("<script") && !markup.contains("</details>"), "{page}: {line}");
                }
            }
        }
        assert_eq!(fence, None, "{page}: every block ends");
    }
    assert!(read(&place, "book/flows/add-email.md").contains("&lt;script&gt;"), "shown, not dropped");
}
