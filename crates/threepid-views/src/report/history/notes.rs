//! What is known of the changes between the releases of a target.
//!
//! Takes TOML; gives for a behaviour and two releases the entry that explains the change. It judges no record.

use serde::Deserialize;

/// A release's numbers, for its place among others.
fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// What is known of the changes between a target's releases.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notes {
    /// Where an entry's `number` is found, with `{number}` in it.
    #[serde(default)]
    pub link: String,
    /// The same for numbers from `newer_from` on: a project may have moved.
    pub newer_link: Option<String>,
    /// The first number for `newer_link`.
    pub newer_from: Option<u32>,
    /// Changes that show.
    #[serde(default)]
    pub change: Vec<KnownChange>,
    /// Entries of the release notes that concern these flows and do not show, each with the reason.
    #[serde(default)]
    pub unseen: Vec<Unseen>,
}

/// A change that shows in the trials.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownChange {
    /// The release that came with it.
    pub release: String,
    /// Its number in the release notes; none where no note speaks of it.
    pub number: Option<u32>,
    /// What changed, in a sentence.
    pub what: String,
    /// Whether the server became better or worse by it, or only other.
    pub effect: Effect,
    /// The releases of the test between which it shows; none if it shows in none that can be tested.
    pub between: Option<[String; 2]>,
    /// The behaviours that show it: an id for all its cases, or with the case in brackets.
    pub behaviours: Vec<String>,
    /// Others that change with it, because they build on it: the same, or `folder/*`. A note that is about one itself
    /// comes first.
    #[serde(default)]
    pub also: Vec<String>,
}

/// What a change came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// What was wrong is right.
    Mended,
    /// What was right is wrong.
    Broken,
    /// Neither.
    Other,
}

/// An entry of the release notes that no trial shows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unseen {
    /// The release.
    pub release: String,
    /// Its number.
    pub number: u32,
    /// What it says, in a sentence.
    pub what: String,
    /// Whether it could be seen from outside.
    pub visible: bool,
    /// Why it does not show.
    pub because: String,
}

impl KnownChange {
    /// Whether it is about a behaviour: `add-email/wrong-types[attempt-as-text]`.
    fn shows_in(&self, behaviour: &str) -> bool {
        self.behaviours.iter().any(|one| names(one, behaviour))
    }
}

/// Whether a name stands for a behaviour.
fn names(name: &str, behaviour: &str) -> bool {
    let id = behaviour.split('[').next().unwrap_or(behaviour);
    name == behaviour || name == id || name.strip_suffix('*').is_some_and(|folder| id.starts_with(folder))
}

impl Notes {
    /// Where an entry is found.
    pub(super) fn link_to(&self, number: u32) -> String {
        let link = match (&self.newer_link, self.newer_from) {
            (Some(link), Some(from)) if number >= from => link,
            _ => &self.link,
        };
        link.replace("{number}", &number.to_string())
    }

    /// The entry for a change of a behaviour between two releases.
    pub(super) fn of(&self, behaviour: &str, older: &str, newer: &str) -> Option<&KnownChange> {
        let between = |one: &&KnownChange| {
            let at = numbers(&one.release);
            numbers(older) < at && at <= numbers(newer)
        };
        let here = || self.change.iter().filter(between);
        let builds_on = |one: &&KnownChange| one.also.iter().any(|name| names(name, behaviour));
        here().find(|one| one.shows_in(behaviour)).or_else(|| here().find(builds_on))
    }
}
