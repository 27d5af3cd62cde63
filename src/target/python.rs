//! Finding a Python that a recipe can use.
//!
//! Takes a requirement such as `>=3.10,<3.14` and gives a program whose version meets it. It installs nothing.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::error::InstallError;
use super::requirement::{Requirement, parse_version};

/// How long an interpreter may take to say its version.
const VERSION_LIMIT: Duration = Duration::from_secs(20);

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

#[cfg(test)]
mod tests {
    use super::*;

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
