//! Releases of a target that can be asked for: `synapse@1.71.0`.
//!
//! Takes a profile and a version, gives the profile as it holds for that release: what is installed, of which day, with
//! which settings. It reads and installs nothing.

use serde_json::Value;

use super::keys::{Earlier, Profile};
use crate::target::error::ProfileError;
use crate::target::template::{Values, render_text};

/// What stands for the newest release that the package index has, whether the profile knows it or not.
const NEWEST: &str = "newest";

/// How many releases a message names.
const NAMED: usize = 3;

/// What goes into an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// Which interpreters will do: `>=3.10` or `>=3.10,<3.14`.
    pub python: String,
    /// What the package index is asked for: `matrix-synapse==1.163.2`.
    pub packages: Vec<String>,
    /// Only packages that were published until the end of that day, `YYYY-MM-DD`; the newest if not given.
    pub packages_of: Option<String>,
}

/// This day, `YYYY-MM-DD`.
fn today() -> String {
    humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string().chars().take(10).collect()
}

/// A version's numbers; `None` if it is not made of numbers with dots.
pub(super) fn numbers(version: &str) -> Option<Vec<u64>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

impl Profile {
    /// The releases that can be asked for with `@`, the oldest first.
    pub fn releases(&self) -> Vec<&str> {
        let mut releases: Vec<&str> =
            self.install.iter().flat_map(|install| install.releases.keys()).map(String::as_str).collect();
        releases.sort_by_key(|version| numbers(version));
        releases
    }

    /// The release that is installed unless another is asked for.
    pub fn default_release(&self) -> Option<&str> {
        self.install.as_ref()?.version.as_deref()
    }

    /// The profile's name with the release, if one was asked for: `synapse@1.71.0`.
    pub fn label(&self) -> String {
        match &self.release {
            Some(release) => format!("{}@{release}", self.name),
            None => self.name.clone(),
        }
    }

    /// The same target in another release. What it is known to do wrong was seen on the default release, and is held to
    /// be known of that one alone. `newest` is the newest of the
    /// package index on the day it is installed.
    ///
    /// # Errors
    /// When the profile knows no such release, or none at all; the message names the nearest.
    pub fn at(mut self, version: &str) -> Result<Profile, ProfileError> {
        let releases = self.releases();
        if releases.is_empty() {
            return Err(ProfileError::NoReleases { profile: self.name.clone() });
        }
        if version != NEWEST && !releases.contains(&version) {
            let near = self.near(version);
            return Err(ProfileError::NoRelease { profile: self.name.clone(), version: version.to_owned(), near });
        }
        // The newest is held to what the profile knows: that is how one learns what it does otherwise.
        if version != NEWEST && self.default_release() != Some(version) {
            self.deviations.clear();
        }
        self.release = Some(version.to_owned());
        Ok(self)
    }

    /// The nearest releases, for a message.
    fn near(&self, asked: &str) -> Vec<String> {
        let releases = self.releases();
        let place = match numbers(asked) {
            Some(asked) => releases.partition_point(|one| numbers(one).is_some_and(|one| one < asked)),
            None => releases.len(),
        };
        let start = place.saturating_sub(NAMED - 1).min(releases.len().saturating_sub(NAMED));
        releases.iter().skip(start).take(NAMED).map(|one| (*one).to_owned()).collect()
    }

    /// What holds for releases as early as this one, what holds for the fewest last.
    pub(super) fn earlier_ones(&self) -> Vec<&Earlier> {
        let Some(release) = self.release.as_deref().or_else(|| self.default_release()) else { return Vec::new() };
        let Some(release) = numbers(release) else { return Vec::new() };
        let holds = |one: &&Earlier| numbers(&one.than).is_some_and(|than| release < than);
        let mut earlier: Vec<&Earlier> = self.earlier.iter().filter(holds).collect();
        earlier.sort_by_key(|one| std::cmp::Reverse(numbers(&one.than)));
        earlier
    }

    /// How the release that was asked for is installed; `None` if nothing is.
    ///
    /// # Errors
    /// When a package's placeholder is not known.
    pub fn recipe(&self) -> Result<Option<Recipe>, ProfileError> {
        let Some(install) = &self.install else { return Ok(None) };
        let release = self.release.as_deref().or(install.version.as_deref());
        let values: Values = release.map(|release| ("version".to_owned(), Value::from(release))).into_iter().collect();
        let place = format!("{}, install.packages", self.file);
        let newest = release == Some(NEWEST);
        let any = |package: &String| if newest { package.replace("=={{version}}", "") } else { package.clone() };
        let packages = install.packages.iter().map(|package| render_text(&any(package), &values, &place));
        let mut recipe = Recipe {
            python: install.python.clone(),
            packages: packages.collect::<Result<_, _>>()?,
            // What was the newest yesterday need not be today.
            packages_of: if newest {
                Some(today())
            } else {
                release.and_then(|one| install.releases.get(one)).cloned()
            },
        };
        for one in self.earlier_ones() {
            recipe.packages.extend(one.packages.iter().cloned());
            recipe.python = one.python.clone().unwrap_or(recipe.python);
            recipe.packages_of = one.packages_of.clone().or(recipe.packages_of);
        }
        Ok(Some(recipe))
    }
}
