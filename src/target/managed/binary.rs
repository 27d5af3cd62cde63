//! The binary that somebody brings.
//!
//! Takes what a profile knows of it and what the command line names; gives its path, or says what is there instead. It
//! runs it only to hear its version.

use std::path::{Path, PathBuf};

use regex::Regex;

use crate::target::error::StartError;
use crate::target::profile::Binary;
use crate::target::python::said;

/// How much of what it says a message shows.
const SHOWN: usize = 120;

/// The binary's path, once it has said that it is what the profile means.
pub(super) async fn find(target: &str, wanted: &Binary, given: Option<&Path>) -> Result<PathBuf, StartError> {
    let program = given.map_or_else(|| PathBuf::from(&wanted.name), Path::to_owned);
    // It runs in a folder of its own, where a relative path would lead nowhere. A name alone is looked for in PATH.
    let program =
        if program.components().count() > 1 { std::path::absolute(&program).unwrap_or(program) } else { program };
    let args: Vec<&str> = wanted.version.iter().map(String::as_str).collect();
    let Some(version) = said(&program, &args).await else {
        return Err(StartError::NoBinary { target: target.to_owned(), program, name: wanted.name.clone() });
    };
    // The profile was checked when it was read.
    if Regex::new(&wanted.says).is_ok_and(|says| says.is_match(&version)) {
        return Ok(program);
    }
    let version = version.lines().next().unwrap_or_default().chars().take(SHOWN).collect();
    Err(StartError::OtherBinary { target: target.to_owned(), program, version, says: wanted.says.clone() })
}
