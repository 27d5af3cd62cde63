//! Which browser: looked for, or named.
//!
//! Takes what was chosen; gives the programs, or why there are none. A browser that was named has to work; one that is
//! only looked for need not be there.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr;

/// Why there is none where that was chosen.
pub(super) const OFF: &str = "browsers are off (--browser)";
/// What browsers are called, and what drives them.
const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const DRIVER: &str = "chromedriver";

/// What was chosen (`--browser`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Choice {
    /// Whatever is found in `PATH`.
    #[default]
    Auto,
    /// None.
    Off,
    /// This one, with the driver beside it, or the one in `PATH`.
    At(PathBuf),
}

impl FromStr for Choice {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Choice, Infallible> {
        Ok(match text {
            "auto" => Choice::Auto,
            "off" => Choice::Off,
            path => Choice::At(PathBuf::from(path)),
        })
    }
}

/// A browser and its driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    /// Chromium, or what is built of it.
    pub browser: PathBuf,
    /// Its WebDriver server.
    pub driver: PathBuf,
}

/// A browser was named that does not work.
#[derive(Debug, thiserror::Error)]
pub enum BrowserFault {
    /// It does not start.
    #[error(
        "`{program} --version` {why} (--browser): name the program of a Chromium or Chrome, or leave the choice to \
         `--browser auto`"
    )]
    Program {
        /// The program.
        program: String,
        /// What it did instead.
        why: String,
    },
    /// It has no driver.
    #[error(
        "there is no `chromedriver` beside {browser} and none in PATH (--browser): install the one of the browser's release"
    )]
    NoDriver {
        /// The browser.
        browser: String,
    },
    /// The driver is another release's.
    #[error(
        "{browser} and {driver} are of different releases (--browser): install the driver of the browser's release"
    )]
    Release {
        /// What the browser says of itself.
        browser: String,
        /// What the driver says of itself.
        driver: String,
    },
    /// The program was built without.
    #[error("this threepid was built without the feature `browser`, so it cannot use {browser} (--browser)")]
    NotBuilt {
        /// The browser.
        browser: String,
    },
}

impl Choice {
    /// The programs, or why there are none.
    pub(super) fn find(&self) -> Result<Result<Programs, String>, BrowserFault> {
        let path: Vec<PathBuf> =
            std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
        match self {
            Choice::Off => Ok(Err(OFF.to_owned())),
            Choice::At(browser) if cfg!(not(feature = "browser")) => {
                Err(BrowserFault::NotBuilt { browser: browser.display().to_string() })
            }
            Choice::At(browser) => named(browser, &path).map(Ok),
            Choice::Auto if cfg!(not(feature = "browser")) => {
                Ok(Err("this threepid was built without the feature `browser`".to_owned()))
            }
            Choice::Auto => Ok(looked_for(&path)),
        }
    }
}

fn looked_for(path: &[PathBuf]) -> Result<Programs, String> {
    match (BROWSERS.iter().find_map(|name| in_path(name, path)), in_path(DRIVER, path)) {
        (Some(browser), Some(driver)) => Ok(Programs { browser, driver }),
        (None, None) => Err("there is neither chromium nor chromedriver in PATH".to_owned()),
        (None, Some(_)) => Err("there is a chromedriver, but no chromium in PATH".to_owned()),
        (Some(browser), None) => Err(format!("there is {}, but no chromedriver in PATH", browser.display())),
    }
}

fn named(browser: &Path, path: &[PathBuf]) -> Result<Programs, BrowserFault> {
    let release = version(browser)?;
    let beside = browser.parent().map(|folder| folder.join(DRIVER)).filter(|driver| driver.is_file());
    let driver = beside
        .or_else(|| in_path(DRIVER, path))
        .ok_or_else(|| BrowserFault::NoDriver { browser: browser.display().to_string() })?;
    let own = version(&driver)?;
    if major(&release) != major(&own) {
        return Err(BrowserFault::Release { browser: release, driver: own });
    }
    // Relative to where threepid runs, and not to the driver's own folder.
    let browser = std::path::absolute(browser).unwrap_or_else(|_| browser.to_owned());
    Ok(Programs { browser, driver })
}

/// What a program says of its version.
fn version(program: &Path) -> Result<String, BrowserFault> {
    let fault = |why: String| BrowserFault::Program { program: program.display().to_string(), why };
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output();
    let output = output.map_err(|cause| fault(format!("does not start: {cause}")))?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match (output.status.success(), major(&said)) {
        (true, Some(_)) => Ok(said),
        (true, None) => Err(fault(format!("says `{said}`, which has no version in it"))),
        (false, _) => Err(fault(format!("ends with {}", output.status))),
    }
}

fn major(version: &str) -> Option<u32> {
    version.split_whitespace().find_map(|word| word.split_once('.')?.0.parse().ok())
}

fn in_path(name: &str, path: &[PathBuf]) -> Option<PathBuf> {
    path.iter().map(|folder| folder.join(name)).find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_of_one_release() {
        assert_eq!(major("Chromium 148.0.7778.167 built on Debian GNU/Linux 12"), Some(148));
        assert_eq!(major("ChromeDriver 148.0.7778.167 (65db666ac2)"), Some(148));
        assert_eq!(major("hello"), None);
    }

    #[test]
    fn what_is_only_looked_for_need_not_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = [folder.path().to_owned()];
        assert!(looked_for(&path).unwrap_err().contains("neither"));
        std::fs::write(folder.path().join("chromium"), "").unwrap();
        assert!(looked_for(&path).unwrap_err().contains("no chromedriver"));
        std::fs::write(folder.path().join("chromedriver"), "").unwrap();
        assert_eq!(looked_for(&path).unwrap().driver, folder.path().join("chromedriver"));
    }

    #[test]
    fn what_is_named_has_to_work() {
        let fault = named(Path::new("/nowhere/chromium"), &[]).unwrap_err().to_string();
        assert!(fault.contains("does not start") && fault.contains("--browser"), "{fault}");
        let fault = named(Path::new("false"), &[]).unwrap_err().to_string();
        assert!(fault.contains("ends with"), "{fault}");
    }
}
