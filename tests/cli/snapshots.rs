//! `--snapshots` and `snapshots`: answers that are not as they were.

use std::fs;
use std::path::PathBuf;

use crate::program::Place;

const ONE: &str = "add-email/email-free";

fn snapshots(place: &Place, ending: &str) -> Vec<PathBuf> {
    place.files().into_iter().filter(|path| path.to_string_lossy().ends_with(ending)).collect()
}

/// A place with the snapshots of one scenario.
fn accepted() -> Place {
    let place = Place::new();
    place.run(&["run", ONE, "--snapshots", "accept"]).expect(0);
    place
}

#[test]
fn accepted_answers_hold_whatever_the_seed() {
    let place = accepted();
    let taken = snapshots(&place, ".snap");
    assert_eq!(taken.len(), 2, "{taken:?}");
    assert!(taken[0].starts_with(place.path().join("snapshots/reference/add-email/email-free")), "{taken:?}");
    let text = fs::read_to_string(&taken[0]).unwrap();
    assert!(text.contains("<sid>"), "a value that differs each time has its placeholder:\n{text}");
    place.run(&["run", ONE, "--snapshots", "check"]).expect(0);
    place.run(&["run", ONE, "--snapshots", "check", "--seed", "5"]).expect(0);
}

#[test]
fn drift_fails_and_is_reviewed() {
    let place = accepted();
    let path = snapshots(&place, ".snap").remove(1);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("threepids", "addresses")).unwrap();
    let ended = place.run(&["run", ONE, "--snapshots", "check"]).expect(1);
    assert!(ended.out.contains("snapshot") && ended.out.contains("threepids"), "{}", ended.out);
    assert!(snapshots(&place, ".snap.new").is_empty(), "`check` writes nothing");
    assert!(ended.out.contains("In 1 trial the answers differ from their snapshots"), "{}", ended.out);
    assert!(!ended.out.contains("Not conformant"), "{}", ended.out);
    // The lines of the difference, and not their difference from something else.
    assert!(!ended.out.contains("+ -") && !ended.out.contains("+ @@"), "{}", ended.out);
    assert!(ended.out.lines().any(|line| line.trim_start().starts_with("@@ ")), "{}", ended.out);

    place.run(&["run", ONE, "--snapshots", "pending"]).expect(1);
    assert_eq!(snapshots(&place, ".snap.new").len(), 1);
    let review = place.run(&["snapshots", "review"]).expect(0);
    assert!(review.out.contains("-") && review.out.contains("threepids"), "{}", review.out);
    assert_eq!(snapshots(&place, ".snap.new").len(), 1, "a review that cannot ask changes nothing");

    place.run(&["snapshots", "accept"]).expect(0);
    assert!(snapshots(&place, ".snap.new").is_empty());
    place.run(&["run", ONE, "--snapshots", "check"]).expect(0);
}

/// Each question is there before it is answered, and an answer is for one file.
#[cfg(target_os = "linux")]
#[test]
fn a_review_in_a_terminal_asks_for_each_file() {
    use std::io::Write;

    use crate::program::Terminal;

    let place = Place::new();
    place.run(&["run", ONE, "--snapshots", "pending", "--snapshot-dir", "s"]).expect(1);
    let pending = snapshots(&place, ".snap.new");
    assert_eq!(pending.len(), 2, "{pending:?}");
    let mut terminal = Terminal::start(place.command(&["snapshots", "review", "--snapshot-dir", "s"]));
    for answer in ["a", "r"] {
        terminal.wait_for("(q)uit? ");
        writeln!(terminal, "{answer}").unwrap();
    }
    assert_eq!(terminal.end(), Some(0));
    assert!(snapshots(&place, ".snap.new").is_empty());
    assert_eq!(snapshots(&place, ".snap").len(), 1, "one was accepted and one rejected");
}

#[test]
fn an_answer_without_a_snapshot_fails_where_they_are_checked() {
    let place = Place::new();
    let ended = place.run(&["run", ONE, "--snapshots", "check"]).expect(2);
    assert!(ended.err.contains("--snapshots accept") && ended.err.contains("--snapshot-dir"), "{}", ended.err);
    assert!(place.files().is_empty(), "{:?}", place.files());
    fs::create_dir_all(place.path().join("snapshots/reference")).unwrap();
    let ended = place.run(&["run", ONE, "--snapshots", "check"]).expect(1);
    assert!(ended.out.contains("--snapshots accept"), "{}", ended.out);
}

#[test]
fn unasked_only_what_is_there_is_looked_at_and_only_in_ci() {
    let place = accepted();
    let path = snapshots(&place, ".snap").remove(0);
    fs::write(&path, fs::read_to_string(&path).unwrap().replace("200", "201")).unwrap();
    place.run(&["run", ONE]).expect(0);
    let place = place.with("CI", "true");
    place.run(&["run", ONE]).expect(1);
    place.run(&["run", ONE, "--snapshots", "off"]).expect(0);
    Place::new().with("CI", "true").run(&["run", ONE]).expect(0);
}

#[test]
fn nothing_pending_is_said() {
    assert!(Place::new().run(&["snapshots", "review"]).expect(0).out.contains("nothing is pending"));
    accepted().run(&["snapshots", "accept", "no/such/path"]).expect(4).says(&["nothing is pending below these paths"]);
}

/// Those of the reference homeserver come with the program; those of real homeservers depend on what is installed.
#[test]
fn the_shipped_snapshots_hold() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots");
    let place = Place::new();
    place.run(&["run", "--api", "both", "--snapshots", "check", "--snapshot-dir", folder]).expect(0);
    assert!(place.files().is_empty(), "{:?}", place.files());
}
