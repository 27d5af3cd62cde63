//! Where results, progress and errors go.
//!
//! Results go to standard output, everything else to standard error. Colours follow `--color`, then `NO_COLOR`, then
//! what the stream is. A pipe whose reader is gone ends nothing but the output; results that cannot be written for another
//! reason are told at the end.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::args::Colour;
use threepid_views::report::{Extent, Style, disarm, visible_lines};

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
    /// How much is told (`--verbose`).
    pub(super) extent: Extent,
}

/// How wide output is that goes to no terminal.
const PLAIN_WIDTH: usize = 100;
/// From how many columns on `COLUMNS` is believed, and the fewest that are used.
const FEWEST: usize = 20;

/// The first fault of standard output.
static UNWRITTEN: Mutex<Option<io::Error>> = Mutex::new(None);
/// Whether its reader has closed it.
static READER_IS_GONE: AtomicBool = AtomicBool::new(false);
/// Whether something is still being written to it that nobody reads.
static ABANDONED: AtomicBool = AtomicBool::new(false);

impl Terminal {
    /// Looks at the streams and the environment.
    pub(super) fn look(colour: Colour, verbose: bool) -> Terminal {
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
        let window = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
        Terminal {
            out_colour: wanted(out),
            err_colour: wanted(err),
            progress: err && !set("CI") && !set("TF_BUILD"),
            width: width(columns, window),
            extent: if verbose { Extent::Whole } else { Extent::Brief },
        }
    }
}

impl Terminal {
    /// How results are dressed.
    pub(super) fn style(&self) -> Style {
        Style { colour: self.out_colour, width: self.width }
    }
}

/// How many columns to use: what `COLUMNS` says, else what the terminal has, if it is one.
fn width(columns: Option<usize>, window: Option<usize>) -> usize {
    columns.filter(|columns| *columns >= FEWEST).or(window.map(|window| window.max(FEWEST))).unwrap_or(PLAIN_WIDTH)
}

/// Writes a result.
pub(super) fn out(text: &str) {
    keep(std::io::stdout().lock().write_all(text.as_bytes()));
}

/// Writes a result that is read while more is to come.
pub(super) fn out_at_once(text: &str) {
    out(text);
    keep(std::io::stdout().lock().flush());
}

/// Asks on standard output, and makes sure that the question is seen before the answer is read.
pub(super) fn ask(question: &str) {
    out_at_once(question);
}

/// Writes what is still held back, and gives the first fault of all that was to be written.
pub(super) fn unwritten() -> Option<io::Error> {
    if ABANDONED.load(Ordering::Relaxed) {
        return None;
    }
    keep(std::io::stdout().lock().flush());
    UNWRITTEN.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn keep(result: io::Result<()>) {
    match result {
        // A reader that has seen enough (`| head`) is no failure.
        Err(fault) if fault.kind() == ErrorKind::BrokenPipe => READER_IS_GONE.store(true, Ordering::Relaxed),
        Err(fault) => {
            UNWRITTEN.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(fault);
        }
        Ok(()) => {}
    }
}

/// Whether nobody reads standard output any more.
pub(super) fn reader_is_gone() -> bool {
    READER_IS_GONE.load(Ordering::Relaxed)
}

/// Writes a result that nobody may read: given up when `over` ends, and with it standard output.
pub(super) async fn out_until(text: String, over: impl Future<Output = ()>) {
    let written = tokio::task::spawn_blocking(move || out(&text));
    tokio::select! {
        biased;
        _ = written => {}
        // What waits for its reader holds the stream; waiting for it at the end would be for ever.
        () = over => ABANDONED.store(true, Ordering::Relaxed),
    }
}

/// Writes a message for people.
pub(super) fn err(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Writes one error with its next step. Servers have a say in some of them: nothing in it is obeyed.
pub(super) fn error(message: &str) {
    err(&disarm(format!("threepid: {}\n", visible_lines(message))));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_from_the_variable_then_from_the_terminal() {
        assert_eq!(width(Some(70), Some(140)), 70);
        assert_eq!(width(Some(3), Some(140)), 140, "a variable that is too small to be meant");
        assert_eq!(width(None, Some(140)), 140);
        assert_eq!(width(None, Some(5)), FEWEST);
        assert_eq!(width(None, None), PLAIN_WIDTH);
    }
}
