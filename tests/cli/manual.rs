//! What packages install beside the program says the same as `--help`.

use std::collections::BTreeSet;
use std::fs;

use regex::Regex;

use crate::program::Place;

/// The commands that the program's own help lists.
fn commands() -> BTreeSet<String> {
    let help = Place::new().run(&["--help"]).expect(0).out;
    let listed = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let name = Regex::new(r"(?m)^  ([a-z-]+)  ").unwrap();
    name.captures_iter(listed).map(|found| found[1].to_owned()).filter(|name| name != "help").collect()
}

#[test]
fn every_command_has_a_manual_page() {
    let place = Place::new();
    place.run(&["man", "pages/man1"]).expect(0);
    let commands = commands();
    assert!(commands.contains("run") && commands.contains("sink"), "{commands:?}");
    let page = |name: &str| fs::read_to_string(place.path().join("pages/man1").join(name)).unwrap();
    for command in &commands {
        assert!(page(&format!("threepid-{command}.1")).contains(".SH SYNOPSIS"), "{command}");
        assert!(page("threepid.1").contains(&format!("threepid\\-{}(1)", command.replace('-', "\\-"))), "{command}");
    }
    assert!(page("threepid-run.1").contains("\\-\\-homeserver"), "{}", page("threepid-run.1"));
    place.write("taken", "not a folder");
    place.run(&["man", "taken"]).expect(3).says(&["taken", "another folder"]);
}

#[test]
fn shells_complete_every_command() {
    let commands = commands();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = Place::new().run(&["completions", shell]).expect(0).out;
        for word in commands.iter().map(String::as_str).chain(["homeserver", "fail-on"]) {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
    }
    Place::new().run(&["completions", "cmd"]).expect(2).says(&["cmd", "powershell"]);
}

/// A script with a fault would make every new shell of a person say so.
#[test]
fn bash_reads_its_completions() {
    let place = Place::new();
    let script = place.run(&["completions", "bash"]).expect(0).out;
    place.write("script", &script);
    let complete =
        "source ./script; COMP_WORDS=(threepid ru); COMP_CWORD=1; _threepid threepid ru threepid; echo ${COMPREPLY[*]}";
    let bash = std::process::Command::new("bash").args(["-c", complete]).current_dir(place.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&bash.stdout).trim(), "run", "{bash:?}");
}
