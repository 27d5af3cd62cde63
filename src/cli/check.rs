//! `threepid check`: all faults of all files, without a server.

use std::path::{Path, PathBuf};

use super::args::CheckArgs;
use super::exit::Exit;
use super::load;
use super::terminal::{self, Terminal};
use crate::report::count;

pub(super) fn check(args: &CheckArgs, terminal: Terminal) -> Exit {
    let mut roots: Vec<Option<PathBuf>> = Vec::new();
    if args.paths.is_empty() {
        roots.push(None);
    }
    for path in &args.paths {
        if let Err(fault) = path.metadata() {
            terminal::error(&format!("cannot read {}: {fault}", path.display()));
            return Exit::Usage;
        }
        let root = root_of(path);
        if !roots.contains(&Some(root.clone())) {
            roots.push(Some(root));
        }
    }
    let mut exit = Exit::Ok;
    for root in roots {
        match load::suite(root.as_deref(), terminal) {
            Ok(suite) => {
                let cases: usize = suite.scenarios.iter().map(|scenario| scenario.cases.len()).sum();
                let place = root.map_or_else(|| "this program".to_owned(), |root| root.display().to_string());
                terminal::out(&format!(
                    "{} with {} in {place}: all are sound\n",
                    count(suite.scenarios.len(), "scenario"),
                    count(cases, "case")
                ));
            }
            Err(fault) => exit = fault,
        }
    }
    exit
}

/// The folder of scenarios that a path belongs to: a file or a subfolder is checked together with the fragments it may
/// use, which are in `fragments` beside it or above it.
fn root_of(path: &Path) -> PathBuf {
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    // The folder of `mine.yaml` has no name.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    folder.ancestors().find(|above| above.join("fragments").is_dir()).map_or_else(
        || folder.to_owned(),
        |above| if above.as_os_str().is_empty() { PathBuf::from(".") } else { above.to_owned() },
    )
}
