//! Starting and stopping a small server that behaves and misbehaves as told.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::target::{Managed, Profile, StartError, StartEvent, StartOptions};
use threepid_wire::http::Outgoing;

use super::fake::{client, python};

fn profile(behaviour: &str) -> Profile {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/fake_homeserver.py");
    let text = format!(
        r#"
        name = "fake"
        description = "answers"
        kind = "managed"
        [server]
        command = ["python3", {script:?}, "{{{{config_file}}}}"]
        config_file = "settings.json"
        environment = {{GREETING = "hello from {{{{smtp_host}}}}"}}
        files = {{"note.txt" = "mail to {{{{smtp_port}}}}", "more.toml" = {{port = "{{{{http_port}}}}"}}}}
        [config]
        port = "{{{{http_port}}}}"
        behaviour = "{behaviour}"
        seen = "{{{{scratch}}}}-seen"
        [variants.plain]
        description = ""
        [variants.other]
        description = ""
        public_url = "https://hs.test"
        "#
    );
    Profile::parse(&text, "fake.toml").unwrap()
}

fn options() -> StartOptions {
    StartOptions::new("127.0.0.1", 2525, "threepid.test")
}

async fn start(behaviour: &str, options: &StartOptions) -> Result<Managed, StartError> {
    Managed::start(&profile(behaviour), "plain", options, &|_| {}).await
}

#[tokio::test]
async fn a_server_starts_answers_and_stops() {
    if !python() {
        return;
    }
    let events = Mutex::new(Vec::new());
    let server =
        Managed::start(&profile("answers"), "plain", &options(), &|event| events.lock().unwrap().push(event)).await;
    let mut server = server.unwrap();
    let events = events.into_inner().unwrap();
    assert!(matches!(&events[..], [StartEvent::Starting { .. }, StartEvent::Ready { .. }]), "{events:?}");
    let exchange = client().send(Outgoing::new("GET", format!("{}/x", server.url))).await;
    assert!(exchange.response.unwrap().body.text.unwrap().contains("hello from 127.0.0.1"));
    assert_eq!(server.public_url, server.url);
    assert_eq!(server.ended(), None);
    assert!(server.log_tail().contains("listening"));
    let read = |name: &str| std::fs::read_to_string(server.scratch.join(name)).unwrap();
    assert_eq!(read("note.txt"), "mail to 2525");
    assert_eq!(read("more.toml"), format!("port = {}\n", server.values["http_port"]));
    assert!(read("server.log").contains("listening"));
    let scratch = server.scratch.clone();
    let stopped = server.stop().await;
    assert!(stopped.by_itself && stopped.status.as_deref() == Some("exit status 0"), "{stopped:?}");
    assert!(!scratch.exists());
}

#[tokio::test]
async fn silent_and_late_servers_are_waited_for() {
    if !python() {
        return;
    }
    for behaviour in ["silent", "late"] {
        start(behaviour, &options()).await.unwrap().stop().await;
    }
}

#[tokio::test]
async fn variants_run_side_by_side() {
    if !python() {
        return;
    }
    let (profile, options) = (profile("answers"), options());
    let (one, two) = tokio::join!(
        Managed::start(&profile, "plain", &options, &|_| {}),
        Managed::start(&profile, "other", &options, &|_| {}),
    );
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_ne!(one.url, two.url);
    assert_eq!(two.public_url, "https://hs.test");
    tokio::join!(one.stop(), two.stop());
}

#[tokio::test]
async fn a_server_that_dies_is_noticed_at_once() {
    if !python() {
        return;
    }
    let begin = Instant::now();
    let error = start("dies", &options()).await.unwrap_err();
    assert!(begin.elapsed() < Duration::from_secs(10));
    let StartError::Died { log, .. } = &error else { panic!("{error}") };
    assert_eq!(log.tail, "  first line\n  cannot open the database: no such folder");
    assert!(log.path.is_file(), "what the server wrote is kept");
    let message = error.to_string();
    assert!(message.starts_with("fake (plain) ended before it was ready (exit status 3); it wrote last:"), "{message}");
    std::fs::remove_dir_all(log.path.parent().unwrap()).unwrap();
}

#[tokio::test]
async fn a_server_that_never_answers_ends_at_the_limit() {
    if !python() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let options =
        StartOptions { start_timeout: Duration::from_secs(3), scratch: Some(folder.path().to_owned()), ..options() };
    let error = start("hangs", &options).await.unwrap_err();
    let message = error.to_string();
    let StartError::NotReady { last, log, .. } = error else { panic!("{message}") };
    assert!(message.contains("within 3 s (`--start-timeout`)") && message.contains("  thinking"), "{message}");
    assert!(last.contains("refused"), "{last}");
    assert_eq!(log.path, folder.path().canonicalize().unwrap().join("fake-plain/server.log"));
}

#[tokio::test]
async fn a_port_that_was_taken_is_replaced() {
    if !python() {
        return;
    }
    let taken = Mutex::new(0);
    let folder = tempfile::tempdir().unwrap();
    let options = StartOptions { scratch: Some(folder.path().to_owned()), ..options() };
    let profile = profile("port-taken");
    let count = |event| *taken.lock().unwrap() += usize::from(event == StartEvent::PortTaken);
    Managed::start(&profile, "plain", &options, &count).await.unwrap().stop().await;
    assert_eq!(*taken.lock().unwrap(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn a_server_that_will_not_end_is_ended_with_all_it_started() {
    if !python() {
        return;
    }
    let options = StartOptions { stop_timeout: Duration::from_millis(300), ..options() };
    let mut server = start("deaf", &options).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    std::fs::rename(server.keep_scratch(), &kept).unwrap();
    let child: i32 = std::fs::read_to_string(kept.join("child.pid")).unwrap().parse().unwrap();
    let stopped = server.stop().await;
    assert!(!stopped.by_itself && stopped.status.as_deref() == Some("by signal 9"), "{stopped:?}");
    assert!(ends(child).await, "the server's own child still runs");
}

#[cfg(unix)]
#[tokio::test]
async fn dropping_a_server_ends_it_too() {
    if !python() {
        return;
    }
    let server = start("deaf", &options()).await.unwrap();
    let child: i32 = std::fs::read_to_string(server.scratch.join("child.pid")).unwrap().parse().unwrap();
    drop(server);
    assert!(ends(child).await);
}

/// Whether a process ends soon. One that nobody has collected yet (a zombie) has ended.
#[cfg(unix)]
async fn ends(id: i32) -> bool {
    for _ in 0..100 {
        let status = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let gone = rustix::process::test_kill_process(rustix::process::Pid::from_raw(id).unwrap()).is_err();
        if gone || status.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z')) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

#[tokio::test]
async fn programs_that_are_not_there_and_profiles_that_start_nothing_are_told() {
    let mut missing = profile("answers");
    missing.server.as_mut().unwrap().command[0] = "no-such-homeserver".to_owned();
    let error = Managed::start(&missing, "plain", &options(), &|_| {}).await.unwrap_err().to_string();
    assert!(error.starts_with("`no-such-homeserver` could not be started: ") && error.contains("`PATH`"), "{error}");
    let embedded = Profile::load("reference").unwrap();
    let error = Managed::start(&embedded, "plain", &options(), &|_| {}).await.unwrap_err().to_string();
    assert!(error.contains("`reference` cannot be started from its profile"), "{error}");
    let mut odd = profile("answers");
    odd.config.insert("x".to_owned(), "{{smpt_host}}".into());
    let error = Managed::start(&odd, "plain", &options(), &|_| {}).await.unwrap_err().to_string();
    assert!(
        error.contains("fake.toml, config.x: nothing is known of `{{smpt_host}}`; did you mean `smtp_host`?"),
        "{error}"
    );
}

/// A profile of a server that somebody brings, with what its binary must say.
fn brought(name: &str, says: &str) -> Profile {
    let text = format!(
        "name = 'hs'\ndescription = 'd'\nkind = 'managed'\n[server]\ncommand = ['{{{{binary}}}}']\n\
         config_file = 'hs.toml'\nbinary = {{name = {name:?}, says = {says:?}}}\n"
    );
    Profile::parse(&text, "hs.toml").unwrap()
}

/// A binary that is not there, or not that server, is named, and nothing is started.
#[tokio::test]
async fn a_binary_says_first_that_it_is_the_one() {
    let said = async |profile: &Profile, options: &StartOptions| {
        let events = Mutex::new(0);
        let count = |_| *events.lock().unwrap() += 1;
        let error = Managed::start(profile, "plain", options, &count).await.unwrap_err().to_string();
        assert_eq!(events.into_inner().unwrap(), 0);
        error
    };
    let missing = said(&brought("no-such-server", "hs"), &options()).await;
    assert!(missing.starts_with("`no-such-server` cannot be run") && missing.contains("--binary PATH"), "{missing}");
    let mut named = options();
    named.binary = Some("no/such/binary".into());
    let missing = said(&brought("cargo", "hs"), &named).await;
    assert!(missing.contains("no/such/binary` cannot be run"), "{missing}");
    let other = said(&brought("cargo", "(?i)homeserver"), &options()).await;
    assert!(other.starts_with("`cargo` is not hs: asked for its version it says \"cargo 1."), "{other}");
    let refused = said(&profile("answers"), &named).await;
    assert_eq!(refused, "the target `fake` is not started from a binary: leave out `--binary`");
    let wrong = Profile::parse(
        "name = 'hs'\ndescription = 'd'\nkind = 'managed'\nserver = {command = ['x'], config_file = 'c', binary = {name = 'x', says = '('}}",
        "hs.toml",
    );
    assert!(wrong.unwrap_err().to_string().contains("`server.binary.says`: it is not a regular expression"));
}
