//! What can be wrong with a profile.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::{did_you_mean, list};

/// What is wrong with a target profile.
#[derive(Debug, Error)]
pub enum ProfileError {
    /// No profile of that name is built in.
    #[error(
        "unknown target profile `{name}`{}; built in are {}; a profile of your own is named by its path, ending in `.toml`",
        did_you_mean(nearest.as_deref()), list(known)
    )]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
        /// The nearest of them.
        nearest: Option<String>,
    },
    /// The file cannot be read.
    #[error("the target profile `{}` cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is no TOML, or not of the right shape.
    #[error("{file}, line {line}: {message}{}{}", did_you_mean(nearest.as_deref()), expected_keys(expected))]
    Shape {
        /// The file, as the user named it.
        file: String,
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        message: String,
        /// The nearest of the expected names, where a name is wrong.
        nearest: Option<String>,
        /// The names that are known there, where a name is wrong.
        expected: Vec<String>,
    },
    /// The file has the right shape but does not make sense.
    #[error("{file}, `{key}`: {problem}")]
    Sense {
        /// The file, as the user named it.
        file: String,
        /// The key, with dots.
        key: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// The profile has no such variant.
    #[error("the target `{profile}` has no variant `{variant}`{}; it has {}", did_you_mean(nearest.as_deref()), list(known))]
    NoVariant {
        /// The profile's name.
        profile: String,
        /// What was asked for.
        variant: String,
        /// The variants there are.
        known: Vec<String>,
        /// The nearest of them.
        nearest: Option<String>,
    },
    /// The profile knows no such release.
    #[error("the target `{profile}` has no release `{version}`; near it are {}", list(near))]
    NoRelease {
        /// The profile's name.
        profile: String,
        /// What was asked for.
        version: String,
        /// The nearest ones.
        near: Vec<String>,
    },
    /// The profile knows no releases at all.
    #[error("the target `{profile}` has no releases to choose from: leave out the `@` and what follows it")]
    NoReleases {
        /// The profile's name.
        profile: String,
    },
    /// A placeholder in a profile stands for nothing.
    #[error("{place}: nothing is known of `{{{{{name}}}}}`{}; known are {}", did_you_mean(nearest.as_deref()), list(known))]
    Placeholder {
        /// Where it stands: `config.email.smtp_port`.
        place: String,
        /// Its name.
        name: String,
        /// The names there are.
        known: Vec<String>,
        /// The nearest of them.
        nearest: Option<String>,
    },
    /// A `{{` has no `}}`.
    #[error("{place}: `{{{{` without `}}}}` in `{text}`")]
    Unclosed {
        /// Where it stands.
        place: String,
        /// The whole text.
        text: String,
    },
}

fn expected_keys(expected: &[String]) -> String {
    if expected.is_empty() { String::new() } else { format!(" (known here: {})", list(expected)) }
}
