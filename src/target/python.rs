//! Finding a Python that a recipe can use.
//!
//! Takes a requirement such as `>=3.10,<3.14` and gives a program whose version meets it. It installs nothing.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::error::InstallError;

/// How long an interpreter may take to say its version.
const VERSION_LIMIT: Duration = Duration::from_secs(20);

/// Which versions will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Requirement {
    text: String,
    bounds: Vec<(Bound, Vec<u32>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    AtLeast,
    Below,
}

impl Requirement {
    /// Reads `>=X.Y` and `<X.Y`, separated by commas. The error is a sentence for the profile's author.
    pub(super) fn parse(text: &str) -> Result<Requirement, String> {
        let mut bounds = Vec::new();
        for part in text.split(',').map(str::trim) {
            let (bound, version) = if let Some(version) = part.strip_prefix(">=") {
                (Bound::AtLeast, version)
            } else if let Some(version) = part.strip_prefix('<') {
                (Bound::Below, version)
            } else {
                return Err(format!("`{text}` must look like `>=3.10` or `>=3.10,<3.14`"));
            };
            let numbers = parse_version(version).ok_or_else(|| format!("`{version}` is not a version like `3.10`"))?;
            bounds.push((bound, numbers));
        }
        Ok(Requirement { text: text.to_owned(), bounds })
    }

    fn is_met_by(&self, version: &[u32]) -> bool {
        self.bounds.iter().all(|(bound, limit)| match bound {
            Bound::AtLeast => version >= limit.as_slice(),
            Bound::Below => version < limit.as_slice(),
        })
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// An interpreter and the version it says it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Python {
    pub(super) program: PathBuf,
    pub(super) version: String,
}

/// Finds an interpreter: the given one and no other, or else the first that will do.
pub(super) async fn find(given: Option<&Path>, wanted: &Requirement) -> Result<Python, InstallError> {
    let candidates: Vec<PathBuf> = match given {
        Some(program) => vec![program.to_owned()],
        None => ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"]
            .map(PathBuf::from)
            .to_vec(),
    };
    let mut found = Vec::new();
    for program in &candidates {
        let Some(version) = version_of(program).await else {
            continue;
        };
        if parse_version(&version).is_some_and(|numbers| wanted.is_met_by(&numbers)) {
            return Ok(Python { program: program.clone(), version });
        }
        found.push(format!("`{}` ({version})", program.display()));
    }
    if found.is_empty() {
        let tried = candidates.iter().map(|program| format!("`{}`", program.display())).collect();
        return Err(InstallError::NoPython { wanted: wanted.to_string(), tried });
    }
    Err(InstallError::WrongPython { wanted: wanted.to_string(), found })
}

/// The version a program says it has; `None` if it cannot be run or says none.
async fn version_of(program: &Path) -> Option<String> {
    let version = said(program, &["-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"]).await?;
    parse_version(&version).is_some().then_some(version)
}

/// What a program writes in a moment, without line ends around it; `None` if it cannot be run or fails.
pub(super) async fn said(program: &Path, args: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = timeout(VERSION_LIMIT, command.output()).await.ok()?.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

fn parse_version(text: &str) -> Option<Vec<u32>> {
    text.trim().split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_compare_numbers() {
        let wanted = Requirement::parse(">=3.10, <3.14").unwrap();
        for (version, met) in [("3.9.7", false), ("3.10.0", true), ("3.13.9", true), ("3.14.0", false), ("4.0", false)]
        {
            assert_eq!(wanted.is_met_by(&parse_version(version).unwrap()), met, "{version}");
        }
        assert!(Requirement::parse("3.10").unwrap_err().contains("must look like"));
        assert!(Requirement::parse(">=three").unwrap_err().contains("is not a version"));
    }

    #[tokio::test]
    async fn what_was_found_is_said() {
        let high = Requirement::parse(">=9.0").unwrap();
        let error = find(Some(Path::new("no-such-python")), &high).await.unwrap_err().to_string();
        assert!(error.contains("none was found (tried `no-such-python`)") && error.contains("--python"), "{error}");
        if version_of(Path::new("python3")).await.is_some() {
            let error = find(Some(Path::new("python3")), &high).await.unwrap_err().to_string();
            assert!(error.contains("Python >=9.0 is needed") && error.contains("`python3` (3."), "{error}");
        }
    }
}
