//! Loads scenarios and shows what is wrong with them.
//!
//! Takes a folder, or nothing for what is in the program; gives the suite, or an exit code after all faults were shown. A
//! folder has the rules that are in it; fragments that it does not have are the program's, and so is the specification.

use std::collections::BTreeSet;
use std::path::Path;

use super::exit::Exit;
use super::terminal::{self, Terminal};
use threepid_engine::plan::Selection;
use threepid_engine::scenario::{Diagnostics, Sources, Suite};
use threepid_views::report::count;

/// Loads the scenarios of a folder, or those in the program.
///
/// # Errors
///
/// The exit code, after all faults were shown.
pub(super) fn suite(folder: Option<&Path>, terminal: Terminal) -> Result<Suite, Exit> {
    Suite::read(sources(folder)?).map_err(|(sources, faults)| show(&sources, &faults, terminal))
}

/// The same for what is selected: faults in other scenarios are counted, and stop nothing.
///
/// # Errors
///
/// The exit code, after the faults in what is selected were shown.
pub(super) fn selected(folder: Option<&Path>, selection: &Selection, terminal: Terminal) -> Result<Suite, Exit> {
    let (sources, mut faults) = match Suite::read(sources(folder)?) {
        Ok(suite) => return Ok(suite),
        Err(found) => found,
    };
    let path = |file: usize| sources.file(file).path.as_str();
    let faulty: BTreeSet<&str> = faults.list.iter().map(|fault| path(fault.span.file)).collect();
    let all = faults.list.len();
    faults.list.retain(|fault| selection.may_need(path(fault.span.file)));
    let others = all - faults.list.len();
    let elsewhere =
        format!("{} in scenarios that are not selected: `threepid check` shows all", count(others, "fault"));
    if faults.list.is_empty() {
        terminal::err(&format!("{elsewhere}\n"));
        let rest = sources.without(|path| faulty.contains(path));
        return Suite::read(rest).map_err(|(sources, faults)| show(&sources, &faults, terminal));
    }
    let exit = show(&sources, &faults, terminal);
    if others > 0 {
        terminal::err(&format!("{elsewhere}\n"));
    }
    Err(exit)
}

/// The files of a folder with the fragments and the specification that it lacks, or those in the program.
///
/// # Errors
///
/// The exit code, after it was said what cannot be read.
pub(super) fn sources(folder: Option<&Path>) -> Result<Sources, Exit> {
    let Some(folder) = folder else {
        return Ok(crate::shipped::sources());
    };
    folder_by_itself(folder).map(with_shipped)
}

/// The files of a folder; where they lie in the folder itself, it is the first part of their ids.
///
/// # Errors
///
/// The exit code, after it was said what cannot be read.
pub(super) fn folder_by_itself(folder: &Path) -> Result<Sources, Exit> {
    let own = files(folder)?;
    let flat = own.files().iter().all(|file| !file.path.contains('/'));
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let name = whole.file_name().unwrap_or_default().to_string_lossy();
    Ok(if flat { own.inside(&name) } else { own })
}

/// The files of a folder, and no others.
///
/// # Errors
///
/// The exit code, after it was said what cannot be read.
fn files(folder: &Path) -> Result<Sources, Exit> {
    Sources::folder(folder).map_err(|fault| {
        terminal::error(&fault.to_string());
        Exit::Usage
    })
}

/// The files, with the fragments and the specification in the program for what they lack.
pub(super) fn with_shipped(own: Sources) -> Sources {
    own.backed_by(&crate::shipped::sources())
}

/// Shows faults, and gives the exit code for them.
pub(super) fn show(sources: &Sources, faults: &Diagnostics, terminal: Terminal) -> Exit {
    terminal::err(&faults.render(sources, terminal.err_colour, terminal.width));
    terminal::error(&format!("{} in the scenarios", count(faults.list.len(), "fault")));
    Exit::Usage
}
