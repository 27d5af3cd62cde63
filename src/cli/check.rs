//! `threepid check`: all faults of the files that are asked for, without a server.
//!
//! Takes files and folders; shows the faults in them and in the fragments. A file's neighbours are read with it, because
//! fragments stand among them, and their faults are left out; what they do not have is the program's. It never writes
//! anything.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::args::CheckArgs;
use super::exit::Exit;
use super::load;
use super::terminal::{self, Terminal};
use threepid_engine::scenario::{FRAGMENTS, RULES, SPECIFICATION, SourceFile, Sources, Suite};
use threepid_views::report::count;

/// What is read together, and what of it was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    /// Where its files are; nowhere for those in the program.
    root: Option<PathBuf>,
    /// Paths below the root, with `/`; none means everything.
    only: Vec<String>,
    /// One file with nothing around it that it could share.
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
    fn sources(&self) -> Result<Sources, Exit> {
        let own = match (&self.lone, &self.root) {
            (Some(file), _) => lone(file)?,
            (None, Some(root)) => load::folder_by_itself(root)?,
            (None, None) => return load::sources(None),
        };
        Ok(load::with_shipped(own))
    }

    fn check(&self, terminal: Terminal) -> Result<(), Exit> {
        let wanted = |path: &str| path.starts_with(FRAGMENTS) || self.wants(path);
        match Suite::read(self.sources()?) {
            Ok(suite) => self.sound(&suite, terminal),
            Err((sources, mut faults)) => {
                let of = |file: usize| sources.file(file).path.as_str();
                let faulty: BTreeSet<&str> = faults.list.iter().map(|fault| of(fault.span.file)).collect();
                faults.list.retain(|fault| wanted(of(fault.span.file)));
                if !faults.list.is_empty() {
                    return Err(load::show(&sources, &faults, terminal));
                }
                // Others are broken. What these rest on is found only where they are read by themselves.
                match Suite::read(sources.without(|path| faulty.contains(path))) {
                    Ok(suite) => self.sound(&suite, terminal),
                    Err((sources, faults)) => Err(load::show(&sources, &faults, terminal)),
                }
            }
        }
    }

    /// Whether a file was asked for.
    fn wants(&self, path: &str) -> bool {
        let below =
            |only: &String| path.strip_prefix(only).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.only.is_empty() || self.only.iter().any(below)
    }

    /// Says what was looked at, unless an expectation does not say what it rests on.
    fn sound(&self, suite: &Suite, terminal: Terminal) -> Result<(), Exit> {
        let mut faults = suite.ungrounded.clone();
        faults.list.retain(|fault| {
            let path = &suite.sources.file(fault.span.file).path;
            path.starts_with(FRAGMENTS) || self.wants(path)
        });
        if !faults.list.is_empty() {
            return Err(load::show(&suite.sources, &faults, terminal));
        }
        let scenarios = suite.scenarios.iter().filter(|scenario| self.wants(&format!("{}.yaml", scenario.id)));
        let cases: Vec<usize> = scenarios.map(|scenario| scenario.cases.len()).collect();
        let files = suite.sources.files().iter().enumerate();
        let own: Vec<&str> = files
            .filter(|(index, file)| suite.sources.is_own(*index) && self.wants(&file.path))
            .map(|(_, file)| file.path.as_str())
            .collect();
        let of = |folder: &str| own.iter().filter(|path| path.starts_with(folder)).count();
        let others = [(of(RULES), "rule"), (of(FRAGMENTS), "fragment"), (of(SPECIFICATION), "specification file")];
        let mut seen: Vec<String> =
            others.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| count(n, what)).collect();
        if !cases.is_empty() || seen.is_empty() {
            let (scenarios, cases) = (count(cases.len(), "scenario"), count(cases.iter().sum(), "case"));
            seen.insert(0, format!("{scenarios} with {cases}"));
        }
        let root = self.root.as_ref().map_or_else(|| "this program".to_owned(), |root| root.display().to_string());
        let place = if self.only.is_empty() { root } else { self.only.join(", ") };
        terminal::out(&format!("{} in {place}: all are sound\n", listed(&seen)));
        Ok(())
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(parts: &[String]) -> String {
    match parts {
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => parts.concat(),
    }
}

/// What a path asks for: it is read together with what stands in `fragments`, `contract` or `specification` beside it or
/// above.
fn asked(path: &Path) -> Asked {
    // A path like `wrong-password.yaml` has nothing above it unless it is made absolute.
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = if path.is_dir() { &*whole } else { whole.parent().unwrap_or(&whole) };
    let with_fragments = folder.ancestors().find(|above| above.join(FRAGMENTS).is_dir());
    let above = || folder.parent().filter(|above| [RULES, SPECIFICATION].iter().any(|name| above.join(name).is_dir()));
    match with_fragments.or_else(above) {
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

/// One file.
fn lone(path: &Path) -> Result<Sources, Exit> {
    let bytes = std::fs::read(path).map_err(|fault| {
        terminal::error(&format!("cannot read {}: {fault}", path.display()));
        Exit::Usage
    })?;
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Ok(Sources::of([SourceFile { path: id_path(&whole), text: String::from_utf8_lossy(&bytes).into_owned() }]))
}
