//! The scenarios that are part of the program.
//!
//! Gives their texts, and the suite that is read from them. It never reads from disk.

use threepid_engine::scenario::{Diagnostics, SourceFile, Sources, Suite};

/// The files below `scenarios/`: paths and texts.
const SHIPPED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));

/// The texts of all files.
pub fn sources() -> Sources {
    let file = |&(path, text): &(&str, &str)| SourceFile { path: path.to_owned(), text: text.to_owned() };
    Sources::of(SHIPPED.iter().map(file)).named("scenarios")
}

/// All scenarios that are part of the program.
///
/// # Errors
///
/// None in a program whose tests passed: a test reads them.
pub fn suite() -> Result<Suite, (Sources, Diagnostics)> {
    Suite::read(sources())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_shipped_scenarios_are_sound() {
        if let Err((sources, faults)) = super::suite() {
            panic!("{}", faults.lines(&sources));
        }
    }
}
