use std::fs;
use std::path::Path;

use super::*;

mod rendering;

fn key(step: &str) -> Key<'_> {
    Key { target: "synapse", scenario: "add-email/wrong-password", case: None, step }
}

fn origin() -> Origin<'static> {
    Origin {
        source: "scenarios/add-email/wrong-password.yaml",
        description: "POST /account/3pid/add: \"wrong\"",
        spec: "client-server-api/#user-interactive-authentication-api",
        level: "must",
    }
}

fn files(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    store::walk(folder, &mut |path| files.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned()))
        .unwrap();
    files.sort();
    files
}

fn compare(folder: &Path, mode: Mode, text: &str) -> Outcome {
    Store::new(folder, mode).compare(key("2-add"), origin(), text).unwrap()
}

const FILE: &str = "synapse/add-email/wrong-password/2-add.snap";

#[test]
fn a_new_answer_is_drift_in_check_mode_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = compare(folder.path(), Mode::Check, "status: 200");
    assert_eq!(outcome, Outcome::New);
    assert!(outcome.is_drift(Mode::Check));
    assert_eq!(files(folder.path()), [""; 0]);
}

#[test]
fn a_new_answer_waits_in_pending_mode() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = compare(folder.path(), Mode::Pending, "status: 200");
    assert_eq!(outcome, Outcome::New);
    assert!(outcome.is_drift(Mode::Pending), "what waits for review is not the same");
    assert_eq!(files(folder.path()), [format!("{FILE}.new")]);
}

#[test]
fn accepted_answers_are_the_same_next_time() {
    let folder = tempfile::tempdir().unwrap();
    compare(folder.path(), Mode::Pending, "status: 200");
    let outcome = compare(folder.path(), Mode::Accept, "status: 200\nbody: {}\n");
    assert!(!outcome.is_drift(Mode::Accept));
    assert_eq!(files(folder.path()), [FILE], "the pending one is gone");
    assert_eq!(compare(folder.path(), Mode::Check, "status: 200\r\nbody: {}\n\n"), Outcome::Same);
}

#[test]
fn a_changed_answer_shows_the_difference() {
    let folder = tempfile::tempdir().unwrap();
    compare(folder.path(), Mode::Accept, "status: 200\nbody: {}");
    let outcome = compare(folder.path(), Mode::Check, "status: 400\nbody: {}");
    let Outcome::Changed { old, new, diff } = &outcome else { panic!("{outcome:?}") };
    assert_eq!((&**old, &**new), ("status: 200\nbody: {}", "status: 400\nbody: {}"));
    assert_eq!(diff, "@@ -1,2 +1,2 @@\n-status: 200\n+status: 400\n body: {}\n");
    assert!(outcome.is_drift(Mode::Check));
    assert_eq!(files(folder.path()), [FILE]);
    compare(folder.path(), Mode::Pending, "status: 400\nbody: {}");
    assert_eq!(files(folder.path()), [FILE.to_owned(), format!("{FILE}.new")]);
    compare(folder.path(), Mode::Pending, "status: 200\nbody: {}");
    assert_eq!(files(folder.path()), [FILE], "what waited is out of date");
}

#[test]
fn off_looks_at_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join(FILE).parent().unwrap()).unwrap();
    fs::write(folder.path().join(FILE), "no snapshot").unwrap();
    assert_eq!(compare(folder.path(), Mode::Off, "x"), Outcome::Off);
}

#[test]
fn trials_that_share_a_snapshot_must_agree() {
    for (mode, before) in [(Mode::Check, None), (Mode::Pending, None), (Mode::Accept, None), (Mode::Accept, Some("b"))]
    {
        let folder = tempfile::tempdir().unwrap();
        if let Some(before) = before {
            compare(folder.path(), Mode::Accept, before);
        }
        let store = Store::new(folder.path(), mode);
        let first = store.compare(key("2-add"), origin(), "a").unwrap();
        assert_eq!(store.compare(key("2-add"), origin(), "a").unwrap(), first);
        let second = store.compare(key("2-add"), origin(), "b").unwrap();
        assert!(
            matches!(&second, Outcome::Inconsistent { first, second, .. } if first == "a" && second == "b"),
            "{second:?}"
        );
        assert!(second.is_drift(mode), "accepting either would be wrong");
    }
}

#[test]
fn a_trial_that_still_answers_as_before_is_the_same_though_another_changed() {
    let folder = tempfile::tempdir().unwrap();
    compare(folder.path(), Mode::Accept, "a");
    let store = Store::new(folder.path(), Mode::Pending);
    assert!(matches!(store.compare(key("2-add"), origin(), "b").unwrap(), Outcome::Changed { .. }));
    assert_eq!(store.compare(key("2-add"), origin(), "a").unwrap(), Outcome::Same);
    assert_eq!(files(folder.path()), [FILE.to_owned(), format!("{FILE}.new")], "b still waits");
}

#[test]
fn two_steps_never_share_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path(), Mode::Accept);
    store.compare(key("a b"), origin(), "x").unwrap();
    let error = store.compare(key("a/b"), origin(), "x").unwrap_err();
    assert!(matches!(error, SnapshotError::Clash { .. }), "{error}");
}

#[test]
fn names_never_lead_out_of_the_folder() {
    let store = Store::new("snapshots", Mode::Check);
    let key = Key { target: "../..", scenario: "/etc/../x", case: Some("a/b c"), step: "..\\é POST /x" };
    assert_eq!(store.path(key), Path::new("snapshots/unnamed/unnamed/etc/unnamed/x/a-b-c/POST-x.snap"));
}

#[test]
fn insta_reads_what_is_written_and_writes_the_same_text() {
    let folder = tempfile::tempdir().unwrap();
    let text = "status: 401\nbody:\n  session: <session>\n---\nend";
    compare(folder.path(), Mode::Accept, text);
    let path = folder.path().join(FILE);
    let snapshot = insta::Snapshot::from_file(&path).unwrap();
    assert_eq!(snapshot.as_text().unwrap().to_string(), text);
    assert_eq!(snapshot.metadata().source(), Some(origin().source));
    assert_eq!(snapshot.metadata().description(), Some(origin().description));
    assert_eq!(snapshot.snapshot_name(), Some("2-add"));
    // What `cargo insta accept` does to a file.
    snapshot.save(&path).unwrap();
    assert_eq!(compare(folder.path(), Mode::Check, text), Outcome::Same);
    insta::assert_snapshot!(fs::read_to_string(&path).unwrap().replace("\n---\n", "\n-----\n"), @r#"
    ---
    source: scenarios/add-email/wrong-password.yaml
    description: "POST /account/3pid/add: \"wrong\""
    info:
      spec: "client-server-api/#user-interactive-authentication-api"
      level: must
    -----
    status: 401
    body:
      session: <session>
    -----
    end
    "#);
}

#[test]
fn what_is_no_snapshot_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    for (contents, why) in
        [("hello\n", "does not start with ---"), ("", "does not start with ---"), ("---\n[: x\n---\n", "")]
    {
        fs::write(&path, contents).unwrap();
        let error =
            Store::new(folder.path(), Mode::Check).compare(key("2-add"), origin(), "x").unwrap_err().to_string();
        assert!(error.contains("2-add.snap is not a snapshot: ") && error.contains(why), "{error}");
    }
}

#[test]
fn a_snapshot_that_no_step_produced_is_an_orphan() {
    let folder = tempfile::tempdir().unwrap();
    let old = Store::new(folder.path(), Mode::Accept);
    let at = |scenario, case, step| Key { target: "synapse", scenario, case, step };
    for key in [
        at("a/b", None, "1"),
        at("a/b", None, "gone"),
        at("a/b", Some("row"), "1"),
        at("a/b", Some("gone"), "1"),
        at("a/b", Some("asleep"), "1"),
        at("a/other", None, "1"),
    ] {
        old.compare(key, origin(), "x").unwrap();
    }
    let store = Store::new(folder.path(), Mode::Check);
    store.compare(at("a/b", None, "1"), origin(), "x").unwrap();
    store.compare(at("a/b", Some("row"), "1"), origin(), "y").unwrap();
    let ran = [Trial { scenario: "a/b", case: None }, Trial { scenario: "a/b", case: Some("row") }];
    let mut known = ran.to_vec();
    known.extend([Trial { scenario: "a/b", case: Some("asleep") }, Trial { scenario: "a/other", case: None }]);
    let orphans = store.orphans("synapse", &ran, &known).unwrap();
    let names: Vec<_> = orphans.iter().map(|p| p.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["synapse/a/b/gone/1.snap", "synapse/a/b/gone.snap"]);
    assert!(store.orphans("dendrite", &ran, &known).unwrap().is_empty(), "another target has none");
}

#[test]
fn review_lists_accepts_and_rejects() {
    let folder = tempfile::tempdir().unwrap();
    compare(folder.path(), Mode::Accept, "old");
    let store = Store::new(folder.path(), Mode::Pending);
    store.compare(key("2-add"), origin(), "new").unwrap();
    store.compare(key("3-list"), origin(), "first").unwrap();
    let waiting = pending(folder.path()).unwrap();
    let texts: Vec<_> = waiting.iter().map(|p| (p.old.as_deref(), &*p.new)).collect();
    assert_eq!(texts, [(Some("old"), "new"), (None, "first")]);
    assert_eq!(waiting[0].diff(), "@@ -1 +1 @@\n-old\n+new\n");
    assert_eq!(waiting[1].diff(), "+first\n");
    let snapshot = accept(&waiting[0].path).unwrap();
    assert_eq!(snapshot, folder.path().join(FILE));
    reject(&waiting[1].path).unwrap();
    assert_eq!(pending(folder.path()).unwrap(), []);
    assert_eq!(compare(folder.path(), Mode::Check, "new"), Outcome::Same);
    assert!(matches!(accept(&snapshot), Err(SnapshotError::NotPending { .. })), "a snapshot is not pending");
    assert!(matches!(reject(&snapshot), Err(SnapshotError::NotPending { .. })));
    assert!(snapshot.exists());
    assert!(matches!(accept(&waiting[0].path), Err(SnapshotError::File { .. })), "it is gone");
}

#[test]
fn many_trials_at_once_write_one_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path(), Mode::Accept);
    let text = "line\n".repeat(2000);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| assert_eq!(store.compare(key("2-add"), origin(), &text).unwrap(), Outcome::New));
        }
    });
    assert_eq!(files(folder.path()), [FILE]);
    assert_eq!(compare(folder.path(), Mode::Check, &text), Outcome::Same);
}

#[test]
fn a_mode_is_a_word() {
    assert_eq!("accept".parse(), Ok(Mode::Accept));
    assert!("yes".parse::<Mode>().unwrap_err().contains("check, pending, accept, off"));
}
