//! A run with short limits, and what must hold of every run whatever the homeserver does.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use threepid::model::Report;

use crate::homeserver::{self, Post};
use crate::program::{Ended, Place, Started};
use crate::server::{Asked, Reply, Server};

/// Limits that a test can wait for.
const LIMITS: &[&str] = &[
    "--request-timeout=1s",
    "--mail-timeout=500ms",
    "--quiet-window=100ms",
    "--timeout=4s",
    "--rate-limit-wait=1s",
    "--account-timeout=1s",
    "--output=report",
];

/// How long any run may take with these limits, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the program may ask of the system as data, in KiB, where that is bounded. One trial on the reference homeserver
/// needs a tenth of it.
pub(crate) const MOST_KIB: usize = 384 * 1024;

/// One request; whoever answers it in an odd way is not as required.
pub(crate) const ASK: &str =
    "title: One request\nwhy: x\nsteps:\n  - GET: /hostile\n    must: {status: 200, body: {hello: world}}\n";

/// A mail with a link that is followed.
pub(crate) const FOLLOW: &str = "title: A link is followed\nwhy: x\nactors: [alice]\nsteps:
  - POST: /account/3pid/email/requestToken
    as: alice
    body: {\"client_secret\": \"<client_secret>\", \"email\": \"<email>\", \"send_attempt\": 1}
    must: {status: 200, body: {\"sid\": \"<sid>\"}}
  - mail: <email>
    must: {count: 1, link: {\"url\": \"<link>\"}}
  - click: <link>
    must: {end: page, status: 200}
";

/// A place with these scenarios, `a/0`, `a/1` and so on.
pub(crate) fn place(scenarios: &[&str]) -> Place {
    let place = Place::new();
    for (number, text) in scenarios.iter().enumerate() {
        place.write(&format!("mine/a/{number}.yaml"), text);
    }
    place
}

/// A run against whatever is at an address.
pub(crate) fn start(place: &Place, url: &str, smtp: SocketAddr, more: &[&str]) -> Started {
    let smtp = format!("--smtp-listen={smtp}");
    let name = |arg: &str| arg.split('=').next().unwrap_or_default().to_owned();
    let limits: Vec<&str> =
        LIMITS.iter().copied().filter(|limit| more.iter().all(|arg| name(arg) != name(limit))).collect();
    place.start(&[&["run", "--scenarios=mine", "--homeserver", url, &smtp], &limits[..], more].concat())
}

/// The same to its end.
pub(crate) fn run(place: &Place, url: &str, smtp: SocketAddr, more: &[&str]) -> Ended {
    let begun = Instant::now();
    let ended = start(place, url, smtp, more).end();
    let took = begun.elapsed();
    assert!(took < PATIENCE, "it took {took:?}\n{ended:?}");
    is_safe(&ended);
    ended
}

/// A run of one scenario against a homeserver that is good but for what `otherwise` says.
pub(crate) fn against(
    scenario: &str,
    otherwise: impl Fn(&Asked, &Post) -> Option<Reply> + Send + Sync + 'static,
) -> (Ended, Place, Server) {
    against_with(&[], scenario, otherwise)
}

/// The same with more arguments.
pub(crate) fn against_with(
    more: &[&str],
    scenario: &str,
    otherwise: impl Fn(&Asked, &Post) -> Option<Reply> + Send + Sync + 'static,
) -> (Ended, Place, Server) {
    let (place, smtp) = (place(&[scenario]), homeserver::free_address());
    let server = homeserver::start(smtp, otherwise);
    let ended = run(&place, &server.url(), smtp, more);
    (ended, place, server)
}

/// The same, where only `GET /hostile` is answered otherwise.
pub(crate) fn answering(reply: Reply) -> (Ended, Place, Server) {
    against(ASK, move |asked, _| (asked.what() == "GET /hostile").then(|| reply.clone()))
}

/// A run against what nobody would take for a homeserver; it does not get beyond the preflight.
pub(crate) fn preflight(url: &str) -> Ended {
    run(&place(&[ASK]), url, "127.0.0.1:0".parse().unwrap(), &[])
}

/// What the terminal shows holds nothing that it would obey, and nothing went wrong in the program.
pub(crate) fn is_safe(ended: &Ended) {
    for text in [&ended.out, &ended.err] {
        assert!(!text.contains("panicked") && !text.contains("a mistake of threepid"), "{text}");
        let bad = text.chars().find(|c| (c.is_control() && !matches!(c, '\n' | '\t')) || *c == '\u{202e}');
        assert_eq!(bad, None, "{}", text.escape_debug());
        for line in text.lines().map(str::trim_start) {
            let own = line.starts_with("::error file=mine/a/") || line.starts_with("::error title=a/");
            assert!(own || !line.starts_with("::"), "an order to CI: {line}");
            assert!(!line.contains("##["), "an order to CI: {line}");
        }
    }
}

/// The record, which is whole, and the other reports beside it.
#[track_caller]
pub(crate) fn record(place: &Place) -> Report {
    let folder = place.path().join("report");
    for file in ["junit.xml", "report.html", "summary.md"] {
        assert!(fs::metadata(folder.join(file)).is_ok_and(|file| file.len() > 0), "{file} is missing");
    }
    quick_junit::Report::deserialize_from_str(&read(&folder.join("junit.xml"))).expect("XML");
    threepid::report::json::read(&folder.join("report.json")).expect("a whole record")
}

/// The outcomes of a record, in its order.
#[track_caller]
pub(crate) fn outcomes(place: &Place) -> Vec<&'static str> {
    record(place).trials.iter().map(|trial| trial.outcome.word()).collect()
}

/// Why the only trial ended as it did.
#[track_caller]
pub(crate) fn reason(place: &Place) -> String {
    record(place).trials[0].reason.to_string()
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// All that was written, each file with its name.
pub(crate) fn written(place: &Place) -> Vec<(String, String)> {
    let files = place.files().into_iter().filter(|path| path.starts_with(place.path().join("report")));
    files.map(|path| (path.display().to_string(), String::from_utf8(fs::read(path).unwrap()).expect("UTF-8"))).collect()
}
