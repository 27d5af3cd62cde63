//! What installs: uv where it can be had, else pip.
//!
//! Takes the choice of the command line; gives the command lines of a tool. uv takes seconds where pip takes a minute,
//! and installs the packages of a given day. It changes nothing outside the cache.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::target::process::Spawn;
use crate::target::profile::Recipe;
use crate::target::python::said;

/// What should install.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Installer {
    /// The uv in `PATH`, else one that pip installs into the cache, else pip.
    #[default]
    Any,
    /// pip: a minute instead of seconds, and always the newest packages that fit.
    Pip,
    /// This uv and no other.
    Uv(PathBuf),
}

impl FromStr for Installer {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Installer, Self::Err> {
        Ok(match text {
            "any" => Installer::Any,
            "pip" => Installer::Pip,
            path => Installer::Uv(PathBuf::from(path)),
        })
    }
}

/// What installs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tool {
    Pip,
    Uv(PathBuf),
}

impl Tool {
    /// The step that makes an environment without packages.
    pub(super) fn empty_environment(&self, python: &Path, folder: &Path) -> (String, Spawn) {
        let folder = folder.display().to_string();
        match self {
            Tool::Pip => {
                let args = ["-m", "venv"].map(str::to_owned).into_iter().chain([folder]).collect();
                ("python -m venv".to_owned(), Spawn { program: python.to_owned(), args, ..Spawn::default() })
            }
            Tool::Uv(program) => {
                let python = python.display().to_string();
                let args = ["venv", "--no-project", "--python", &python, "--", &folder].map(str::to_owned).to_vec();
                ("uv venv".to_owned(), uv(program, args))
            }
        }
    }

    /// The step that installs the recipe's packages.
    pub(super) fn packages(&self, python: &Path, recipe: &Recipe) -> (String, Spawn) {
        let name = format!("pip install {}", recipe.packages.join(" "));
        match self {
            Tool::Pip => {
                let args =
                    ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"];
                let args = args.map(str::to_owned).into_iter().chain(["--".to_owned()]);
                let args = args.chain(recipe.packages.iter().cloned()).collect();
                (name, Spawn { program: python.to_owned(), args, ..Spawn::default() })
            }
            Tool::Uv(program) => {
                let python = python.display().to_string();
                // Copies: a link would lead into uv's own cache, and what alters one environment would alter all.
                let args = ["pip", "install", "--python", &python, "--link-mode", "copy", "--compile-bytecode"];
                let mut args: Vec<String> = args.map(str::to_owned).to_vec();
                if let Some(day) = &recipe.packages_of {
                    // With the time: a date alone ends at another hour in each time zone.
                    args.extend(["--exclude-newer".to_owned(), format!("{day}T23:59:59Z")]);
                }
                args.push("--".to_owned());
                args.extend(recipe.packages.iter().cloned());
                (format!("uv {name}"), uv(program, args))
            }
        }
    }
}

/// Whether this program is uv.
pub(super) async fn is_uv(program: &Path) -> bool {
    said(program, &["--version"]).await.is_some_and(|version| version.starts_with("uv "))
}

fn uv(program: &Path, args: Vec<String>) -> Spawn {
    let mut environment: Vec<(String, String)> =
        [("UV_PYTHON_DOWNLOADS", "never"), ("UV_NO_PROGRESS", "1")].map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec();
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    // Who has told pip where packages are has told enough.
    for (pip, own) in
        [("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), ("PIP_FIND_LINKS", "UV_FIND_LINKS"), ("PIP_CERT", "SSL_CERT_FILE")]
    {
        if let (Some(value), None) = (set(pip), set(own)) {
            let value =
                if pip == "PIP_FIND_LINKS" { value.split_whitespace().collect::<Vec<_>>().join(",") } else { value };
            environment.push((own.to_owned(), value));
        }
    }
    Spawn { program: program.to_owned(), args, folder: None, environment }
}
