//! What can drift in the documentation, kept: tables made from the program, links, and the first commands.
//!
//! A block between `<!-- generated: name -->` and `<!-- end -->` is what this test makes of the program.
//! `THREEPID_UPDATE_DOCS=1 cargo test --test docs` writes it anew.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;
use serde_json::Value;
use threepid::cli::Exit;
use threepid::explain::{NOT_TESTED, coverage_table};
use threepid::model::Report;
use threepid::scenario::{Filter, NEEDS, Placeholder, TYPES, json_schema};

/// Every document that is not part of the book.
const DOCUMENTS: &[&str] = &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "scenarios/README.md"];

/// What the book has from elsewhere in the repository.
const ELSEWHERE: &[&str] = &["../README.md", "../scenarios/README.md"];

/// Every document, by its path.
fn documents() -> Vec<String> {
    let mut documents: Vec<String> = DOCUMENTS.iter().map(|&path| path.to_owned()).collect();
    documents.extend(pages(&root().join("docs")).into_iter().map(|page| format!("docs/{page}")));
    documents
}

/// The pages in a folder and below it, by their paths from there.
fn pages(folder: &Path) -> Vec<String> {
    let (mut pages, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for path in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    pages.sort();
    pages
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

#[test]
fn generated_blocks_are_what_the_program_says() {
    let block = Regex::new(r"(?s)(<!-- generated: ([a-z-]+) -->\n)(.*?)(<!-- end -->)").unwrap();
    let mut seen = BTreeSet::new();
    for document in documents() {
        let text = read(&document);
        let made = block.replace_all(&text, |capture: &regex::Captures<'_>| {
            seen.insert(capture[2].to_owned());
            format!("{}\n{}\n{}", &capture[1], generated(&capture[2]), &capture[4])
        });
        if made == text {
            continue;
        }
        if std::env::var_os("THREEPID_UPDATE_DOCS").is_some() {
            fs::write(root().join(&document), &*made).unwrap();
        } else {
            panic!("{document} is out of date: THREEPID_UPDATE_DOCS=1 cargo test --test docs");
        }
    }
    assert_eq!(seen.len(), 19, "{seen:?}");
}

#[test]
fn the_layout_of_a_record_is_what_the_program_writes() {
    let made = format!("{:#}\n", Report::json_schema());
    let path = root().join("docs/report.schema.json");
    if std::env::var_os("THREEPID_UPDATE_DOCS").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "docs/report.schema.json is out of date: THREEPID_UPDATE_DOCS=1 cargo test --test docs");
}

#[test]
fn the_coverage_table_is_what_the_program_says() {
    let suite = threepid::shipped::suite().map_err(|(sources, faults)| faults.render(&sources, false, 100)).unwrap();
    let made = coverage_table(&suite);
    let path = root().join("docs/coverage.md");
    if std::env::var_os("THREEPID_UPDATE_DOCS").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "docs/coverage.md is out of date: THREEPID_UPDATE_DOCS=1 cargo test --test docs");
}

fn generated(name: &str) -> String {
    let schema = json_schema();
    match name {
        "scenarios" => scenarios(),
        "scenario-keys" => keys(&schema["anyOf"][0], &[]),
        "rule-keys" => keys(&schema["anyOf"][2], LEVELS),
        "rule-expectations" => keys(&schema["anyOf"][2]["properties"][LEVELS[0]]["anyOf"][0], &general(&schema)),
        "request-facts" => keys(&only(&schema)["request"]["anyOf"][0], &[]),
        "operation-facts" => keys(&only(&schema)["operation"]["anyOf"][0], &[]),
        "remember-keys" => keys(&schema["anyOf"][2]["properties"]["remember"], &[]),
        "input-keys" => keys(&schema["anyOf"][1]["properties"]["inputs"]["additionalProperties"], &[]),
        "rules" => rules(),
        "not-tested" => NOT_TESTED.to_owned(),
        "fragments" => fragments(),
        "fragment-keys" => keys(&schema["anyOf"][1], &[]),
        "steps" => steps(&schema),
        "expectation-keys" => expectation(&schema),
        "operators" => table(["operator", "matches"], rows(&schema["$defs"]["operators"]["properties"])),
        "types" => types(),
        "filters" => {
            table(["filter", "the value"], Filter::NAMES.iter().map(|(name, about)| [code(name), (*about).into()]))
        }
        "needs" => table(
            ["need", "the target", "how it is known"],
            NEEDS.iter().map(|need| {
                let how = if need.configured { "configuration" } else { "probed" };
                [code(need.name), need.about.to_owned(), how.to_owned()]
            }),
        ),
        "facts" => {
            let facts = Placeholder::ACTOR_FACTS.iter().map(|fact| format!("`<alice.{fact}>`"));
            facts.collect::<Vec<_>>().join(" · ") + "\n"
        }
        other => panic!("nothing is known of the block `{other}`"),
    }
}

fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(N));
    for row in rows {
        text.push_str(&format!("| {} |\n", row.map(|cell| cell.replace('|', "\\|")).join(" | ")));
    }
    text
}

fn code(name: &str) -> String {
    format!("`{name}`")
}

/// Each name and its description.
fn rows(properties: &Value) -> Vec<[String; 2]> {
    let entries = properties.as_object().unwrap().iter();
    entries.map(|(name, value)| [code(name), value["description"].as_str().unwrap_or_default().to_owned()]).collect()
}

/// The index of scenarios, as `threepid list` has them.
fn scenarios() -> String {
    let suite = threepid::shipped::suite().expect("the shipped scenarios are sound");
    let mut text = String::new();
    let mut folder = "";
    for scenario in &suite.scenarios {
        let (own, name) = scenario.id.rsplit_once('/').unwrap();
        if own != folder {
            folder = own;
            text.push_str(&format!("\n**{own}**\n\n"));
        }
        let cases = scenario.cases.iter().filter(|case| case.name.is_some()).count();
        let cases = if cases > 1 { format!(" ({cases} cases)") } else { String::new() };
        text.push_str(&format!("- [`{name}`](../scenarios/{}.yaml): {}{cases}\n", scenario.id, scenario.title));
    }
    text.trim_start().to_owned()
}

/// The rules over all exchanges.
fn rules() -> String {
    let suite = threepid::shipped::suite().expect("the shipped scenarios are sound");
    let rules = suite.contract.rules.iter();
    table(["rule", "what holds"], rules.map(|rule| [code(&rule.id), rule.title.clone()]))
}

/// The fragments, with what each takes and gives.
fn fragments() -> String {
    let folder = root().join("scenarios/fragments");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let names = |list: Vec<&str>| list.into_iter().map(|name| format!("`<{name}>`")).collect::<Vec<_>>().join(" ");
    table(
        ["fragment", "reaches", "inputs", "outputs"],
        paths.iter().map(|path| {
            let fragment: Value = serde_saphyr::from_str(&fs::read_to_string(path).unwrap()).unwrap();
            let inputs = fragment["inputs"].as_object().map(|inputs| inputs.keys().map(String::as_str).collect());
            let outputs = fragment["outputs"].as_array().map(|list| list.iter().filter_map(Value::as_str).collect());
            [
                code(path.file_stem().unwrap().to_str().unwrap()),
                fragment["title"].as_str().unwrap().to_owned(),
                names(inputs.unwrap_or_default()),
                names(outputs.unwrap_or_default()),
            ]
        }),
    )
}

/// The keys of a mapping, but for some.
fn keys(mapping: &Value, without: &[&str]) -> String {
    let required = |name: &str| mapping["required"].as_array().is_some_and(|list| list.iter().any(|key| key == name));
    let own = mapping["properties"].as_object().unwrap().iter();
    table(
        ["key", "value", "meaning"],
        own.filter(|(name, _)| !without.contains(&name.as_str())).map(|(name, value)| {
            let about = value["description"].as_str().unwrap_or_default();
            let needed = if required(name) { " Required." } else { "" };
            [code(name), kind(value), format!("{about}{needed}")]
        }),
    )
}

/// What a rule may say of the exchanges that it is about.
fn only(schema: &Value) -> &Value {
    &schema["anyOf"][2]["properties"]["only"]["properties"]
}

/// The same without the placeholder that may stand for it.
fn bare(value: &Value) -> &Value {
    match value["anyOf"].as_array().map(Vec::as_slice) {
        Some([own, other]) if other["$ref"] == "#/$defs/placeholder" => own,
        _ => value,
    }
}

/// What a value may be, in a word.
fn kind(value: &Value) -> String {
    let value = bare(value);
    if let Some(name) = value["$ref"].as_str() {
        return name.rsplit('/').next().unwrap().to_owned();
    }
    if let Some(words) = value["enum"].as_array() {
        return words.iter().filter_map(Value::as_str).map(code).collect::<Vec<_>>().join(", ");
    }
    match value["type"].as_str() {
        Some("string") => "text",
        Some("integer") => "number",
        Some("boolean") => "true or false",
        Some("array") => "list",
        Some("object") => "mapping",
        _ => "any JSON",
    }
    .to_owned()
}

/// The levels of expectations.
const LEVELS: &[&str] = &["must", "security", "should", "convention"];

/// All kinds of steps: what they do, their own keys, and what can be expected of each.
fn steps(schema: &Value) -> String {
    let kinds = schema["$defs"]["step"]["anyOf"].as_array().unwrap();
    let shared: Vec<&str> = kinds[0]["properties"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .filter(|key| kinds.iter().all(|kind| kind["properties"].get(*key).is_some()))
        .collect();
    let mut text = String::from("Every step may have, beside the key that says what is done:\n\n");
    let common: serde_json::Map<String, Value> =
        shared.iter().map(|key| ((*key).to_owned(), kinds[0]["properties"][*key].clone())).collect();
    text.push_str(&keys(&serde_json::json!({"properties": common}), &[]));
    let methods: Vec<&str> = kinds.iter().map(action).filter(|name| name.chars().all(char::is_uppercase)).collect();
    for kind in kinds {
        let name = action(kind);
        if methods[1..].contains(&name) {
            continue;
        }
        let is_request = name == methods[0];
        let title = if is_request {
            methods.iter().map(|method| code(method)).collect::<Vec<_>>().join(", ")
        } else {
            code(name)
        };
        let about = kind["properties"][name]["description"].as_str().unwrap_or_default();
        text.push_str(&format!("\n### {title}\n\n{about}\n"));
        let without: Vec<&str> = shared.iter().chain(LEVELS).copied().chain([name]).collect();
        let beside = keys(kind, &without);
        if beside.lines().count() > 2 {
            text.push_str(&format!("\nBeside {title}:\n\n{beside}"));
        }
        // What is done may be a mapping with keys of its own.
        let done = bare(&kind["properties"][name]);
        if done["properties"].is_object() {
            let below = keys(done, &[]);
            text.push_str(&format!("\nBelow {title}, one level deeper:\n\n{below}"));
        }
        if let Some(observed) = kind["properties"].get(LEVELS[0]) {
            let seen = keys(&observed["anyOf"][0], &general(schema));
            if seen.lines().count() > 2 {
                text.push_str(&format!("\nWhat can be expected, in a level beside {title}:\n\n{seen}"));
            }
        }
    }
    text
}

/// The keys that every expectation may have, whatever it is about.
fn expectation(schema: &Value) -> String {
    let kinds = schema["$defs"]["step"]["anyOf"].as_array().unwrap();
    let mut mapping = kinds[0]["properties"][LEVELS[0]]["anyOf"][0].clone();
    let general = general(schema);
    mapping["properties"].as_object_mut().unwrap().retain(|key, _| general.contains(&key.as_str()));
    keys(&mapping, &[])
}

/// The names of these keys: all kinds of steps have them.
fn general(schema: &Value) -> Vec<&str> {
    let kinds = schema["$defs"]["step"]["anyOf"].as_array().unwrap();
    let all = kinds.iter().filter_map(|kind| kind["properties"][LEVELS[0]]["anyOf"][0]["properties"].as_object());
    let all: Vec<_> = all.collect();
    all[0].keys().map(String::as_str).filter(|key| all.iter().all(|keys| keys.contains_key(*key))).collect()
}

/// The key that says what a step does.
fn action(kind: &Value) -> &str {
    kind["required"][0].as_str().unwrap()
}

fn types() -> String {
    table(
        ["type", "a value", "`<type>`, without a name", "made by the harness", "secret"],
        TYPES.iter().map(|facts| {
            let yes = |flag: bool, word: &str| if flag { word.to_owned() } else { String::new() };
            let alone = if facts.binds { "remembers it" } else { "only checks it" };
            [code(facts.name), facts.about.into(), alone.into(), yes(facts.generated, "yes"), yes(facts.secret, "yes")]
        }),
    )
}

/// The examples in the language's reference: path and text.
fn examples() -> Vec<(String, String)> {
    let example = Regex::new(r"(?s)<!-- example: ([a-z/-]+\.yaml) -->\n\n```yaml\n(.*?)```").unwrap();
    let text = read("scenarios/README.md");
    example.captures_iter(&text).map(|found| (found[1].to_owned(), found[2].to_owned())).collect()
}

#[test]
fn the_examples_are_sound_and_pass() {
    let mine = tempfile::tempdir().unwrap();
    let examples = examples();
    for (path, text) in &examples {
        let file = mine.path().join("mine").join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        assert!((8..=24).contains(&text.lines().count()), "{path} has {} lines", text.lines().count());
    }
    let folders: BTreeSet<&str> = examples.iter().filter_map(|(path, _)| path.split('/').next()).collect();
    assert_eq!(folders, BTreeSet::from(["adding", "contract", "fragments"]));
    for arguments in [&["check", "mine"][..], &["run", "--scenarios", "mine", "--target", "reference"]] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_threepid"));
        let ended = program.args(arguments).current_dir(mine.path()).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
        assert!(ended.status.success(), "{arguments:?}: {said}");
    }
    // With the promise broken, the example says so.
    let mut broken = Command::new(env!("CARGO_BIN_EXE_threepid"));
    broken.args(["run", "--scenarios", "mine", "--target", "reference", "--defect", "accepts-any-password"]);
    let ended = broken.current_dir(mine.path()).output().unwrap();
    assert_eq!(ended.status.code(), Some(1), "{}", String::from_utf8_lossy(&ended.stdout));
}

#[test]
fn the_readme_begins_with_the_first_commands() {
    let readme = read("README.md");
    let block = Regex::new(r"(?s)```sh\n(.*?)```").unwrap();
    let commands: Vec<&str> = block.captures_iter(&readme).map(|found| found.get(1).unwrap().as_str().trim()).collect();
    let clone = concat!("git clone ", env!("CARGO_PKG_REPOSITORY"), "\ncd threepid");
    assert_eq!(commands[..3], [clone, "cargo run --release -- run", "cargo test"]);
}

#[test]
fn the_documents_have_every_exit_code() {
    let page = read("docs/first-run.md");
    let exits =
        [Exit::Ok, Exit::NotConformant, Exit::Usage, Exit::Failure, Exit::Nothing, Exit::Regression, Exit::Interrupted];
    for exit in exits {
        let code = exit.code();
        assert!(page.contains(&format!("\n| {code} |")), "{code}");
    }
}

#[test]
fn links_lead_somewhere() {
    let mut seen = 0;
    for document in documents() {
        let folder = root().join(&document).parent().unwrap().to_owned();
        for (to, anchor) in links(&read(&document)) {
            seen += 1;
            let path = folder.join(&to);
            assert!(path.exists(), "{document} links to {to}, which is not there");
            if let Some(anchor) = anchor {
                let text = if to.is_empty() { read(&document) } else { fs::read_to_string(&path).unwrap() };
                assert!(headings(&text).contains(&anchor), "{document}: {to} has no heading #{anchor}");
            }
        }
    }
    assert!(seen > 200, "only {seen} links were seen");
}

/// Where a document leads to: a path from its folder, empty for itself, and a heading there. Other sites are left out.
fn links(text: &str) -> Vec<(String, Option<String>)> {
    let link = Regex::new(r#"\]\(([^)#\s]*)(?:#([^)\s]+))?\)|<img src="([^"]+)""#).unwrap();
    let found = link.captures_iter(text).map(|found| {
        let to = found.get(1).or(found.get(3)).map_or("", |to| to.as_str());
        (to.to_owned(), found.get(2).map(|anchor| anchor.as_str().to_owned()))
    });
    found.filter(|(to, _)| !to.contains("://")).collect()
}

/// The names under which a document's headings are reached.
fn headings(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let name = |line: &str| {
        let kept = line.trim_start_matches('#').trim().to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(name).collect()
}

#[test]
fn every_page_is_in_the_book_once() {
    let summary: Vec<String> = links(&read("docs/SUMMARY.md")).into_iter().map(|(to, _)| to).collect();
    let once: BTreeSet<&String> = summary.iter().collect();
    assert_eq!(once.len(), summary.len(), "{summary:?}");
    let mut there: BTreeSet<String> = pages(&root().join("docs")).into_iter().collect();
    there.remove("SUMMARY.md");
    there.extend(ELSEWHERE.iter().map(|&page| page.to_owned()));
    assert_eq!(summary.into_iter().collect::<BTreeSet<_>>(), there);
}

/// The source that mdBook gets: whole, with what the program makes, and without a link that leads nowhere.
#[cfg(unix)]
#[test]
fn the_book_is_whole() {
    let place = tempfile::tempdir().unwrap();
    let mut build = std::process::Command::new(root().join("docs/build"));
    let built = build.arg(env!("CARGO_BIN_EXE_threepid")).arg(place.path()).output().unwrap();
    assert!(built.status.success(), "{built:?}");
    let pages = pages(place.path());
    assert!(pages.iter().filter(|page| page.starts_with("behaviours/flows/")).count() > 5, "{pages:?}");
    for page in &pages {
        let path = place.path().join(page);
        for (to, anchor) in links(&fs::read_to_string(&path).unwrap()) {
            let to = if to.is_empty() { path.clone() } else { path.parent().unwrap().join(&to) };
            assert!(to.exists(), "{page} links to {}, which is not in the book", to.display());
            if let Some(anchor) = anchor {
                let there = fs::read_to_string(&to).unwrap();
                let own = there.contains(&format!("id=\"{anchor}\""));
                assert!(own || headings(&there).contains(&anchor), "{page}: {} has no #{anchor}", to.display());
            }
        }
    }
    let summary = fs::read_to_string(place.path().join("SUMMARY.md")).unwrap();
    let listed: BTreeSet<String> = links(&summary).into_iter().map(|(to, _)| to).collect();
    let missing: Vec<&String> = pages.iter().filter(|page| !listed.contains(*page) && *page != "SUMMARY.md").collect();
    assert!(missing.is_empty(), "not in the book's contents: {missing:?}");
}

#[test]
fn files_that_the_documents_name_are_there() {
    // Paths in code font, as far as they are some of this repository.
    let path =
        Regex::new(r"`((?:src|crates|tests|targets|scenarios|snapshots|examples|\.ci|\.github)/[A-Za-z0-9_./-]+)`")
            .unwrap();
    for document in documents() {
        for capture in path.captures_iter(&read(&document)) {
            let named: PathBuf = root().join(&capture[1]);
            assert!(named.exists(), "{document} names {}, which is not there", &capture[1]);
        }
    }
}

#[test]
fn the_architecture_describes_every_crate_and_module() {
    let text = read("ARCHITECTURE.md");
    let module = Regex::new(r"(?m)^pub mod ([a-z_]+);").unwrap();
    let crates = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    for lib in crates.map(|folder| folder.join("src/lib.rs")).chain([root().join("src/lib.rs")]) {
        for capture in module.captures_iter(&fs::read_to_string(&lib).unwrap()) {
            assert!(text.contains(&format!("| `{}` |", &capture[1])), "{} has no row in ARCHITECTURE.md", &capture[1]);
        }
    }
}

/// A row of a promise that nothing holds is worse than none.
#[test]
fn every_row_about_robustness_names_a_test_that_there_is() {
    let test =
        Regex::new("#\\[(?:tokio::)?test[^\\]]*\\]\\s*(?:#\\[[^\\]]*\\]\\s*)*(?:async )?fn ([a-z0-9_]+)").unwrap();
    // Of a harness of its own.
    let trial = Regex::new("\\(\"([a-z0-9_]+)\", [a-z]+::[a-z0-9_]+\\)").unwrap();
    let mut folders = vec![root().join("tests"), root().join("src"), root().join("crates")];
    let mut tests = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let all = test.captures_iter(&text).chain(trial.captures_iter(&text));
                tests.extend(all.map(|capture| capture[1].to_owned()));
            }
        }
    }
    let text = read("docs/robustness.md");
    let rows = text.lines().filter(|line| line.matches(" | ").count() == 4 && !line.starts_with("| input or event"));
    let name = Regex::new("`(…?[a-z0-9]*_[a-z0-9_]+|records)`").unwrap();
    let mut findings = BTreeSet::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let named: Vec<String> = name.captures_iter(cells[3]).map(|capture| capture[1].to_owned()).collect();
        assert!(!named.is_empty(), "this row names no test: {row}");
        for one in named {
            // `…_for_an_account` ends like its neighbour begins.
            let there = match one.strip_prefix('…') {
                Some(end) => tests.iter().any(|test| test.ends_with(end)),
                None => tests.contains(&one),
            };
            assert!(there, "there is no test `{one}`: {row}");
        }
        let numbers = cells[4].split(" to ").map(|number| number.trim().parse::<u8>());
        match numbers.collect::<Result<Vec<u8>, _>>().as_deref() {
            Ok([from, to]) => findings.extend(*from..=*to),
            Ok([one]) => drop(findings.insert(*one)),
            _ => assert_eq!(cells[4].trim(), "–", "{row}"),
        }
    }
    assert_eq!(findings, (1..=20).collect(), "each finding has a row");
}
