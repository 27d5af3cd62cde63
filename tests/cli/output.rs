//! `--output DIR`: the record and its views.

use std::fs;

use serde_json::Value;

use crate::program::Place;

fn record(place: &Place) -> Value {
    serde_json::from_slice(&fs::read(place.path().join("report/report.json")).unwrap()).unwrap()
}

#[test]
fn the_record_has_the_keys_that_others_rely_on() {
    let place = Place::new();
    let args = ["run", "add-email", "remove-email", "--output", "report", "--seed", "7"];
    place.run(&[&args[..], &["--defect", "accepts-any-password"]].concat()).expect(1);
    let record = record(&place);
    assert_eq!(record["schema"], 1);
    assert_eq!(record["threepid"], env!("CARGO_PKG_VERSION"));
    assert_eq!(record["seed"], 7);
    assert_eq!(record["interrupted"], false);
    assert!(record["suite"].as_str().is_some_and(|hash| !hash.is_empty()));
    assert_eq!(record["target"]["name"], "reference");
    assert!(record["target"]["url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    assert!(record["target"]["versions"].as_array().unwrap().contains(&"v1.11".into()));
    let trials = record["trials"].as_array().unwrap();
    for trial in trials {
        assert!(trial["id"].as_str().unwrap().contains('/'), "{trial}");
        assert!(trial["case"].is_null() || trial["case"].is_string());
        assert!(trial["variant"].as_str().is_some_and(|variant| !variant.is_empty()));
        let outcome = trial["outcome"].as_str().unwrap();
        assert!(["pass", "fail", "error", "skip", "xfail", "xpass"].contains(&outcome), "{outcome}");
        assert!(["must", "should", "convention", "security"].contains(&trial["level"].as_str().unwrap()));
        assert!(trial["reason"].is_string() && trial["duration_ms"].is_number());
        assert!(trial["findings"].is_array() && trial["transcript"].is_array());
        let idle = trial["transcript"].as_array().unwrap().is_empty();
        let is_rule = trial["rule"].is_object();
        assert!(!idle || outcome == "skip" || is_rule, "{} has a verdict and did nothing", trial["id"]);
    }
    for outcome in ["pass", "fail", "error", "skip", "xfail", "xpass"] {
        let count = trials.iter().filter(|trial| trial["outcome"] == outcome).count();
        assert_eq!(record["counts"][outcome], count, "{outcome}");
    }
    let failed = trials.iter().find(|trial| trial["id"] == "add-email/wrong-password").unwrap();
    assert_eq!(failed["outcome"], "fail");
    let finding = &failed["findings"][0];
    for key in ["subject", "expected", "actual"] {
        assert!(finding[key].is_string(), "{key}: {finding}");
    }
}

#[test]
fn trials_stand_in_the_order_of_the_list_whatever_ends_first() {
    let place = Place::new();
    place.run(&["run", "--output", "report", "--jobs", "16"]).expect(0);
    let record = record(&place);
    // Variant after variant; what no variant can run comes first.
    let ran = record["trials"].as_array().unwrap().iter().filter(|trial| {
        trial["variant"] == "plain"
            && trial["outcome"] != "skip"
            && trial["id"].as_str().unwrap().starts_with("add-email/")
    });
    let ran: Vec<&str> = ran.map(|trial| trial["id"].as_str().unwrap()).collect();
    let mut sorted = ran.clone();
    sorted.sort_unstable();
    assert_eq!(ran, sorted);
    assert!(sorted.len() > 5);
}

#[test]
fn the_same_seed_chooses_the_same_values() {
    let emails = |seed: &str| {
        let place = Place::new();
        place.run(&["run", "add-email/email-free", "--output", "report", "--seed", seed]).expect(0);
        record(&place)["trials"][0]["values"].clone()
    };
    let address = |values: &Value| {
        values.as_array().unwrap().iter().find(|value| value[0] == "email").expect("an address was made")[1].clone()
    };
    assert_eq!(address(&emails("7")), address(&emails("7")));
    assert_ne!(address(&emails("7")), address(&emails("8")));
}

#[test]
fn a_later_run_takes_the_place_of_an_earlier_one() {
    let place = Place::new();
    place.run(&["run", "add-email/email-free", "--output", "report"]).expect(0);
    place.run(&["run", "add-email/success", "--output", "report"]).expect(0);
    let record = record(&place);
    let trials = record["trials"].as_array().unwrap().iter().filter(|trial| !trial["rule"].is_object());
    let ids: Vec<&str> = trials.map(|trial| trial["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["add-email/success"]);
}

#[test]
fn the_views_stand_beside_the_record() {
    let place = Place::new();
    let args = ["run", "add-email/wrong-password", "add-email/email-free", "--output", "report"];
    place.run(&[&args[..], &["--defect", "accepts-any-password"]].concat()).expect(1);
    let read = |name: &str| fs::read_to_string(place.path().join("report").join(name)).unwrap();
    let junit = read("junit.xml");
    for part in ["<testsuites ", "failures=\"1\" errors=\"0\"", "wrong-password", "<failure"] {
        assert!(junit.contains(part), "{part} is missing in\n{junit}");
    }
    let summary = read("summary.md");
    assert!(summary.contains("wrong-password") && summary.contains('|'), "{summary}");
    let artifacts: Vec<_> = fs::read_dir(place.path().join("report/artifacts")).unwrap().flatten().collect();
    assert_eq!(artifacts.len(), 1, "one trial needs attention: {artifacts:?}");
    let names: Vec<_> = fs::read_dir(artifacts[0].path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(names.contains(&"transcript.json".into()) && names.contains(&"mail-1.eml".into()), "{names:?}");
}

#[test]
fn saved_records_make_the_same_views() {
    let place = Place::new();
    let ran = place.run(&["run", "add-email/email-free", "--output", "first"]).expect(0);
    let again = place.run(&["report", "first"]).expect(0);
    assert_eq!(ran.out, again.out, "the view of a record is the one that was shown");
    place.run(&["run", "add-email/email-free", "--shape", "html-only-mail", "--output", "second"]).expect(0);
    place.run(&["report", "first", "--junit", "again.xml", "--html", "page.html"]).expect(0);
    let read = |name: &str| fs::read_to_string(place.path().join(name)).unwrap();
    assert_eq!(read("again.xml"), read("first/junit.xml"));
    assert!(read("page.html").contains("<html") && read("page.html").contains("email-free"));
    place.run(&["report", "first", "second", "--html", "both.html"]).expect(0);
    assert!(read("both.html").contains("email-free"));
    place.run(&["report", "nowhere"]).expect(2).says(&["nowhere"]);
    place.write("cut.json", "{\"schema\": 1, \"trials\": [");
    place.run(&["report", "cut.json"]).expect(2).says(&["cut.json"]);
}
