//! The page behind the link: whatever it holds, it is read within a limit of time and of memory.
#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use crate::homeserver;
use crate::run::{FOLLOW, MOST_KIB, outcomes, place, run};
use crate::server::Reply;

/// How long a page of a megabyte may take on a slow and busy machine.
const SOON: Duration = Duration::from_secs(12);

#[track_caller]
fn read(page: String) {
    let begun = Instant::now();
    assert!(page.len() < 1 << 20, "{} bytes are more than are read", page.len());
    let smtp = homeserver::free_address();
    let server =
        homeserver::start(smtp, move |asked, _| (asked.path() == "/follow").then(|| Reply::html(page.clone())));
    let place = place(&[FOLLOW]).under(&format!("ulimit -d {MOST_KIB}"));
    let ended = run(&place, &server.url(), smtp, &[]);
    assert_eq!(outcomes(&place), ["pass"], "{}", ended.out);
    ended.expect(0);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

fn numbered(count: usize, text: impl Fn(usize) -> String) -> String {
    (0..count).map(text).collect()
}

#[test]
fn elements_that_are_opened_again_and_again() {
    let opened = numbered(20_000, |number| format!("<b x={number}>"));
    read(format!("<p>{opened}{}", "<p>y".repeat(50_000)));
    // Few enough to look harmless, in the page of the report too.
    let opened = numbered(390, |number| format!("<b x={number}>"));
    read(format!("<p>{opened}</p>{}", "<p>y</p>".repeat(20_000)));
}

#[test]
fn elements_within_elements() {
    read("<div>".repeat(100_000));
    read("<b>".repeat(150_000));
    read(format!("{}{}", "<table>".repeat(60_000), "x<td>".repeat(60_000)));
}

#[test]
fn attributes_without_an_end() {
    read(format!("<p {}>x", numbered(90_000, |number| format!("a{number}=1 "))));
}

#[test]
fn forms_without_an_end() {
    read("<form></form>".repeat(30_000));
    read(format!("<form><select name=s>{}", "<option>".repeat(50_000)));
}
