//! The import table of `ARCHITECTURE.md`, kept true: which module may know of which.
//!
//! Walks the modules of `src/` as the compiler does, leaves out what is compiled for tests only, and holds every path
//! into another top-level module against the table.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

/// Each module and what it may import. A module that is not here may import nothing; one with `ALL` everything.
const TABLE: &[(&str, &[&str])] = &[
    // What all layers hand to each other, and what knows no other layer.
    ("model", &[]),
    ("html", &[]),
    ("snapshots", &[]),
    ("reference", &[]),
    // Leaves: each knows the plain data and nothing else.
    ("redact", &["model"]),
    ("report", &["model", "html"]),
    ("compare", &["model"]),
    ("explain", &["model", "scenario", "matching", "report"]),
    ("http", &["model"]),
    ("mail", &["model", "html"]),
    ("scenario", &["model"]),
    ("identity", &["model", "http"]),
    // The pipeline.
    ("matching", &["model", "scenario", "html"]),
    ("plan", &["model", "scenario"]),
    ("run", &["model", "scenario", "matching", "plan", "http", "mail", "html", "identity"]),
    ("judge", &["model", "scenario", "matching", "plan"]),
    ("target", &["model", "http", "mail"]),
    // What puts it together.
    (
        "suite",
        &[
            "model",
            "html",
            "snapshots",
            "reference",
            "redact",
            "http",
            "mail",
            "scenario",
            "identity",
            "matching",
            "plan",
            "run",
            "judge",
            "target",
        ],
    ),
    // The two users of the suite: tests of cargo, and the command line.
    (
        "libtest",
        &["model", "reference", "report", "mail", "scenario", "plan", "run", "judge", "target", "identity", "suite"],
    ),
    ("cli", ALL),
];

/// Stands for every module.
const ALL: &[&str] = &["*"];

/// The only places that know the homeserver the harness tests itself with, besides `cli`.
const KNOWS_REFERENCE: &[&str] = &["src/suite/embedded.rs", "src/libtest.rs"];

/// Libraries that one file each keeps from all others.
const ONE_FILE_EACH: &[(&str, &str)] =
    &[("smtp_proto", "src/mail/command.rs"), ("serde_saphyr", "src/scenario/yaml.rs")];

/// One file of the program, without comments, texts and what is for tests only.
struct Module {
    /// `src/mail/sink.rs`
    path: String,
    /// `["mail", "sink"]`
    names: Vec<String>,
    code: String,
}

#[test]
fn every_import_is_in_the_table() {
    let faults: Vec<String> = modules().iter().flat_map(not_allowed).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_table_has_every_module() {
    let found: BTreeSet<String> = modules().into_iter().map(|module| module.names[0].clone()).collect();
    let table: BTreeSet<String> = TABLE.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(found, table);
}

#[test]
fn the_walk_sees_the_whole_program() {
    let seen: BTreeSet<String> = modules().into_iter().map(|module| module.path).collect();
    for path in ["src/mail/session/secure.rs", "src/scenario/step/click.rs", "src/cli/run.rs", "src/model.rs"] {
        assert!(seen.contains(path), "{path} was not seen");
    }
    assert!(!seen.iter().any(|path| path.contains("/tests")), "tests may import what they like");
}

#[test]
fn a_library_stays_in_its_file() {
    let modules = modules();
    for (library, place) in ONE_FILE_EACH {
        let named: Vec<&str> =
            modules.iter().filter(|module| module.code.contains(library)).map(|module| module.path.as_str()).collect();
        assert_eq!(named, [*place], "{library}");
    }
}

#[test]
fn the_checker_finds_what_it_is_for() {
    for (path, code, imported) in [
        ("src/judge/verdict.rs", "use crate::http::Client;", "http"),
        ("src/judge/verdict.rs", "fn f() { crate::mail::Sink::start() }", "mail"),
        ("src/judge/verdict.rs", "use crate::{model::Level, run::{self, Context}};", "run"),
        ("src/judge/verdict.rs", "use super::super::http;", "http"),
        ("src/judge.rs", "use super::http::Client;", "http"),
        ("src/model/level.rs", "use crate::report;", "report"),
        ("src/reference/uia.rs", "use crate::model::Level;", "model"),
        ("src/suite/runner.rs", "use crate::cli::Exit;", "cli"),
        ("src/suite/runner.rs", "use crate::reference::Defect;", "reference"),
        ("src/report/html.rs", "use crate::judge::Verdict;", "judge"),
    ] {
        let faults = not_allowed(&module(path, code));
        assert_eq!(faults.len(), 1, "{path}: {code}: {faults:?}");
        assert!(faults[0].contains(&format!("`{imported}`")) && faults[0].starts_with(path), "{faults:?}");
    }
    for (path, code) in [
        ("src/judge/verdict.rs", "// use crate::http::Client;\n/* crate::mail */ let text = \"crate::mail\";"),
        ("src/judge/verdict.rs", "#[cfg(test)]\nmod tests {\n    use crate::run::Context;\n    fn f() {}\n}"),
        ("src/judge/verdict.rs", "#[cfg(test)]\nuse crate::run::Context;\nuse crate::plan::Trial;"),
        ("src/judge/verdict.rs", "let quote = '\"'; use crate::model::Level; let other = '\"';"),
        ("src/judge/verdict.rs", "use super::deviation::Deviation;"),
        ("src/suite/embedded.rs", "use crate::reference::{self, Config};"),
        ("src/cli/serve.rs", "use crate::reference; use crate::suite;"),
    ] {
        assert_eq!(not_allowed(&module(path, code)), Vec::<String>::new(), "{path}: {code}");
    }
}

fn module(path: &str, source: &str) -> Module {
    let names = path.trim_start_matches("src/").trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    Module { path: path.to_owned(), names, code: program_only(source) }
}

/// Every import of a file that the table does not allow.
fn not_allowed(module: &Module) -> Vec<String> {
    let own = module.names[0].as_str();
    let allowed = TABLE.iter().find(|(name, _)| *name == own).map_or(&[][..], |(_, allowed)| *allowed);
    imports(module)
        .into_iter()
        .filter(|name| name != own)
        .filter(|name| {
            let in_table = allowed == ALL || allowed.contains(&name.as_str());
            let reference = name != "reference" || own == "cli" || KNOWS_REFERENCE.contains(&module.path.as_str());
            !(in_table && reference)
        })
        .map(|name| {
            let may = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
            format!("{} imports `{name}`; `{own}` may import {may} (tests/layers.rs)", module.path)
        })
        .collect()
}

/// The top-level modules that a file names: `crate::name`, `crate::{name, …}`, or by climbing with `super`.
fn imports(module: &Module) -> BTreeSet<String> {
    static CRATE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bcrate\s*::\s*(\{|[a-z_]+)").unwrap());
    static SUPER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"((?:\bsuper\s*::\s*)+)([a-z_]+)").unwrap());
    let mut found = BTreeSet::new();
    for capture in CRATE.captures_iter(&module.code) {
        match &capture[1] {
            "{" => found.extend(heads(&module.code[capture.get(1).unwrap().end()..])),
            name => drop(found.insert(name.to_owned())),
        }
    }
    for capture in SUPER.captures_iter(&module.code) {
        if capture[1].matches("super").count() == module.names.len() {
            found.insert(capture[2].to_owned());
        }
    }
    found
}

/// The first name of each branch of `a::B, c::{D, E}}`.
fn heads(group: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let (mut depth, mut head) = (0, true);
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(String::new());
                head = true;
            }
            c if depth == 0 && head && (c.is_alphanumeric() || c == '_') => names.last_mut().unwrap().push(c),
            ' ' | '\n' => {}
            _ => head = false,
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// All files of the program that are compiled outside of tests.
fn modules() -> Vec<Module> {
    static DECLARED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bmod\s+([a-z_0-9]+)\s*;").unwrap());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
    let declared =
        |code: &str| -> Vec<String> { DECLARED.captures_iter(code).map(|capture| capture[1].to_owned()).collect() };
    let mut waiting: Vec<PathBuf> =
        declared(&program_only(&read(&root.join("src/lib.rs")))).into_iter().map(PathBuf::from).collect();
    let mut modules = Vec::new();
    while let Some(below) = waiting.pop() {
        let path = Path::new("src").join(&below).with_extension("rs");
        let found = module(path.to_str().unwrap(), &read(&root.join(&path)));
        waiting.extend(declared(&found.code).into_iter().map(|name| below.join(name)));
        modules.push(found);
    }
    modules
}

/// The source without comments, without what stands in texts, and without items that are for tests only.
fn program_only(source: &str) -> String {
    static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
        let comment = r"//[^\n]*|/\*.*?\*/";
        let raw = "r##\".*?\"##|r#\".*?\"#|r\"[^\"]*\"";
        let text = r#""(?:\\.|[^"\\])*""#;
        let letter = r"'(?:\\[^']*.|[^\\'])'";
        Regex::new(&format!("(?s){comment}|{raw}|{text}|{letter}")).unwrap()
    });
    let code = QUOTED.replace_all(source, " ");
    let mut kept = String::new();
    let mut rest = &*code;
    while let Some((before, after)) = rest.split_once("#[cfg(test)]") {
        kept.push_str(before);
        rest = &after[end_of_item(after)..];
    }
    kept + rest
}

/// Where an item ends: at its first `;` outside of braces, or with the brace that closes its first one.
fn end_of_item(code: &str) -> usize {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + 1,
            _ => continue,
        }
        // `use a::{b, c};` goes on after its brace.
        if depth == 0 && c == '}' && !code[at + 1..].trim_start().starts_with(';') {
            return at + 1;
        }
    }
    code.len()
}

#[test]
fn items_for_tests_end_where_they_end() {
    let left = |source| program_only(source).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(left("a #[cfg(test)] mod tests { fn f() { \"}\"; } } b"), "a b");
    assert_eq!(left("a #[cfg(test)] use x::{y, z}; b"), "a b");
    assert_eq!(left("#[cfg(test)]\nmod tests;\nfn b() {}"), "fn b() {}");
    assert_eq!(heads("a::B, c::{D, e}, f}"), ["a", "c", "f"]);
}
