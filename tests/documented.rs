//! Every command in the README and in `docs/` is run, in order, page by page.
//!
//! Takes the fenced blocks: lines of `sh` and whole `python` blocks are run in a folder of the page's own, with a homeserver
//! where the page says that one is; `<!-- file: PATH -->` before a block writes it there. A line ends with 0, or as
//! `# exits with N` says. A block after `<!-- not run: REASON -->` is not run; its arguments must be right all the same.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser;
use regex::Regex;
use threepid::cli::Cli;

#[expect(dead_code, reason = "the tests of the command line use the rest")]
#[path = "program/mod.rs"]
mod program;

/// Where the documents say that a homeserver is, and where mail is taken.
const HOMESERVER: &str = "127.0.0.1:8008";
const SMTP: &str = "127.0.0.1:2525";

/// A fenced block.
struct Block {
    language: String,
    text: String,
    /// Why it is not run.
    kept: Option<String>,
    /// The file that it is.
    file: Option<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The README and the pages of the book.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md")];
    for folder in ["docs", "docs/servers"] {
        let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        pages.extend(entries.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    pages.sort();
    pages
}

fn blocks(page: &Path) -> Vec<Block> {
    let text = fs::read_to_string(page).unwrap();
    let fenced = Regex::new(r"(?m)(?:^<!-- (not run|file): (.+) -->\n\n?)?^```(\w+)\n((?s:.*?))^```$").unwrap();
    let blocks = fenced.captures_iter(&text).map(|found| {
        let marked = |kind: &str| found.get(1).filter(|own| own.as_str() == kind).map(|_| found[2].to_owned());
        Block {
            language: found[3].to_owned(),
            text: found[4].to_owned(),
            kept: marked("not run"),
            file: marked("file"),
        }
    });
    blocks.collect()
}

/// The lines of a script, those that go on behind a `\` put together.
fn lines(script: &str) -> Vec<String> {
    script.replace("\\\n", " ").lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}

/// A line as it would be with the program installed.
fn installed(line: &str) -> String {
    let before = ["cargo run --release -- ", "uvx threepid ", "pipx run threepid "];
    match before.iter().find_map(|before| line.strip_prefix(before)) {
        Some(rest) => format!("threepid {rest}"),
        None => line.to_owned(),
    }
}

/// The exit code that a line says it has.
fn expected(line: &str) -> i32 {
    line.split("# exits with ").nth(1).map_or(0, |code| code.trim().parse().unwrap())
}

#[test]
fn every_command_of_the_documents_runs() {
    let counted: usize = std::thread::scope(|scope| {
        let running: Vec<_> = pages().into_iter().map(|page| scope.spawn(move || run_page(&page))).collect();
        running.into_iter().map(|page| page.join().unwrap()).sum()
    });
    assert!(counted > 30, "only {counted} commands were run");
}

/// Runs what stands on a page, and gives how much that was.
fn run_page(page: &Path) -> usize {
    let place = program::Place::new();
    let programs = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_threepid"), programs.path().join("threepid")).unwrap();
    let path = format!("{}:{}", programs.path().display(), std::env::var("PATH").unwrap());
    let smtp = program::free_address().to_string();
    let blocks = blocks(page);
    // A homeserver that sends its mail where the page's commands will take it.
    let there = blocks.iter().filter(|block| block.kept.is_none()).any(|block| block.text.contains(HOMESERVER));
    let server =
        there.then(|| place.start(&["serve", "--listen", "127.0.0.1:0", "--smtp", &smtp]).wait_for("answers at"));
    let homeserver = server.as_ref().map(|server| {
        let said = server.out().split("answers at http://").nth(1).unwrap();
        said.split(';').next().unwrap().to_owned()
    });
    let here = |text: &str| {
        let text = text.replace(SMTP, &smtp);
        homeserver.as_ref().map_or_else(|| text.clone(), |homeserver| text.replace(HOMESERVER, homeserver))
    };
    let mut counted = 0;
    for block in blocks.iter().filter(|block| block.kept.is_none()) {
        if let Some(file) = &block.file {
            place.write(file, &here(&block.text));
        }
        let scripts = match &*block.language {
            "sh" => lines(&block.text),
            "python" => vec![format!("python3 - <<'END'\n{}\nEND", block.text)],
            _ => continue,
        };
        for line in scripts {
            let mut script = here(&installed(&line));
            for command in ["run", "doctor"].iter().filter(|_| server.is_some()) {
                let with = format!("threepid {command} --smtp-listen {smtp} ");
                script = script.replacen(&format!("threepid {command} "), &with, 1);
            }
            let mut bash = Command::new("timeout");
            bash.args(["300", "bash", "-c", &script]).current_dir(place.path()).env("PATH", &path);
            for name in ["CI", "GITHUB_ACTIONS", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"] {
                bash.env_remove(name);
            }
            let ended = bash.output().expect("the commands need bash and timeout");
            let said = String::from_utf8_lossy(&ended.stdout) + String::from_utf8_lossy(&ended.stderr);
            let last: Vec<&str> = said.lines().rev().take(40).collect();
            let last: Vec<&str> = last.into_iter().rev().collect();
            let code = ended.status.code().unwrap();
            assert_eq!(code, expected(&line), "{}: {line}\n{}", page.display(), last.join("\n"));
            counted += 1;
        }
    }
    counted
}

/// What cannot be run here takes the arguments that it is given, at least.
#[test]
fn every_command_has_arguments_that_there_are() {
    let mut counted = 0;
    let others = ["CONTRIBUTING.md", "scenarios/README.md"].map(|path| root().join(path));
    for page in pages().into_iter().chain(others) {
        for block in blocks(&page).iter().filter(|block| block.language == "sh") {
            for line in lines(&block.text).iter().map(|line| installed(line)) {
                let Some(arguments) = line.split_once("threepid ").filter(|(before, _)| !before.contains("build"))
                else {
                    continue;
                };
                // The shell says what the words are.
                let script = format!("printf '%s\\0' threepid {}", arguments.1.split(['>', '|']).next().unwrap());
                let split = Command::new("bash").args(["-c", &script]).output().unwrap();
                let words = String::from_utf8(split.stdout).unwrap();
                let words = words.trim_end_matches('\0').split('\0');
                if let Err(fault) = Cli::try_parse_from(words) {
                    panic!("{}: {line}\n{fault}", page.display());
                }
                counted += 1;
            }
        }
    }
    assert!(counted > 40, "only {counted} commands were seen");
}

#[test]
fn what_is_not_run_says_why() {
    let kept: Vec<_> = pages().iter().flat_map(|page| blocks(page)).filter_map(|block| block.kept).collect();
    assert!(!kept.is_empty() && kept.iter().all(|reason| reason.split(' ').count() > 2), "{kept:?}");
    for page in pages() {
        let marks = fs::read_to_string(&page).unwrap().matches("<!-- not run: ").count();
        let seen = blocks(&page).iter().filter(|block| block.kept.is_some()).count();
        assert_eq!(marks, seen, "{}: a mark without a block behind it", page.display());
    }
}
