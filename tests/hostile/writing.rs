//! Reports that cannot be written.
#![cfg(unix)]

use std::fs;

use crate::homeserver;
use crate::program::Place;
use crate::run::{ASK, outcomes, place, read, run};
use crate::server::Reply;

fn failing() -> (std::net::SocketAddr, crate::server::Server) {
    let smtp = homeserver::free_address();
    (smtp, homeserver::start(smtp, |asked, _| (asked.what() == "GET /hostile").then(|| Reply::json(400, "{}"))))
}

#[test]
fn a_folder_that_cannot_be_made_is_told_before_anything_is_asked() {
    let (smtp, server) = failing();
    let place = place(&[ASK]);
    place.write("taken", "not a folder");
    for output in ["--output=taken", "--output=taken/below", "--output=/proc/none", "--output=/dev/null"] {
        let ended = run(&place, &server.url(), smtp, &[output]).expect(3);
        ended.says(&[output.trim_start_matches("--output="), "--output", "cannot"]);
    }
    assert_eq!(read(&place.path().join("taken")), "not a folder");
    assert_eq!(server.asked().len(), 0);
}

#[test]
fn a_report_that_cannot_be_written_leaves_the_others() {
    for occupied in ["report.html", "junit.xml", "summary.md", "report.json"] {
        let (smtp, server) = failing();
        let place = place(&[ASK]);
        // A folder that is not empty stands where the file should.
        place.write(&format!("report/{occupied}/x"), "");
        let ended = run(&place, &server.url(), smtp, &[]).expect(3).says(&[occupied, "cannot write", "--output"]);
        assert_eq!(ended.err.lines().filter(|line| line.starts_with("threepid: ")).count(), 1, "{}", ended.err);
        assert_eq!(ended.err.contains("the report: "), occupied != "report.html", "{}", ended.err);
        assert!(ended.out.contains("Not conformant"), "{}", ended.out);
        for other in ["report.html", "junit.xml", "summary.md", "report.json"].iter().filter(|name| **name != occupied)
        {
            assert!(fs::metadata(place.path().join("report").join(other)).unwrap().is_file(), "{other}");
        }
    }
    let (smtp, server) = failing();
    let place = place(&[ASK]);
    place.write("report/artifacts", "not a folder");
    run(&place, &server.url(), smtp, &[]).expect(3).says(&["artifacts", "--output"]);
    assert_eq!(outcomes(&place), ["fail"]);
}

#[test]
fn a_disk_that_fills_up_leaves_what_fits() {
    let (smtp, server) = failing();
    // No file may become larger than 16 KiB; the page is.
    let place = place(&[ASK]).under("trap '' XFSZ && ulimit -f 32");
    let ended = run(&place, &server.url(), smtp, &[]).expect(3).says(&["report.html", "--output"]);
    assert!(ended.out.contains("Not conformant"), "{}", ended.out);
    threepid::report::json::read(&place.path().join("report/report.json")).expect("it is small enough");
    let left =
        |place: &Place| place.files().iter().filter(|file| file.extension().is_some_and(|e| e == "part")).count();
    assert_eq!(left(&place), 0, "no half of a file stays");
}

#[cfg(target_os = "linux")]
#[test]
fn a_summary_for_a_full_disk_is_told_and_nothing_else_is_lost() {
    let (smtp, server) = failing();
    let place = place(&[ASK]).with("GITHUB_STEP_SUMMARY", "/dev/full");
    let ended = run(&place, &server.url(), smtp, &[]).expect(3);
    assert!(ended.err.contains("/dev/full") && ended.err.contains("No space left"), "{}", ended.err);
    assert_eq!(outcomes(&place), ["fail"]);
}

#[test]
fn snapshots_that_cannot_be_kept_are_no_fail_of_the_homeserver() {
    let smtp = homeserver::free_address();
    let server = homeserver::start(smtp, |asked, _| {
        (asked.what() == "GET /hostile").then(|| Reply::json(200, serde_json::json!({"hello": "world"})))
    });
    let place = place(&[ASK]);
    place.write("taken", "not a folder");
    for folder in ["taken", "taken/below", "/proc/none"] {
        let folder = format!("--snapshot-dir={folder}");
        let ended = run(&place, &server.url(), smtp, &["--snapshots=accept", &folder]).expect(3);
        ended.says(&["--snapshots"]);
        assert_eq!(outcomes(&place), ["pass"]);
    }
}
