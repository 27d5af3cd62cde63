//! `threepid check`: all faults of the files that are asked for, without a server.
//!
//! Takes files and folders; shows the faults in them and in the fragments. A file's neighbours are read with it, because
//! fragments stand among them, and their faults are left out. It never writes anything.

use std::path::{Path, PathBuf};

use super::args::CheckArgs;
use super::exit::Exit;
use super::load;
use super::terminal::{self, Terminal};
use threepid_engine::scenario::{SourceFile, Sources, Suite};
use threepid_views::report::count;

/// What is read together, and what of it was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    /// Where its files are; nowhere for those in the program.
    root: Option<PathBuf>,
    /// Paths below the root, with `/`; none means everything.
    only: Vec<String>,
    /// One file without any fragments around it, which uses those in the program.
    lone: Option<PathBuf>,
}

pub(super) fn check(args: &CheckArgs, terminal: Terminal) -> Exit {
    let mut groups: Vec<Asked> = Vec::new();
    if args.paths.is_empty() {
        groups.push(Asked::default());
    }
    for path in &args.paths {
        if let Err(fault) = path.metadata() {
            terminal::error(&format!("cannot read {}: {fault}", path.display()));
            return Exit::Usage;
        }
        let asked = asked(path);
        match groups.iter_mut().find(|group| group.lone.is_none() && asked.lone.is_none() && group.root == asked.root) {
            // Everything and a part of it is everything.
            Some(group) if group.only.is_empty() || asked.only.is_empty() => group.only.clear(),
            Some(group) => group.only.extend(asked.only),
            None => groups.push(asked),
        }
    }
    let mut exit = Exit::Ok;
    for group in groups {
        match group.check(terminal) {
            Ok(()) => {}
            Err(fault) => exit = fault,
        }
    }
    exit
}

impl Asked {
    fn check(&self, terminal: Terminal) -> Result<(), Exit> {
        let sources = match (&self.lone, &self.root) {
            (Some(file), _) => lone(file)?,
            (None, root) => load::sources(root.as_deref())?,
        };
        let wanted = |path: &str| {
            let below =
                |only: &String| path.strip_prefix(only).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            self.only.is_empty() || path.starts_with("fragments/") || self.only.iter().any(below)
        };
        let asked: Vec<String> =
            sources.files().iter().map(|file| file.path.clone()).filter(|path| wanted(path)).collect();
        match Suite::read(sources) {
            Ok(suite) => {
                let mut faults = suite.ungrounded.clone();
                faults.list.retain(|fault| wanted(&suite.sources.file(fault.span.file).path));
                if !faults.list.is_empty() {
                    return Err(load::show(&suite.sources, &faults, terminal));
                }
                let scenarios = suite.scenarios.iter().filter(|scenario| wanted(&format!("{}.yaml", scenario.id)));
                let cases: Vec<usize> = scenarios.map(|scenario| scenario.cases.len()).collect();
                let root =
                    self.root.as_ref().map_or_else(|| "this program".to_owned(), |root| root.display().to_string());
                let place = if self.only.is_empty() { root } else { self.only.join(", ") };
                let (scenarios, cases) = (count(cases.len(), "scenario"), count(cases.iter().sum(), "case"));
                terminal::out(&format!("{scenarios} with {cases} in {place}: all are sound\n"));
                Ok(())
            }
            Err((sources, mut faults)) => {
                faults.list.retain(|fault| wanted(&sources.file(fault.span.file).path));
                if faults.list.is_empty() {
                    // Others are broken. What these rest on is found only where they are read by themselves.
                    let own = sources.files().iter().filter(|file| asked.contains(&file.path)).cloned();
                    if let Ok(suite) = Suite::read(Sources::of(own))
                        && !suite.ungrounded.list.is_empty()
                    {
                        return Err(load::show(&suite.sources, &suite.ungrounded, terminal));
                    }
                    let scenarios = asked.iter().filter(|path| !path.starts_with("fragments/")).count();
                    let place = self.only.join(", ");
                    terminal::out(&format!("{} in {place}: all are sound\n", count(scenarios, "scenario")));
                    return Ok(());
                }
                Err(load::show(&sources, &faults, terminal))
            }
        }
    }
}

/// What a path asks for: it is read together with the fragments it may use, which are in `fragments` beside it or above.
fn asked(path: &Path) -> Asked {
    // A path like `wrong-password.yaml` has nothing above it unless it is made absolute.
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = if path.is_dir() { &*whole } else { whole.parent().unwrap_or(&whole) };
    match folder.ancestors().find(|above| above.join("fragments").is_dir()) {
        Some(root) => {
            let below = whole.strip_prefix(root).unwrap_or(&whole);
            let below: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            let only = Vec::from_iter(Some(below.join("/")).filter(|only| !only.is_empty()));
            Asked { root: Some(root.to_owned()), only, lone: None }
        }
        None if path.is_dir() => Asked { root: Some(path.to_owned()), ..Asked::default() },
        None => Asked { only: vec![id_path(&whole)], lone: Some(path.to_owned()), ..Asked::default() },
    }
}

/// The path of a file as an id needs it: its folder and its name.
fn id_path(whole: &Path) -> String {
    let part = |path: Option<&std::ffi::OsStr>| path.unwrap_or_default().to_string_lossy().into_owned();
    let folder = part(whole.parent().and_then(Path::file_name));
    format!("{folder}/{}.yaml", part(whole.file_stem()))
}

/// One file, with the fragments in the program.
fn lone(path: &Path) -> Result<Sources, Exit> {
    let bytes = std::fs::read(path).map_err(|fault| {
        terminal::error(&format!("cannot read {}: {fault}", path.display()));
        Exit::Usage
    })?;
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let file = SourceFile { path: id_path(&whole), text: String::from_utf8_lossy(&bytes).into_owned() };
    let shipped = crate::shipped::sources();
    let fragments = shipped.files().iter().filter(|file| file.path.starts_with("fragments/")).cloned();
    Ok(Sources::of(fragments.chain([file])))
}
