//! Environments in the cache, made by a stand-in for an interpreter.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use super::fake::python;
use crate::target::{InstallError, InstallOptions, Installer, Recipe, StartEvent, install};

fn recipe(package: &str) -> Recipe {
    Recipe { python: ">=3.10".to_owned(), packages: vec![package.to_owned()], packages_of: None }
}

fn options(cache: &Path) -> InstallOptions {
    let python = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/fake_python.py"));
    let installer = Installer::Pip;
    InstallOptions { python: Some(python), cache: Some(cache.to_owned()), installer, ..InstallOptions::default() }
}

fn made(cache: &Path) -> usize {
    std::fs::read_to_string(cache.join("environments/made.txt")).unwrap().lines().count()
}

#[tokio::test]
async fn an_environment_is_made_once() {
    if !python() {
        return;
    }
    let cache = tempfile::tempdir().unwrap();
    let events = Mutex::new(Vec::new());
    let keep = |event| events.lock().unwrap().push(event);
    let first = install(&recipe("ok==1"), &options(cache.path()), &keep).await.unwrap();
    assert!(!first.cached && first.python.exists());
    let lines: Vec<StartEvent> = events.into_inner().unwrap();
    assert!(matches!(&lines[0], StartEvent::Installing { python, .. } if python.ends_with("3.12.1")));
    assert!(lines.iter().any(|event| matches!(event, StartEvent::Output { line } if line.contains("ok==1"))));
    assert!(matches!(lines.last(), Some(StartEvent::Installed { .. })));
    let second = install(&recipe("ok==1"), &options(cache.path()), &|event| panic!("{event:?}")).await.unwrap();
    assert!(second.cached && second.folder == first.folder);
    let other = install(&recipe("slow==1"), &options(cache.path()), &|_| {}).await.unwrap();
    assert_ne!(other.folder, first.folder);
    assert_eq!(made(cache.path()), 2);
}

#[tokio::test]
async fn what_was_altered_is_made_again() {
    if !python() {
        return;
    }
    let cache = tempfile::tempdir().unwrap();
    let first = install(&recipe("ok==1"), &options(cache.path()), &|_| {}).await.unwrap();
    std::fs::write(first.folder.join("bin/more"), "").unwrap();
    let altered = Mutex::new(0);
    let count = |event| *altered.lock().unwrap() += usize::from(matches!(event, StartEvent::Altered { .. }));
    let again = install(&recipe("ok==1"), &options(cache.path()), &count).await.unwrap();
    assert!(!again.cached && !again.folder.join("bin/more").exists());
    assert_eq!(made(cache.path()), 2);
    assert!(altered.into_inner().unwrap() > 0);
}

/// pip knows no days: that the packages are others is said, and they are kept apart.
#[tokio::test]
async fn without_uv_the_day_is_not_kept_and_that_is_said() {
    if !python() {
        return;
    }
    let cache = tempfile::tempdir().unwrap();
    let dated = Recipe { packages_of: Some("2021-01-01".to_owned()), ..recipe("ok==1") };
    let said = Mutex::new(Vec::new());
    install(&dated, &options(cache.path()), &|event| said.lock().unwrap().push(event)).await.unwrap();
    let said = said.into_inner().unwrap();
    assert!(matches!(&said[0], StartEvent::Undated { day } if day == "2021-01-01"), "{said:?}");
    assert!(matches!(&said[1], StartEvent::Installing { day: None, .. }), "{said:?}");
    let wrong = Installer::Uv(PathBuf::from("no-such-uv"));
    let fault = install(&dated, &InstallOptions { installer: wrong, ..options(cache.path()) }, &|_| {}).await;
    assert!(fault.unwrap_err().to_string().contains("`no-such-uv` (`--installer`) cannot be run"));
}

#[tokio::test]
async fn whoever_comes_second_waits_and_uses_the_same() {
    if !python() {
        return;
    }
    let cache = tempfile::tempdir().unwrap();
    let waits = Mutex::new(0);
    let count = |event| {
        if matches!(event, StartEvent::Waiting { .. }) {
            *waits.lock().unwrap() += 1;
        }
    };
    let (recipe, options) = (recipe("slow==1"), options(cache.path()));
    let (one, two) = tokio::join!(install(&recipe, &options, &count), install(&recipe, &options, &count));
    assert_eq!(one.unwrap().folder, two.unwrap().folder);
    assert_eq!((made(cache.path()), *waits.lock().unwrap()), (1, 1));
}

#[tokio::test]
async fn what_was_interrupted_is_made_anew() {
    if !python() {
        return;
    }
    let cache = tempfile::tempdir().unwrap();
    // Long enough for an interpreter to start on a busy machine.
    let limit = Duration::from_secs(3);
    let short = InstallOptions { limit, ..options(cache.path()) };
    let error = install(&recipe("hangs==1"), &short, &|_| {}).await.unwrap_err();
    assert!(matches!(error, InstallError::TooSlow { .. }), "{error}");
    assert!(error.to_string().contains("`--install-timeout`"), "{error}");
    install(&recipe("hangs==1"), &short, &|_| {}).await.unwrap_err();
    assert_eq!(made(cache.path()), 2);
}

#[tokio::test]
async fn a_failure_shows_the_end_of_the_output() {
    if !python() {
        return;
    }
    let cache = tempfile::tempdir().unwrap();
    let error = install(&recipe("fails==1"), &options(cache.path()), &|_| {}).await.unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with("pip install fails==1 failed (exit status 1); it wrote last:\n"), "{message}");
    assert!(message.contains("  ERROR: No matching distribution found"), "{message}");
    let InstallError::Step { log, offline: false, .. } = error else { panic!("{message}") };
    assert!(std::fs::read_to_string(log.path).unwrap().contains("Collecting fails==1"));
    let message = install(&recipe("offline==1"), &options(cache.path()), &|_| {}).await.unwrap_err().to_string();
    assert!(message.contains("there seems to be no network"), "{message}");
}

#[tokio::test]
async fn a_cache_that_cannot_be_written_is_named() {
    if !python() {
        return;
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = install(&recipe("ok==1"), &options(file.path()), &|_| {}).await.unwrap_err();
    assert!(matches!(error, InstallError::Cache { .. }), "{error}");
    assert!(error.to_string().contains("set `THREEPID_CACHE`"), "{error}");
}
