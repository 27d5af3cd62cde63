//! Loads scenarios and shows what is wrong with them.

use std::path::Path;

use super::exit::Exit;
use super::terminal::{self, Terminal};
use crate::scenario::{Sources, Suite};

/// Loads the scenarios of a folder, or those in the program.
///
/// # Errors
///
/// The exit code, after all faults were shown.
pub(super) fn suite(folder: Option<&Path>, terminal: Terminal) -> Result<Suite, Exit> {
    let sources = match folder {
        None => Sources::shipped(),
        Some(folder) => Sources::folder(folder).map_err(|fault| {
            terminal::error(&fault.to_string());
            Exit::Usage
        })?,
    };
    Suite::read(sources).map_err(|(sources, faults)| {
        terminal::err(&faults.render(&sources, terminal.err_colour, terminal.width));
        let count = faults.list.len();
        terminal::error(&format!("{count} {} in the scenarios", if count == 1 { "fault" } else { "faults" }));
        Exit::Usage
    })
}
