//! Several targets in one command.
//!
//! Takes their names; runs them one after the other, each with a record of its own, then writes the page that shows them
//! side by side. One that cannot be had keeps no other from being tested.

use std::path::{Path, PathBuf};

use super::super::args::RunArgs;
use super::super::exit::Exit;
use super::super::interrupt::Interrupt;
use super::super::terminal::{self, Terminal};
use super::prepare::{Known, One, prepare, said};
use threepid_views::report;

/// The page in the folder of `--output`.
const PAGE: &str = "comparison.html";

/// Tests all of `targets`. The exit code is the gravest.
pub(in crate::cli) async fn several(
    args: &RunArgs,
    targets: &[String],
    deviations: Known,
    seed: u64,
    terminal: Terminal,
    interrupt: &Interrupt,
) -> Exit {
    for (set, option) in
        [(args.homeserver.is_some(), "--homeserver"), (args.write_deviations.is_some(), "--write-deviations")]
    {
        if set {
            terminal::error(&format!("{option} is for one target, and these are {}", targets.len()));
            return Exit::Usage;
        }
    }
    if let Some(twice) = targets.iter().enumerate().find(|(at, name)| targets[..*at].contains(name)) {
        terminal::error(&format!("`{}` is named twice (--target); --repeat runs each trial more often", twice.1));
        return Exit::Usage;
    }
    let mut exits = Vec::new();
    let mut prepared = Vec::new();
    for target in targets {
        let output = args.output.as_deref().map(|folder| folder_of(folder, target));
        let one = One { target: Some(target.clone()), output, seed, deviations };
        match prepare(args, &one, terminal) {
            Ok(run) => prepared.push(run),
            // What is wrong for one of them may be wrong for all: a name, a filter, a scenario.
            Err(refused) if refused.0 != Exit::Failure => return said(refused),
            Err(refused) => exits.push(said(refused)),
        }
    }
    for run in prepared {
        if interrupt.stop.is_cancelled() {
            break;
        }
        exits.push(Box::pin(run.run(interrupt)).await);
    }
    if let Some(folder) = &args.output {
        exits.extend(page(folder, targets));
    }
    if interrupt.stop.is_cancelled() { Exit::Interrupted } else { gravest(exits) }
}

/// Where the record of a target goes.
pub(in crate::cli) fn folder_of(folder: &Path, target: &str) -> PathBuf {
    // A profile file is named by where it is.
    let name = Path::new(target).file_name().unwrap_or_default();
    folder.join(name)
}

/// Writes the page of the records that are there.
fn page(folder: &Path, targets: &[String]) -> Option<Exit> {
    let paths = targets.iter().map(|target| folder_of(folder, target).join("report.json"));
    let records: Vec<_> = paths.filter_map(|path| report::json::Saved::open(&path).ok()).collect();
    if records.is_empty() {
        return None;
    }
    match report::html::write(&folder.join(PAGE), &records) {
        Ok(()) => None,
        Err(fault) => {
            terminal::error(&format!("{fault} (--output)"));
            Some(Exit::Failure)
        }
    }
}

/// "We could not tell" comes before "the server is wrong", and that before what is well.
fn gravest(exits: Vec<Exit>) -> Exit {
    let order = [Exit::Interrupted, Exit::Usage, Exit::Failure, Exit::NotConformant, Exit::Nothing];
    order.into_iter().find(|one| exits.contains(one)).unwrap_or(Exit::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_counts_and_each_has_its_folder() {
        assert_eq!(gravest(vec![Exit::Ok, Exit::NotConformant, Exit::Failure, Exit::Ok]), Exit::Failure);
        assert_eq!(gravest(vec![Exit::Ok, Exit::NotConformant]), Exit::NotConformant);
        assert_eq!(gravest(vec![Exit::Ok]), Exit::Ok);
        assert_eq!(folder_of(Path::new("out"), "synapse@1.2.3"), Path::new("out/synapse@1.2.3"));
        assert_eq!(folder_of(Path::new("out"), "my/hs.toml"), Path::new("out/hs.toml"));
    }
}
