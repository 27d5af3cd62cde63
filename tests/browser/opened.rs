//! The page behind a link where only a browser can tell how a person would go on: the reference homeserver behind the bridge,
//! and the program with a browser and without.

use std::net::TcpListener;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use axum::http::Method;
use serde_json::Value;

use super::bridge::{Answer, Asked, Bridge, Changes, LINK_PATH};
use super::program::{Ended, Place, free_address};

const NOTHING: Changes = Changes {
    mail: |mailed| vec![mailed.raw.clone()],
    instead: |_| None,
    asked: |asked| asked,
    answered: |_, answer| answer,
};

/// What follows a link, and what refuses one.
const FILTERS: &[&str] =
    &["add-email/success", "add-email/link-clicked", "add-email/link-not-clicked", "validate-link/wrong-token"];

/// How a run ended.
struct Run {
    trials: Vec<Value>,
    record: Value,
    ended: Ended,
    /// What is left where the program keeps its temporary files.
    left: Vec<String>,
}

impl Run {
    /// Whether trials end as they should, and nothing is left.
    fn of(changes: Changes, filters: &[&str], more: &[&str]) -> Run {
        // Each run has several browsers; with those of all runs at once none would open in time.
        static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let smtp = free_address();
        let bridge = runtime.block_on(Bridge::start(changes, Vec::new(), smtp));
        let temporary = tempfile::tempdir().unwrap();
        let place = Place::new().with("TMPDIR", &temporary.path().to_string_lossy()).patient(Duration::from_secs(180));
        let smtp = smtp.to_string();
        let fixed = ["--homeserver", &bridge.url, "--smtp-listen", &smtp, "--output", "out", "--timeout", "150s"];
        let arguments: Vec<&str> =
            ["run"].into_iter().chain(filters.iter().copied()).chain(fixed).chain(more.iter().copied()).collect();
        let ended = place.run(&arguments);
        let record = std::fs::read_to_string(place.path().join("out/report.json"));
        let record: Value =
            serde_json::from_str(&record.unwrap_or_else(|_| panic!("{}{}", ended.out, ended.err))).unwrap();
        if let Some(kept) = std::env::var_os("THREEPID_KEEP_REPORT") {
            std::fs::copy(place.path().join("out/report.html"), kept).unwrap();
        }
        let left = left_in(temporary.path());
        Run { trials: record["trials"].as_array().unwrap().clone(), record, ended, left }
    }

    fn with_outcome(&self, outcome: &str) -> Vec<String> {
        let trials = self.trials.iter().filter(|trial| trial["outcome"] == outcome);
        trials
            .map(|trial| format!("{}: {}", trial["id"].as_str().unwrap(), trial["reason"].as_str().unwrap()))
            .collect()
    }

    fn outcome(&self, id: &str) -> &str {
        self.trials.iter().find(|trial| trial["id"] == id).unwrap()["outcome"].as_str().unwrap()
    }

    /// All visits of a scenario's trials.
    fn visits(&self, id: &str) -> Vec<&Value> {
        let trials = self.trials.iter().filter(|trial| trial["id"] == id);
        let entries = trials.flat_map(|trial| trial["transcript"].as_array().unwrap());
        entries.filter_map(|entry| entry["event"].get("visit")).collect()
    }

    /// Everything is told, nobody is blamed, a browser did it, and nothing of it is left.
    fn is_clean(&self, pressed: &[&str]) {
        assert_eq!(
            (self.with_outcome("fail"), self.with_outcome("error")),
            (Vec::new(), Vec::new()),
            "{}",
            self.ended.out
        );
        assert_eq!(self.outcome("add-email/success"), "pass");
        assert!(self.record["browser"].as_str().unwrap().starts_with("chrome "), "{}", self.record["browser"]);
        let visits = self.visits("add-email/success");
        assert_eq!(visits.len(), 1, "{visits:?}");
        assert_eq!(visits[0]["browsed"]["pressed"], serde_json::json!(pressed), "{visits:?}");
        assert_eq!(self.left, Vec::<String>::new());
    }
}

/// What is in a folder, and which processes speak of it.
fn left_in(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().display().to_string());
    let name = folder.to_string_lossy().into_owned();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| {
        let command = std::fs::read(entry.path().join("cmdline")).ok()?;
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        command.contains(&name).then_some(command)
    });
    files.chain(processes).collect()
}

fn opened(asked: &Asked, page: impl FnOnce(&str) -> String) -> Option<Answer> {
    let is_link = asked.is_page() && asked.method == Method::GET && !asked.target.contains("&go=1");
    is_link.then(|| Answer::page(page(&asked.fields())))
}

/// What a script does to validate: it sends the link's parameters, and shows what came of it.
const SEND: &str = "const send = query => fetch('/_reference/email/confirm', {method: 'POST', body: new URLSearchParams(query)})\
                    .then(answer => { document.body.innerText = answer.ok ? 'Email validated' : 'That did not work' });";

fn script_only(asked: &Asked) -> Option<Answer> {
    opened(asked, |_| {
        format!(
            "<title>Confirm</title><button id=b>Confirm</button><script>{SEND} b.onclick = () => send(location.search)</script>"
        )
    })
}

pub(crate) fn a_button_that_needs_a_script_is_pressed() {
    let run = Run::of(Changes { instead: script_only, ..NOTHING }, FILTERS, &[]);
    run.is_clean(&["Confirm"]);
    let visit = run.visits("add-email/success")[0].clone();
    assert_eq!((&visit["text"], &visit["submitted"]), (&"Confirm Email validated".into(), &true.into()));
    let hops = visit["hops"].as_array().unwrap();
    // The page is not asked for a second time: a link may be good once.
    let methods: Vec<&str> = hops.iter().map(|hop| hop["request"]["method"].as_str().unwrap()).collect();
    assert_eq!(methods, ["GET", "POST"]);
    assert_eq!((&visit["browsed"]["page"], &visit["browsed"]["answer"]), (&0.into(), &1.into()));
    // What is secret is so here too.
    let text = visit.to_string();
    assert!(text.contains("REDACTED-token-1") && text.contains("REDACTED-client-secret-1"), "{text}");
    // The wrong token is refused by what the script is told.
    let refused = run.visits("validate-link/wrong-token");
    assert!(refused.iter().any(|visit| visit["text"] == "Confirm That did not work"), "{refused:?}");
}

pub(crate) fn a_token_behind_the_fragment_is_found_by_the_script() {
    let changes = Changes {
        mail: |mailed| {
            let link = mailed.link.replace(&format!("{LINK_PATH}?"), "/#/verify?");
            vec![mailed.text(&format!("Open {link}"))]
        },
        instead: |asked| match asked.target.as_str() {
            "/" => Some(Answer::page("<div id=app></div><script src=/app.js></script>")),
            "/app.js" => {
                let script = format!("{SEND} setTimeout(() => send(location.hash.split('?')[1]), 1500)");
                let mut answer = Answer::page(script);
                answer.headers = vec![("content-type".to_owned(), "text/javascript".to_owned())];
                Some(answer)
            }
            _ => None,
        },
        ..NOTHING
    };
    // What the script puts off is waited for.
    Run::of(changes, FILTERS, &[]).is_clean(&[]);
}

pub(crate) fn a_link_instead_of_a_button_is_followed() {
    let changes = Changes {
        instead: |asked| {
            let query = asked.target.split_once('?').map_or("", |(_, query)| query).replace('&', "&amp;");
            opened(asked, |_| {
                format!("<p>Is this address yours?</p><a href=\"?{query}&amp;go=1\">Yes, go on</a><a href=/>Home</a>")
            })
        },
        ..NOTHING
    };
    let run = Run::of(changes, FILTERS, &[]);
    run.is_clean(&["Yes, go on"]);
    assert!(run.visits("add-email/success")[0]["text"].as_str().unwrap().contains("validated"));
}

pub(crate) fn of_two_buttons_none_is_pressed() {
    let changes = Changes {
        instead: |asked| {
            opened(asked, |fields| {
                format!(
                    "<form method=post>{fields}<button name=action value=reject>Not me</button>\
                     <button name=action value=confirm>Confirm</button></form>"
                )
            })
        },
        ..NOTHING
    };
    let run = Run::of(changes, FILTERS, &[]);
    assert_eq!(run.with_outcome("fail"), Vec::<String>::new());
    assert_eq!((run.outcome("add-email/success"), run.outcome("validate-link/wrong-token")), ("error", "error"));
    let words = "in a browser it shows 2 things to press: `Not me`, `Confirm`";
    assert!(run.with_outcome("error").iter().all(|error| error.contains(words)), "{:?}", run.with_outcome("error"));
    assert_eq!(run.left, Vec::<String>::new());
}

pub(crate) fn a_hidden_button_leaves_no_choice() {
    let changes = Changes {
        instead: |asked| {
            opened(asked, |fields| {
                format!(
                    "<form method=post>{fields}<button name=a value=no style='display:none'>Not me</button>\
                     <button name=a value=yes>Confirm</button></form>"
                )
            })
        },
        ..NOTHING
    };
    Run::of(changes, FILTERS, &[]).is_clean(&["Confirm"]);
}

pub(crate) fn a_page_that_only_says_so_is_a_fail() {
    let changes = Changes {
        instead: |asked| {
            opened(asked, |_| {
                "<button id=b>Confirm</button><script>b.onclick = () => { fetch('/_reference/nothing'); \
                 document.body.innerText = 'Email validated' }</script>"
                    .to_owned()
            })
        },
        ..NOTHING
    };
    let run = Run::of(changes, FILTERS, &[]);
    let failed = run.with_outcome("fail");
    assert!(failed.iter().any(|one| one.starts_with("add-email/link-clicked")), "{failed:?} {}", run.ended.out);
    assert_ne!(run.outcome("add-email/success"), "pass");
}

pub(crate) fn without_a_browser_it_stays_an_error_that_says_so() {
    let run = Run::of(Changes { instead: script_only, ..NOTHING }, FILTERS, &["--browser", "off"]);
    assert_eq!(run.with_outcome("fail"), Vec::<String>::new());
    let errors = run.with_outcome("error");
    for words in ["only a script gives a meaning: `Confirm`", "a browser could tell, but browsers are off (--browser)"]
    {
        assert!(errors.iter().any(|error| error.contains(words)), "{words}: {errors:?}");
    }
    assert!(run.record.get("browser").is_none());
}

/// Somebody else's server, which nobody may ask.
fn elsewhere() -> &'static TcpListener {
    static ELSEWHERE: OnceLock<TcpListener> = OnceLock::new();
    ELSEWHERE.get_or_init(|| TcpListener::bind("127.0.0.1:0").unwrap())
}

pub(crate) fn nothing_but_the_target_is_asked() {
    let changes = Changes {
        // The public name leads nowhere, and is HTTPS; where the server is reached is neither.
        mail: |mailed| {
            let at = mailed.link.find(LINK_PATH).unwrap();
            vec![mailed.text(&format!("Open https://matrix.threepid.test{}", &mailed.link[at..]))]
        },
        instead: |asked| {
            let other = elsewhere().local_addr().unwrap();
            opened(asked, |_| {
                format!(
                    "<img src=http://{other}/i.png><script src=http://{other}/s.js></script><iframe src=http://{other}/></iframe>\
                     <link rel=stylesheet href=http://{other}/c.css><link rel=dns-prefetch href=//dns.threepid.test>\
                     <button id=b>Confirm</button><script>{SEND} new WebSocket('ws://{other}/');\
                     b.onclick = () => send(location.search).then(() => location.href = 'https://app.threepid.test/done?x=1')</script>"
                )
            })
        },
        ..NOTHING
    };
    elsewhere().set_nonblocking(true).unwrap();
    let run = Run::of(changes, FILTERS, &["--public-url", "https://matrix.threepid.test"]);
    run.is_clean(&["Confirm"]);
    let visit = run.visits("add-email/success")[0].clone();
    assert_eq!(visit["end"]["redirect"], "https://app.threepid.test/done?x=1", "{visit}");
    let asked = elsewhere().accept();
    assert!(asked.is_err_and(|fault| fault.kind() == std::io::ErrorKind::WouldBlock), "somebody else was asked");
}

#[cfg(unix)]
pub(crate) fn an_interrupted_run_leaves_no_browser() {
    let changes = Changes {
        // It is never at rest.
        instead: |asked| {
            opened(asked, |_| "<script>fetch('/slow'); setInterval(() => fetch('/slow'), 100)</script>".to_owned())
        },
        ..NOTHING
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let smtp = free_address();
    let bridge = runtime.block_on(Bridge::start(changes, Vec::new(), smtp));
    let temporary = tempfile::tempdir().unwrap();
    let place = Place::new().with("TMPDIR", &temporary.path().to_string_lossy()).patient(Duration::from_secs(180));
    let smtp = smtp.to_string();
    let started = place.start(&["run", "add-email/success", "--homeserver", &bridge.url, "--smtp-listen", &smtp]);
    // There is nothing else to wait on: the browser says nothing to anybody.
    let deadline = std::time::Instant::now() + Duration::from_secs(120);
    while !left_in(temporary.path()).iter().any(|it| it.contains("--type=renderer")) {
        assert!(std::time::Instant::now() < deadline, "no browser was opened");
        std::thread::sleep(Duration::from_millis(100));
    }
    started.interrupt();
    started.end().expect(130);
    assert_eq!(left_in(temporary.path()), Vec::<String>::new());
}
