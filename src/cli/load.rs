//! Loads scenarios and shows what is wrong with them.

use std::path::Path;

use super::exit::Exit;
use super::terminal::{self, Terminal};
use threepid_engine::scenario::{Diagnostics, Sources, Suite};

/// Loads the scenarios of a folder, or those in the program. A folder has the rules that are in it.
///
/// # Errors
///
/// The exit code, after all faults were shown.
pub(super) fn suite(folder: Option<&Path>, terminal: Terminal) -> Result<Suite, Exit> {
    Suite::read(sources(folder)?).map_err(|(sources, faults)| show(&sources, &faults, terminal))
}

/// The files of a folder, or those in the program.
///
/// # Errors
///
/// The exit code, after it was said what cannot be read.
pub(super) fn sources(folder: Option<&Path>) -> Result<Sources, Exit> {
    match folder {
        None => Ok(crate::shipped::sources()),
        Some(folder) => Sources::folder(folder).map_err(|fault| {
            terminal::error(&fault.to_string());
            Exit::Usage
        }),
    }
}

/// Shows faults, and gives the exit code for them.
pub(super) fn show(sources: &Sources, faults: &Diagnostics, terminal: Terminal) -> Exit {
    terminal::err(&faults.render(sources, terminal.err_colour, terminal.width));
    let count = faults.list.len();
    terminal::error(&format!("{count} {} in the scenarios", if count == 1 { "fault" } else { "faults" }));
    Exit::Usage
}
