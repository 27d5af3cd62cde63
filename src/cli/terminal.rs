//! Where results, progress and errors go.
//!
//! Results go to standard output, everything else to standard error. Colours follow `--color`, then `NO_COLOR`, then
//! what the stream is. A pipe whose reader is gone ends nothing but the output.

use std::io::{IsTerminal, Write};

use super::args::Colour;
use crate::report::{disarm, visible_lines};

/// What is known of the two streams.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    /// Whether results are coloured.
    pub(super) out_colour: bool,
    /// Whether progress and errors are coloured.
    pub(super) err_colour: bool,
    /// Whether progress may be drawn.
    pub(super) progress: bool,
    /// How many columns results may use.
    pub(super) width: usize,
}

/// How wide output is that goes to no terminal.
const PLAIN_WIDTH: usize = 100;

impl Terminal {
    /// Looks at the streams and the environment.
    pub(super) fn look(colour: Colour) -> Terminal {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let wanted = |terminal: bool| match colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto if set("NO_COLOR") => false,
            Colour::Auto if set("CLICOLOR_FORCE") || set("FORCE_COLOR") => true,
            Colour::Auto => terminal,
        };
        let (out, err) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        Terminal {
            out_colour: wanted(out),
            err_colour: wanted(err),
            progress: err && !set("CI") && !set("TF_BUILD"),
            width: columns.filter(|columns| *columns >= 20).unwrap_or(PLAIN_WIDTH),
        }
    }
}

/// Writes a result.
pub(super) fn out(text: &str) {
    // A reader that has seen enough (`| head`) is no failure.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// Writes a message for people.
pub(super) fn err(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Writes one error with its next step. Servers have a say in some of them: nothing in it is obeyed.
pub(super) fn error(message: &str) {
    err(&disarm(format!("threepid: {}\n", visible_lines(message))));
}
