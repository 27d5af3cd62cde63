//! What is delivered beside the program, kept true: the action, the workflows, the samples and the image.
//!
//! Takes their files as they stand; holds them to rules (pinned, least permissions, nothing of a caller in a script), to the
//! program's own `--help`, and to each other. The action's scripts are run, as the workflow of this repository has the
//! runner run them. It needs bash and curl for that, and nothing but the loopback.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;
use serde_json::Value;

#[expect(dead_code, reason = "the tests of the command line use the rest")]
#[path = "program/mod.rs"]
mod program;

const ACTION: &str = ".github/actions/threepid/action.yml";
const CI: &str = ".github/workflows/ci.yml";
const RELEASE: &str = ".github/workflows/release.yml";
const GITHUB_SAMPLE: &str = "examples/ci/github.yml";
const GITLAB_SAMPLE: &str = "examples/ci/gitlab-ci.yml";
const GET: &str = ".github/actions/threepid/get.sh";
const RUN: &str = ".github/actions/threepid/run.sh";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|fault| panic!("{path}: {fault}"))
}

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&read(path)).unwrap_or_else(|fault| panic!("{path}: {fault}"))
}

fn workflows() -> Vec<String> {
    let folder = fs::read_dir(root().join(".github/workflows")).unwrap();
    let names = folder.map(|entry| format!(".github/workflows/{}", entry.unwrap().file_name().display()));
    let mut names: Vec<String> = names.chain([GITHUB_SAMPLE.to_owned()]).collect();
    names.sort();
    assert!(names.len() >= 4, "{names:?}");
    names
}

/// The steps of an action or of all jobs of a workflow.
fn steps(document: &Value) -> Vec<&Value> {
    let jobs = document["jobs"].as_object().into_iter().flat_map(|jobs| jobs.values());
    let lists = jobs.chain([&document["runs"]]).filter_map(|owner| owner["steps"].as_array());
    lists.flatten().collect()
}

/// The text of a value that an action takes: the runner makes texts of all.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[test]
fn everything_that_is_used_is_pinned() {
    let mut pins: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let line = Regex::new(r"(?m)^\s*(?:- )?uses:\s*(.*)$").unwrap();
    let pinned = Regex::new(r"^([\w./-]+)@([0-9a-f]{40}) # v\d+\.\d+\.\d+$").unwrap();
    for path in workflows().iter().map(String::as_str).chain([ACTION]) {
        for found in line.captures_iter(&read(path)).filter(|found| !found[1].starts_with("./")) {
            let pin = pinned.captures(&found[1]);
            let pin = pin.unwrap_or_else(|| panic!("{path}: `{}` is not a commit with its version", &found[1]));
            pins.entry(pin[1].to_owned()).or_default().insert(found[1].to_owned());
        }
    }
    assert!(pins.len() >= 5, "{pins:?}");
    for (action, pins) in pins {
        assert_eq!(pins.len(), 1, "{action} is pinned to more than one commit: {pins:?}");
    }
}

#[test]
fn no_script_has_anything_of_a_caller_in_it() {
    let mut scripts = 0;
    for path in workflows().iter().map(String::as_str).chain([ACTION]) {
        for step in steps(&yaml(path)) {
            if let Some(script) = step["run"].as_str() {
                scripts += 1;
                assert!(!script.contains("${{"), "{path}: pass it by `env`, it would be part of the script:\n{script}");
            }
        }
    }
    assert!(scripts > 10, "only {scripts} scripts were seen");
}

#[test]
fn workflows_may_do_what_they_need_and_no_more() {
    for path in workflows() {
        let workflow = yaml(&path);
        assert_eq!(workflow["permissions"], serde_json::json!({}), "{path}: nothing for all jobs alike");
        assert!(workflow["concurrency"].is_object(), "{path}: no concurrency");
        for (name, job) in workflow["jobs"].as_object().unwrap() {
            assert!(job["permissions"].is_object(), "{path}: {name} does not say what it needs");
            let called = job["uses"].is_string();
            assert!(called || job["timeout-minutes"].is_u64(), "{path}: {name} may take for ever");
        }
        for step in steps(&workflow).iter().filter(|step| text(&step["uses"]).contains("actions/checkout@")) {
            assert_eq!(step["with"]["persist-credentials"], false, "{path}: a token is left in the checkout");
        }
    }
}

#[test]
fn ci_does_what_a_developer_does() {
    let ci = yaml(CI);
    assert!(steps(&ci).iter().any(|step| step["run"] == ".ci/run"), "{CI} does not call .ci/run");
    assert!(ci["on"].as_object().unwrap().contains_key("pull_request"), "{CI} runs for no change");
    let release = yaml(RELEASE);
    let check = release["jobs"].as_object().unwrap().iter().find(|(_, job)| job["uses"] == format!("./{CI}"));
    let (name, _) = check.expect("a release is checked");
    let needs = release["jobs"]["publish"]["needs"].as_array().unwrap();
    assert!(needs.iter().any(|need| need == name), "{RELEASE} publishes what was not checked");
}

#[test]
fn the_action_is_given_only_what_it_takes() {
    let action = yaml(ACTION);
    let inputs = action["inputs"].as_object().unwrap();
    let output = Regex::new(r"steps\.(?:threepid|correct|faulty)\.outputs\.([a-z-]+)").unwrap();
    let mut uses = 0;
    for path in workflows() {
        for step in steps(&yaml(&path)).iter().filter(|step| text(&step["uses"]).contains("/actions/threepid")) {
            uses += 1;
            for name in step["with"].as_object().unwrap().keys() {
                assert!(inputs.contains_key(name), "{path}: the action has no input `{name}`");
            }
        }
        for found in output.captures_iter(&read(&path)) {
            assert!(!action["outputs"][&found[1]].is_null(), "{path}: the action has no output `{}`", &found[1]);
        }
    }
    assert_eq!(uses, 3);
    // And what it takes, it passes on.
    let own = read(ACTION);
    for name in inputs.keys() {
        assert!(own.contains(&format!("inputs.{name} ")), "nothing is done with the input `{name}`");
    }
}

/// The options of a subcommand, from its own help.
fn options(subcommand: &str) -> BTreeSet<String> {
    let help = Command::new(env!("CARGO_BIN_EXE_threepid")).args([subcommand, "--help"]).output().unwrap();
    assert!(help.status.success(), "there is no subcommand `{subcommand}`");
    let option = Regex::new(r"(?m)^\s+(?:-\w, )?(--[a-z-]+)").unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    option.captures_iter(&help).map(|found| found[1].to_owned()).collect()
}

#[test]
fn every_option_that_is_passed_exists() {
    // A program's name, a subcommand, and the rest of the line.
    let call =
        Regex::new(r#"(?:threepid|"\$PROGRAM"|"\$program"|cargo run [\w -]*--) (run|serve)\b([^|\n]*)"#).unwrap();
    let option = Regex::new(r"--[a-z][a-z-]*").unwrap();
    let mut passed: BTreeSet<(String, String, String)> = BTreeSet::new();
    let mut pass = |path: &str, subcommand: &str, text: &str| {
        for found in option.find_iter(text) {
            passed.insert((path.to_owned(), subcommand.to_owned(), found.as_str().to_owned()));
        }
    };
    let others = [GITLAB_SAMPLE, "Dockerfile", "README.md", "CONTRIBUTING.md"].map(str::to_owned);
    for path in workflows().into_iter().chain(others) {
        for found in call.captures_iter(&read(&path)) {
            pass(&path, &found[1], &found[2]);
        }
    }
    for path in workflows() {
        for step in steps(&yaml(&path)) {
            pass(&path, "run", step["with"]["args"].as_str().unwrap_or_default());
        }
    }
    for line in read(RUN).lines().filter(|line| line.contains("arguments=(") || line.contains("arguments+=(")) {
        pass(RUN, "run", line);
    }
    let known = BTreeMap::from(["run", "serve"].map(|subcommand| (subcommand.to_owned(), options(subcommand))));
    for (path, subcommand, option) in &passed {
        assert!(known[subcommand].contains(option), "{path} passes {option} to `{subcommand}`, which does not take it");
    }
    for path in [CI, GITLAB_SAMPLE, GITHUB_SAMPLE, RUN, "Dockerfile", ".github/workflows/nightly.yml"] {
        assert!(passed.iter().any(|(seen, ..)| seen == path), "no option of {path} was seen");
    }
}

/// What a job of a workflow is built for.
fn targets(job: &Value) -> BTreeSet<String> {
    let rows = job["strategy"]["matrix"]["include"].as_array().unwrap();
    rows.iter().map(|row| text(&row["target"])).collect()
}

#[test]
fn a_release_is_whole() {
    let release = yaml(RELEASE);
    let jobs = release["jobs"].as_object().unwrap();
    let needs: BTreeSet<String> = jobs["publish"]["needs"].as_array().unwrap().iter().map(text).collect();
    let others: BTreeSet<String> = jobs.keys().filter(|name| *name != "publish").cloned().collect();
    assert_eq!(needs, others, "nothing is published before all of it was built and tried");
    // An archive, a package for Debian and a bill of materials from each build, and the wheels.
    let files = 3 * targets(&jobs["build"]).len() + targets(&jobs["wheel"]).len();
    assert!(read(RELEASE).contains(&format!("SHA256SUMS)\" -eq {files}")), "{files} files are released");
}

#[test]
fn what_installs_the_program_knows_its_files() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let metadata = &manifest["package"]["metadata"];
    // `cargo binstall` gets the archive that the release makes.
    let archive = metadata["binstall"]["pkg-url"].as_str().unwrap().rsplit('/').next().unwrap();
    assert_eq!(archive, "threepid-{ target }.tar.gz");
    assert!(read(RELEASE).contains("--file \"dist/threepid-$TARGET.tar.gz\""));
    // `cargo deb` finds all that it is told to put in, and all that is made is put in.
    let made = tempfile::tempdir().unwrap();
    let mut script = Command::new("bash");
    script.arg(root().join(".ci/assets")).arg(env!("CARGO_BIN_EXE_threepid")).arg(made.path());
    assert!(script.status().unwrap().success());
    let mut packed = 0;
    for asset in metadata["deb"]["assets"].as_array().unwrap() {
        let from = asset[0].as_str().unwrap();
        let found = match from.strip_prefix("target/assets/") {
            Some(inner) => {
                let glob = globset::Glob::new(inner).unwrap().compile_matcher();
                let count = files_below(made.path()).iter().filter(|file| glob.is_match(file)).count();
                packed += count;
                count > 0
            }
            None => from == "target/release/threepid" || root().join(from).is_file(),
        };
        assert!(found, "cargo deb: there is no {from}");
    }
    assert_eq!(packed, files_below(made.path()).len(), "something is made and not packed");
    // A page for each command, and the wheel's name and texts are the crate's.
    assert!(made.path().join("man/threepid-run.1").is_file() && made.path().join("man/threepid.1").is_file());
    let wheel: toml::Table = read("pyproject.toml").parse().unwrap();
    for key in ["name", "description", "license", "keywords", "readme"] {
        let own = manifest["package"].get(key).filter(|value| !value.is_table());
        let own = own.unwrap_or_else(|| &manifest["workspace"]["package"][key]);
        assert_eq!(&wheel["project"][key], own, "{key} in pyproject.toml");
    }
    assert_eq!(wheel["tool"]["maturin"]["bindings"].as_str(), Some("bin"));
}

/// The files of a folder and of those in it, by their paths from there.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for path in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path.strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    files
}

#[test]
fn the_release_is_what_the_action_downloads() {
    let release = yaml(RELEASE);
    let built = targets(&release["jobs"]["build"]);
    assert_eq!(targets(&yaml(CI)["jobs"]["static"]), built, "a change is built for what a release is");
    let target = Regex::new(r"target=(\S+)").unwrap();
    let wanted: BTreeSet<String> = target.captures_iter(&read(GET)).map(|found| found[1].to_owned()).collect();
    assert_eq!(built, wanted);
    assert!(read(RELEASE).contains("dist/threepid-$TARGET.tar.gz") && read(GET).contains("threepid-$target.tar.gz"));
    let archive = text(&yaml(GITLAB_SAMPLE)["variables"]["THREEPID_ARCHIVE"]);
    assert!(built.iter().any(|target| archive == format!("threepid-{target}.tar.gz")), "{archive}");
}

#[test]
fn the_image_gets_all_that_the_program_is_built_of() {
    let kept = read(".dockerignore");
    let manifest = read("Cargo.toml");
    let workspace: toml::Table = toml::from_str(&manifest).unwrap();
    let members = workspace["workspace"]["members"].as_array().unwrap().iter();
    let members = members.map(|member| member.as_str().unwrap().split('/').next().unwrap().to_owned());
    let named = Regex::new(r#"(?m)^path = "([a-z]+)/"#).unwrap();
    // What becomes part of the program stands in the build script, by folder and ending.
    let embedded = Regex::new(r#"\("([a-z]+)", "[a-z]+"\)"#).unwrap();
    let script = read("build.rs");
    let found = named.captures_iter(&manifest).chain(embedded.captures_iter(&script));
    let needed: BTreeSet<String> =
        found.map(|found| found[1].to_owned()).chain(members).chain(["build.rs".to_owned()]).collect();
    assert!(needed.len() >= 5, "{needed:?}");
    assert!(needed.contains("scenarios") && needed.contains("targets"), "{needed:?}");
    for name in needed {
        assert!(kept.lines().any(|line| line == format!("!/{name}")), ".dockerignore leaves out {name}");
    }
}

/// The scripts of the action, run as a runner runs them.
#[cfg(target_os = "linux")]
mod scripts {
    use std::net::TcpListener;

    use super::*;

    /// What a step left.
    struct Done {
        code: i32,
        said: String,
        outputs: BTreeMap<String, String>,
        /// What is shown on the job's page.
        summary: String,
        folder: tempfile::TempDir,
    }

    /// Runs a step of the action: its script with the environment that the action gives it.
    fn step(id: &str, given: &[(&str, &str)], overlay: &[(&str, &str)]) -> Done {
        let action = yaml(ACTION);
        let steps = steps(&action);
        let step = steps.iter().find(|step| step["id"] == id || step["name"] == id).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let outputs = folder.path().join("github-output");
        let mut command = Command::new("timeout");
        command.args(["120", "bash", "-c", step["run"].as_str().unwrap()]).current_dir(folder.path());
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        let summary = folder.path().join("github-step-summary");
        command.env("GITHUB_OUTPUT", &outputs).env("RUNNER_TEMP", folder.path());
        command.env("GITHUB_STEP_SUMMARY", &summary).env("GITHUB_ACTIONS", "true").env("CI", "true");
        for (name, value) in step["env"].as_object().unwrap() {
            let value = text(value);
            let inner = value.strip_prefix("${{ inputs.").and_then(|rest| rest.strip_suffix(" }}"));
            if let Some(input) = inner {
                let default = text(&action["inputs"][input]["default"]);
                let found = given.iter().find(|(name, _)| *name == input).map(|(_, value)| (*value).to_owned());
                command.env(name, found.unwrap_or(default));
            }
        }
        command.env("ACTION", root().join(ACTION).parent().unwrap()).env("PROGRAM", env!("CARGO_BIN_EXE_threepid"));
        command.envs(overlay.iter().copied());
        let ended = command.output().expect("the scripts need bash and timeout");
        let said = String::from_utf8_lossy(&ended.stdout) + String::from_utf8_lossy(&ended.stderr);
        let written = fs::read_to_string(outputs).unwrap_or_default();
        let pairs = written.lines().map(|line| line.split_once('=').unwrap());
        let outputs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let summary = fs::read_to_string(summary).unwrap_or_default();
        Done { code: ended.status.code().unwrap(), said: said.into_owned(), outputs, summary, folder }
    }

    impl Done {
        fn output(&self, name: &str) -> &str {
            self.outputs.get(name).unwrap_or_else(|| panic!("no output {name}: {:?}\n{}", self.outputs, self.said))
        }
    }

    /// Ports that nobody listens on.
    fn free() -> [String; 2] {
        let taken = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        taken.each_ref().map(|listener| listener.local_addr().unwrap().port().to_string())
    }

    /// A use of the action in this repository's own workflow, on ports that are free here.
    fn as_in_ci(id: &str) -> (Done, String) {
        let ci = yaml(CI);
        let steps = steps(&ci);
        let step = steps.iter().find(|step| step["id"] == id).unwrap();
        let [http, smtp] = free();
        let with = step["with"].as_object().unwrap().iter();
        let mut given: Vec<(String, String)> = with
            .map(|(name, value)| (name.clone(), text(value).replace(":8008", &format!(":{http}"))))
            .map(|(name, value)| (name, value.replace(":2525", &format!(":{smtp}"))))
            .collect();
        given.push(("smtp-listen".to_owned(), format!("127.0.0.1:{smtp}")));
        let given: Vec<(&str, &str)> = given.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        (self::step("run", &given, &[]), http)
    }

    #[test]
    fn a_homeserver_is_started_tested_and_ended() {
        let (done, port) = as_in_ci("correct");
        assert_eq!(
            (done.output("outcome"), done.output("exit-code"), done.code),
            ("conformant", "0", 0),
            "{}",
            done.said
        );
        assert!(done.output("pass").parse::<u32>().unwrap() > 50, "{:?}", done.outputs);
        let report = done.folder.path().join(done.output("report"));
        for file in ["report.json", "junit.xml", "summary.md", "homeserver.log"] {
            assert!(report.join(file).is_file(), "{file} is not there");
        }
        assert!(
            done.summary.contains("Conformant") && !done.said.contains("::error"),
            "{}\n{}",
            done.summary,
            done.said
        );
        // It listens no more, or this would fail.
        TcpListener::bind(format!("127.0.0.1:{port}")).unwrap();
    }

    #[test]
    fn a_fault_is_told_and_the_reports_are_left() {
        let (done, _) = as_in_ci("faulty");
        assert_eq!((done.output("outcome"), done.output("exit-code")), ("not-conformant", "1"), "{}", done.said);
        assert_eq!((done.output("fail"), done.code), ("1", 0), "the reports are uploaded by a later step");
        assert!(done.folder.path().join(done.output("report")).join("artifacts").is_dir());
        // The change's page shows what failed and where it is asked for; the job's page, the whole.
        let annotation = Regex::new(r"(?m)^::error .*add-email/wrong-password").unwrap();
        assert!(annotation.is_match(&done.said), "{}", done.said);
        assert!(
            done.summary.contains("Not conformant") && done.summary.contains("add-email/wrong-password"),
            "{}",
            done.summary
        );
    }

    /// A server that is there already: nothing is started, and nothing is ended.
    #[test]
    fn a_homeserver_that_runs_already_is_tested_and_left() {
        let [http, smtp] = free();
        let [listen, sink] = [&http, &smtp].map(|port| format!("127.0.0.1:{port}"));
        let place = crate::program::Place::new();
        let server = place.start(&["serve", "--listen", &listen, "--smtp", &sink]).wait_for("answers at");
        let given = [("homeserver", &*format!("http://{listen}")), ("smtp-listen", &sink), ("filter", "remove-email")];
        let done = step("run", &given, &[]);
        assert_eq!((done.output("outcome"), done.output("fail")), ("conformant", "0"), "{}", done.said);
        assert!(done.output("pass").parse::<u32>().unwrap() > 5, "{:?}", done.outputs);
        assert!(!done.folder.path().join(done.output("report")).join("homeserver.log").exists());
        assert!(std::net::TcpStream::connect(&listen).is_ok(), "it still answers");
        drop(server);
    }

    #[test]
    fn a_homeserver_that_does_not_come_up_is_told_as_that() {
        let [http, _] = free();
        let homeserver = format!("http://127.0.0.1:{http}");
        let begin = |command: &str, limit: &str| {
            let given = [("homeserver", &*homeserver), ("start-command", command), ("start-timeout", limit)];
            step("run", &given, &[])
        };
        let ended = begin("echo no database; exit 7", "60");
        assert_eq!((ended.output("outcome"), ended.output("exit-code")), ("could-not-tell", "3"));
        assert!(ended.said.contains("ended with 7") && ended.said.contains("no database"), "{}", ended.said);
        let silent = begin("read -r < <(tail --follow /dev/null)", "1");
        assert!(silent.said.contains("did not answer"), "{}", silent.said);
        assert_eq!(silent.output("exit-code"), "3");
        let wrong = begin("true", "soon");
        assert_eq!(wrong.output("outcome"), "wrong-usage", "{}", wrong.said);
    }

    #[test]
    fn what_a_caller_passes_is_never_a_command() {
        let hostile = "$(touch broken-out) `touch broken-out`; touch broken-out";
        let names = ["filter", "offers", "public-url", "accounts", "fail-on", "args", "homeserver", "target"];
        for name in names {
            // What is given first counts; without a hostile filter one trial is enough.
            let done = step("run", &[(name, hostile), ("filter", "add-email/email-free")], &[]);
            assert!(!done.output("exit-code").is_empty() && !done.said.is_empty(), "{name}");
            assert!(!done.folder.path().join("broken-out").exists(), "{name}: {}", done.said);
        }
    }

    #[test]
    fn the_last_step_ends_as_the_program_did() {
        for (code, fail, expected) in
            [("0", "true", 0), ("1", "true", 1), ("3", "true", 3), ("1", "false", 0), ("3", "false", 3)]
        {
            let done = step("Conclude", &[("fail", fail)], &[("CODE", code), ("OUTCOME", "told")]);
            assert_eq!(done.code, expected, "{code}, fail: {fail}");
        }
    }

    #[test]
    fn a_release_is_used_only_with_its_checksum() {
        let releases = tempfile::tempdir().unwrap();
        let place = releases.path().join("owner/threepid/releases/download/v1.2.3");
        fs::create_dir_all(&place).unwrap();
        let make = "printf '#!/bin/sh\necho threepid 1.2.3\n' > threepid && chmod +x threepid \
                    && archive=threepid-$(uname -m)-unknown-linux-musl.tar.gz \
                    && tar -czf $archive threepid && sha256sum $archive > SHA256SUMS";
        assert!(Command::new("bash").args(["-c", make]).current_dir(&place).status().unwrap().success());
        let server = format!("file://{}", releases.path().display());
        let get = |version: &str| {
            step("get", &[("version", version)], &[("SERVER", &server), ("REPOSITORY", "owner/threepid")])
        };

        let good = get("v1.2.3");
        assert_eq!(good.code, 0, "{}", good.said);
        assert!(PathBuf::from(good.output("program")).is_file() && good.said.contains("threepid 1.2.3"));

        let sums = fs::read_to_string(place.join("SHA256SUMS")).unwrap();
        let other = |sum: String| {
            fs::write(place.join("SHA256SUMS"), sum).unwrap();
            get("v1.2.3")
        };
        let altered = sums.replacen(sums.chars().next().unwrap(), if sums.starts_with('0') { "1" } else { "0" }, 1);
        for refused in [other(altered), other(sums.replace("threepid-", "other-")), other(String::new())] {
            assert!(refused.code == 1 && !refused.outputs.contains_key("program"), "{}", refused.said);
            assert!(refused.said.contains("is not what the SHA256SUMS"), "{}", refused.said);
        }
        assert!(get("v9.9.9").said.contains("could not be downloaded"));
        assert!(get("../../v1.2.3").said.contains("must be a release"));
    }
}
