//! `threepid history`: the releases of one target, and what changed in which.
//!
//! Takes a target and the arguments of `run`; tests one release after the other, and writes the document that tells the
//! changes, with what is known of them. It judges nothing itself.

use std::path::Path;

use super::args::HistoryArgs;
use super::exit::Exit;
use super::interrupt::Interrupt;
use super::load;
use super::run::{Known, folder_of, several};
use super::terminal::{self, Terminal};
use crate::target::{Profile, release_notes};
use threepid_record::model::Report;
use threepid_views::report::history::{Notes, Release, markdown, turns};
use threepid_views::report::json::Saved;
use threepid_views::report::write_file;

pub(super) async fn history(args: HistoryArgs, terminal: Terminal) -> Exit {
    let (folder, profile, versions) = match prepare(&args) {
        Ok(prepared) => prepared,
        Err(message) => {
            terminal::error(&message);
            return Exit::Usage;
        }
    };
    let notes = match notes(&profile) {
        Ok(notes) => notes,
        Err(message) => {
            terminal::error(&message);
            return Exit::Usage;
        }
    };
    let interrupt = Interrupt::listen();
    let seed = args.run.seed.unwrap_or_else(crate::random::number);
    let targets: Vec<String> = versions.iter().map(|version| format!("{}@{version}", args.of)).collect();
    let left = match left(&args, &folder, &targets, terminal) {
        Ok(left) => left,
        Err(exit) => return exit,
    };
    let exit = several(&args.run, &left, Known::Ignored, seed, terminal, &interrupt).await;
    if matches!(exit, Exit::Interrupted | Exit::Usage | Exit::Nothing) {
        return exit;
    }
    let paths = targets.iter().map(|target| folder_of(&folder, target).join("report.json"));
    let records: Vec<(&String, Option<Report>)> =
        versions.iter().zip(paths.map(|path| Saved::open(&path).ok().map(|record| record.report))).collect();
    let days = profile.install.as_ref().map(|install| &install.releases);
    let releases: Vec<Release<'_>> = records
        .iter()
        // Of one that could not be tested to its end, nothing can be told.
        .filter_map(|(version, record)| Some((version, record.as_ref().filter(|record| record.error.is_none())?)))
        .map(|(version, record)| Release {
            version,
            day: days.and_then(|days| days.get(*version)).map(String::as_str),
            record,
        })
        .collect();
    let document = args.document.clone().unwrap_or_else(|| folder.join("history.md"));
    let text = markdown(&args.of, &command(&args, &document), &releases, &notes);
    if let Err(fault) = write_file(&document, text.as_bytes()) {
        terminal::error(&fault.to_string());
        return Exit::Failure;
    }
    terminal::out(&format!(
        "{} releases, {} changes: {}\n",
        releases.len(),
        turns(&releases).len(),
        document.display()
    ));
    // That a release of old does something wrong is what is looked for.
    if releases.len() < versions.len() { Exit::Failure } else { Exit::Ok }
}

/// The targets that are still to be tested: all, unless their records may be used again.
fn left(args: &HistoryArgs, folder: &Path, targets: &[String], terminal: Terminal) -> Result<Vec<String>, Exit> {
    if !args.reuse {
        return Ok(targets.to_vec());
    }
    let suite = load::suite(args.run.scenarios.scenarios.as_deref(), terminal)?.sources.hash();
    let whole = |record: &Report| record.suite == suite && record.error.is_none() && !record.interrupted;
    let there =
        |target: &&String| Saved::open(&folder_of(folder, target).join("report.json")).is_ok_and(|r| whole(&r.report));
    let (there, left): (Vec<&String>, Vec<&String>) = targets.iter().partition(there);
    if !there.is_empty() {
        terminal::err(&format!(
            "used again: {}\n",
            there.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(", ")
        ));
    }
    Ok(left.into_iter().cloned().collect())
}

/// The folder for the records, the profile and its releases in order.
fn prepare(args: &HistoryArgs) -> Result<(std::path::PathBuf, Profile, Vec<String>), String> {
    if !args.run.target.is_empty() {
        return Err("--target is for `run`; `history` takes the target as its first argument".to_owned());
    }
    let Some(folder) = args.run.output.clone() else {
        return Err("give a folder for the records with --output DIR".to_owned());
    };
    let profile = Profile::load(&args.of).map_err(|fault| fault.to_string())?;
    let named = profile.install.as_ref().map(|install| install.milestones.clone()).unwrap_or_default();
    let all: Vec<String> = profile.releases().into_iter().map(str::to_owned).collect();
    if all.is_empty() {
        return Err(format!("the target `{}` has no releases to choose from (`install.releases`)", profile.name));
    }
    let wanted = match (&args.release[..], &named[..]) {
        ([], []) => return Ok((folder, profile, all)),
        ([], named) => named,
        (asked, _) => asked,
    };
    // In their order, whatever the order they were named in; one that there is not is said when it is tested.
    let mut versions = wanted.to_vec();
    versions.sort_by_key(|version| all.iter().position(|one| one == version));
    versions.dedup();
    Ok((folder, profile, versions))
}

/// What is known of the changes between the profile's releases.
fn notes(profile: &Profile) -> Result<Notes, String> {
    match release_notes(&profile.name) {
        None => Ok(Notes::default()),
        Some((file, text)) => toml::from_str(&text).map_err(|fault| format!("{file}: {fault}")),
    }
}

/// The command that makes the document again.
fn command(args: &HistoryArgs, document: &Path) -> String {
    let mut words = vec!["threepid".to_owned(), "history".to_owned(), args.of.clone()];
    words.extend(args.run.filters.iter().cloned());
    words.extend(args.release.iter().flat_map(|version| ["--release".to_owned(), version.clone()]));
    if let Some(seed) = args.run.seed {
        words.extend(["--seed".to_owned(), seed.to_string()]);
    }
    words.extend(["--output".to_owned(), "DIR".to_owned(), "--document".to_owned(), document.display().to_string()]);
    words.join(" ")
}
