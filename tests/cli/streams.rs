//! Which words go where, and in which colours.

use std::path::Path;

use crate::program::Place;

const FAILING: [&str; 4] = ["run", "add-email/wrong-password", "--defect", "accepts-any-password"];

#[test]
fn results_go_to_stdout_and_errors_to_stderr() {
    let failed = Place::new().run(&FAILING).expect(1);
    assert!(failed.out.contains("FAIL") && failed.err.is_empty(), "{}", failed.err);
    let refused = Place::new().run(&["run", "no/such"]).expect(4);
    assert!(refused.out.is_empty() && refused.err.starts_with("threepid: "), "{}", refused.err);
}

#[test]
fn colours_follow_flag_then_environment_then_stream() {
    let coloured = |place: Place, more: &[&str]| {
        let args: Vec<&str> = FAILING.iter().chain(more).copied().collect();
        place.run(&args).expect(1).out.contains('\u{1b}')
    };
    assert!(!coloured(Place::new(), &[]), "a pipe has no colours");
    assert!(coloured(Place::new().with("CLICOLOR_FORCE", "1"), &[]));
    assert!(!coloured(Place::new().with("CLICOLOR_FORCE", "1").with("NO_COLOR", "1"), &[]));
    assert!(coloured(Place::new().with("CLICOLOR_FORCE", "1").with("NO_COLOR", ""), &[]), "an empty NO_COLOR is none");
    assert!(coloured(Place::new().with("NO_COLOR", "1"), &["--color", "always"]));
    assert!(!coloured(Place::new().with("FORCE_COLOR", "1"), &["--color", "never"]));
}

#[test]
fn faults_in_scenarios_have_no_colours_in_a_pipe() {
    let place = Place::new();
    place.write("mine/a/b.yaml", "title: x\n");
    assert!(!place.run(&["check", "mine"]).expect(2).err.contains('\u{1b}'));
    let place = place.with("CLICOLOR_FORCE", "1");
    assert!(place.run(&["check", "mine"]).expect(2).err.contains('\u{1b}'));
}

#[test]
fn the_report_keeps_to_the_columns_there_are() {
    for columns in [60, 140] {
        let out = Place::new().with("COLUMNS", &columns.to_string()).run(&FAILING).expect(1).out;
        // What is there to be copied stays on one line.
        let command = |line: &&str| ["curl ", "threepid run "].iter().any(|word| line.trim_start().starts_with(word));
        let lines = out.lines().filter(|line| !command(line) && !line.contains("://"));
        let widest = lines.max_by_key(|line| line.chars().count()).unwrap();
        assert!(widest.chars().count() <= columns, "{columns}: {widest}");
    }
}

/// What is not written must not pass for done. A reader that has gone is another thing.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_3_and_a_reader_that_has_gone_is_not() {
    let place = Place::new();
    place.run(&["run", "add-email/email-free", "--output", "r"]).expect(0);
    let full = place.under("exec >/dev/full");
    let one = ["run", "add-email/email-free"];
    let json = ["run", "add-email/email-free", "--format", "json"];
    for args in
        [&one[..], &json, &["report", "r"], &["list"], &["explain", "add-email/success"], &["compare", "r", "r"]]
    {
        full.run(args).expect(3).says(&["threepid: cannot write the results: "]);
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut list = std::process::Command::new(env!("CARGO_BIN_EXE_threepid"));
    assert!(list.arg("list").stdout(writer).status().unwrap().success());
}

#[test]
fn no_tool_beside_the_program_is_needed() {
    // Neither a home, nor a PATH, nor the project's folder.
    assert!(!Path::new(&Place::new().path().join("scenarios")).exists());
    let place = Place::new().with("PATH", "").with("HOME", "/nonexistent");
    place.run(&["run", "add-email/email-free"]).expect(0);
}

#[test]
fn help_and_version_are_results() {
    let help = Place::new().run(&["--help"]).expect(0);
    assert!(help.out.contains("Exit codes: 0 conformant") && help.err.is_empty());
    let version = Place::new().run(&["--version"]).expect(0);
    assert_eq!(version.out.trim(), format!("threepid {}", env!("CARGO_PKG_VERSION")));
}
