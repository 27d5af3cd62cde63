//! `list`, `check` and `schema`: what can be known without a homeserver.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::Place;

/// A scenario without a fault.
const SOUND: &str = "title: x\nwhy: y\nsteps:\n  - GET: /_matrix/client/versions\n    \
                     must: {status: 200, ground: response, because: z, spec: {operation: o, anchor: 'a#b'}}\n";
/// A fragment without a fault.
const FRAGMENT: &str = "title: x\nspec: {operation: o, anchor: 'a#b'}\nsteps:\n  - GET: /x\n    \
                        must: {status: 200, ground: response, because: z}\n";

#[test]
fn the_list_as_json_names_all_that_a_script_needs() {
    let list: Vec<Value> = serde_json::from_str(&Place::new().run(&["list", "--json"]).expect(0).out).unwrap();
    let find = |id: &str| list.iter().find(|one| one["id"] == id).unwrap();
    let forms = find("add-email/auth-forms");
    assert_eq!(forms["cases"], serde_json::json!(["user-and-identifier", "identifier-only", "user-only"]));
    let success = find("add-email/success");
    assert_eq!(success["needs"], serde_json::json!(["email", "3pid-changes"]));
    assert_eq!(success["spec"]["operation"], "POST /account/3pid/add");
    assert!(success["spec"]["url"].as_str().unwrap().starts_with("https://spec.matrix.org/"));
    for one in &list {
        let keys: Vec<&String> = one.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["id", "title", "covers", "needs", "cases", "spec"], "{one}");
        assert!(one["title"].as_str().is_some_and(|title| !title.is_empty()), "{one}");
        assert!(one["cases"].is_array() && one["covers"].is_array(), "{one}");
    }
}

#[test]
fn the_list_takes_the_filters_of_run() {
    let place = Place::new();
    let all = place.run(&["list"]).expect(0).out;
    let one = place.run(&["list", "*/wrong-password"]).expect(0).out;
    assert!(all.contains("email-free") && one.contains("wrong-password") && !one.contains("email-free"), "{one}");
    place.write("mine/a/b.yaml", SOUND);
    assert!(place.run(&["list", "--scenarios", "mine"]).expect(0).out.contains("  b "));
}

#[test]
fn the_shipped_scenarios_are_sound() {
    let ended = Place::new().run(&["check"]).expect(0);
    assert!(ended.out.contains("all are sound") && ended.err.is_empty(), "{}", ended.out);
}

#[test]
fn check_counts_in_words_and_names_what_is_not_there() {
    let place = Place::new();
    place.write("mine/a/b.yaml", SOUND);
    let ended = place.run(&["check", "mine"]).expect(0);
    assert!(ended.out.starts_with("1 scenario with 1 case in mine"), "{}", ended.out);
    place.run(&["check", "nope.yaml"]).expect(2).says(&["cannot read nope.yaml: "]);
}

#[test]
fn check_shows_all_faults_of_all_files() {
    let place = Place::new();
    place.write("mine/a/first.yaml", "title: x\nwhy: y\nneeds: [emial]\nsteps:\n  - PSOT: /x\n");
    place.write("mine/a/second.yaml", "title: x\nsteps:\n  - GET: /x\n    must: {status: 900}\n");
    place.write("mine/a/third.yaml", "title: [x\n");
    place.write("mine/a/sound.yaml", SOUND);
    let ended = place.run(&["check", "mine"]).expect(2);
    assert_eq!(ended.out, "");
    ended.says(&[
        "a/first.yaml:3:9",
        "did you mean `email`?",
        "a/first.yaml:5:5",
        "did you mean `POST`?",
        "a/second.yaml:1:1",
        "needs the key `why`",
        "a/second.yaml:4:20",
        "invalid status",
        "a/third.yaml:",
        "scenario::yaml",
        "5 faults in the scenarios",
    ]);
}

#[test]
fn one_file_is_checked_with_its_fragments() {
    let place = Place::new();
    place.write("mine/fragments/asked.yaml", FRAGMENT);
    place.write("mine/a/b.yaml", "title: x\nwhy: y\nsteps:\n  - use: fragments/asked\n");
    place.run(&["check", "mine/a/b.yaml"]).expect(0);
    place.run(&["check", "mine/a"]).expect(0);
    place.run(&["check", "mine"]).expect(0);
    // What is wrong elsewhere is not its fault.
    place.write("mine/a/broken.yaml", "title: x\n");
    let ended = place.run(&["check", "mine/a/b.yaml"]).expect(0);
    assert!(ended.out.contains("1 scenario with 1 case in a/b.yaml: all are sound"), "{}", ended.out);
    place.run(&["check", "mine/a/b.yaml", "mine/a/broken.yaml"]).expect(2).says(&["a/broken.yaml:1:1", "`why`"]);
    place.run(&["check", "mine/a"]).expect(2);
    // An expectation that does not say what it rests on can be run, and is no ground for a verdict on others.
    place.write("mine/fragments/asked.yaml", &FRAGMENT.replace("ground: response, ", ""));
    place.run(&["check", "mine/a/b.yaml"]).expect(2).says(&["fragments/asked.yaml", "does not say its `ground`"]);
    // A broken fragment is.
    place.write("mine/fragments/asked.yaml", "title: x\n");
    place.run(&["check", "mine/a/b.yaml"]).expect(2).says(&["fragments/asked.yaml"]);
}

#[test]
fn a_file_is_found_from_beside_it_and_without_fragments() {
    let place = Place::new();
    place.write("mine/fragments/asked.yaml", FRAGMENT);
    place.write("mine/a/b.yaml", "title: x\nwhy: y\nsteps:\n  - use: fragments/asked\n");
    // The fragments in the program serve for one that has none around it, whatever its ending.
    place.write(
        "lone/x.yml",
        "title: x\nwhy: y\nactors: [alice]\nsteps:\n  - use: fragments/mail-received\n    with: {actor: alice}\n",
    );
    place.run(&["check", "lone/x.yml"]).expect(0);
    place.write("lone/x.yml", "title: x\n");
    place.run(&["check", "lone/x.yml"]).expect(2).says(&["lone/x.yaml:1:1"]);
    place.under("cd mine/a").run(&["check", "b.yaml"]).expect(0);
}

#[test]
fn a_scenario_of_ones_own_runs_with_its_own_fragments() {
    let place = Place::new();
    place.write(
        "mine/fragments/asked.yaml",
        "title: x\nsteps:\n  - GET: /_matrix/client/versions\n    must: {status: 200}\n",
    );
    place.write("mine/a/b.yaml", "title: x\nwhy: y\nsteps:\n  - use: fragments/asked\n");
    let ended = place.run(&["run", "--scenarios", "mine"]).expect(0);
    assert!(ended.out.contains("in the one trial"), "{}", ended.out);
}

/// A scenario that uses a fragment of the program.
const WITH_SHIPPED: &str = "title: x\nwhy: y\nactors: [alice]\nneeds: [email]\nsteps:\n  \
                            - use: fragments/token-requested\n    with: {actor: alice}\n  - mail: <email>\n    within: 5s\n";

#[test]
fn a_folder_of_ones_own_has_the_fragments_and_the_specification_of_the_program() {
    let place = Place::new();
    place.write("mine/a/b.yaml", WITH_SHIPPED);
    place.write(
        "mine/contract/lists.yaml",
        "title: x\nwhy: y\noperations: [GET /account/3pid]\nconvention: {documented: true, relied_on_by: z}\n",
    );
    place.write("mine/fragments/own.yaml", FRAGMENT);
    for path in ["mine", "mine/a", "mine/a/b.yaml"] {
        place.run(&["check", path]).expect(0);
    }
    let ended = place.run(&["check", "mine"]).expect(0);
    let counted = ended.out.starts_with("1 scenario with 1 case, 1 rule and 1 fragment in ");
    assert!(counted && ended.out.ends_with("mine: all are sound\n"), "{}", ended.out);
    place.run(&["run", "--scenarios", "mine", "--target", "reference", "a"]).expect(0);
    // One's own goes before that of the program.
    place.write("mine/fragments/token-requested.yaml", FRAGMENT);
    place.run(&["check", "mine/a/b.yaml"]).expect(2).says(&["has no input `actor`"]);
    // So does a specification of one's own, as a whole.
    fs::remove_file(place.path().join("mine/fragments/token-requested.yaml")).unwrap();
    place.write("mine/specification/own.yaml", "title: x\noperations: {}\nsentences: {}\n");
    place.run(&["check", "mine"]).expect(2).says(&["unknown operation `GET /account/3pid`"]);
}

#[test]
fn faults_that_are_not_selected_are_counted_and_stop_nothing() {
    let place = Place::new();
    place.write("mine/a/b.yaml", SOUND);
    place.write("mine/a/broken.yaml", "title: x\n");
    let run = ["run", "--scenarios", "mine", "--target", "reference"];
    let ended = place.run(&[&run[..], &["a/b"]].concat()).expect(0);
    ended.says(&["2 faults in scenarios that are not selected"]);
    place.run(&[&run[..], &["a/broken"]].concat()).expect(2).says(&["a/broken.yaml:1:1"]);
    place.run(&run).expect(2).says(&["a/broken.yaml:1:1"]);
}

#[test]
fn a_folder_whose_files_lie_in_itself_is_the_first_part_of_their_ids() {
    let place = Place::new();
    place.write("mine/a/b.yaml", SOUND);
    place.run(&["check", "mine/a"]).expect(0);
    let ended = place.run(&["run", "a/b", "--scenarios", "mine/a", "--target", "reference", "--snapshots", "off"]);
    ended.expect(0);
}

#[test]
fn the_schema_beside_the_scenarios_is_the_programs() {
    let printed = Place::new().run(&["schema"]).expect(0).out;
    let schema: Value = serde_json::from_str(&printed).expect("the schema is JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert!(schema["anyOf"][0]["properties"]["title"]["description"].is_string());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/scenario.schema.json");
    if std::env::var_os("THREEPID_UPDATE_DOCS").is_some() {
        fs::write(&path, &printed).unwrap();
    }
    assert_eq!(
        fs::read_to_string(&path).unwrap_or_default(),
        printed,
        "it is out of date: THREEPID_UPDATE_DOCS=1 cargo test --test docs --test cli"
    );
}

#[test]
fn every_scenario_names_the_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut seen = 0;
    for folder in fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        for file in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            let text = fs::read_to_string(&file).unwrap();
            let first = text.lines().next().unwrap_or_default();
            let schema = first
                .strip_prefix("# yaml-language-server: $schema=")
                .unwrap_or_else(|| panic!("{}: the first line names no schema: {first}", file.display()));
            assert!(folder.join(schema).is_file(), "{}: {schema} does not exist", file.display());
            seen += 1;
        }
    }
    assert!(seen > 10, "only {seen} files were seen");
}
