//! The scenarios that are part of the program.
//!
//! Gives their texts, and the suite that is read from them. It never reads from disk.

use rust_embed::Embed;
use threepid_engine::scenario::{Diagnostics, SourceFile, Sources, Suite};

/// The files below `scenarios/`.
#[derive(Embed)]
#[folder = "scenarios/"]
#[include = "*.yaml"]
struct Shipped;

/// The texts of all files.
pub fn sources() -> Sources {
    let sources = Sources::of(Shipped::iter().filter_map(|path| {
        let file = Shipped::get(&path)?;
        Some(SourceFile { path: path.to_string(), text: String::from_utf8_lossy(&file.data).into_owned() })
    }));
    sources.named("scenarios")
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
