//! One trial: what is run once and gets one verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::scenario::{Case, Check, Scenario, Sender, SpecVersion, Step, Suite};
use threepid_record::model::{Level, TargetInfo, TrialRecord};

/// Which of the two prefixes of the Client-Server API is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Api {
    /// `/_matrix/client/v3`.
    V3,
    /// `/_matrix/client/r0`.
    R0,
}

impl Api {
    /// What relative paths are put behind.
    pub fn prefix(self) -> &'static str {
        match self {
            Api::V3 => "/_matrix/client/v3",
            Api::R0 => "/_matrix/client/r0",
        }
    }

    /// The name of the ability that a target with it has.
    pub fn ability(self) -> &'static str {
        match self {
            Api::V3 => "api-v3",
            Api::R0 => "api-r0",
        }
    }
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Api::V3 => "v3",
            Api::R0 => "r0",
        })
    }
}

/// One scenario, one row of its cases, one API version, one variant of the target, once.
#[derive(Debug, Clone)]
pub struct Trial {
    suite: Arc<Suite>,
    scenario: usize,
    case: usize,
    /// Which prefix.
    pub api: Api,
    /// Which variant of the target.
    pub variant: String,
    /// Which repetition, from 1.
    pub repetition: u32,
    /// The newest version of the specification that the target speaks, if it says one.
    pub newest: Option<SpecVersion>,
}

/// What a trial needs of the account of one actor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActorNeeds {
    /// The actor's name.
    pub actor: String,
    /// Whether the account is of no use afterwards.
    pub uses_up: bool,
    /// Whether the account's password has to be known: it is sent, or a login is ended that only it brings back.
    pub password: bool,
    /// Whether there may be no address on the account: its addresses are looked at.
    pub no_address: bool,
}

impl Trial {
    /// What it needs of the account of each actor.
    pub fn actors(&self) -> Vec<ActorNeeds> {
        let scenario = self.scenario();
        let needs = |actor: &String| ActorNeeds { actor: actor.clone(), ..ActorNeeds::default() };
        let mut all: Vec<ActorNeeds> = scenario.actors.iter().map(needs).collect();
        for needs in &mut all {
            needs.uses_up = scenario.uses_up.contains(&needs.actor);
        }
        for step in self.steps() {
            step.action.each_text(&mut |text| {
                for (owner, _) in text.placeholders().filter_map(|one| one.of_actor()).filter(|(_, f)| *f == "password")
                {
                    all.iter_mut().filter(|needs| needs.actor == owner).for_each(|needs| needs.password = true);
                }
            });
            for request in step.action.requests() {
                let path = request.path.as_literal().unwrap_or_default();
                let lists = path.ends_with("/account/3pid") && request.method == "GET";
                let ends = path.ends_with("/logout") || path.ends_with("/logout/all");
                // Whose token it is that a step names, only the trial itself shows.
                let of = |needs: &ActorNeeds| match &request.sender {
                    Sender::Actor(name, _) => needs.actor == *name,
                    Sender::Nobody => request.token.is_some(),
                };
                for needs in all.iter_mut().filter(|needs| of(needs)) {
                    needs.no_address |= lists;
                    needs.password |= ends;
                }
            }
        }
        all
    }

    /// The trial that a record is of, if the suite has its scenario and its row.
    pub fn of_record(suite: &Arc<Suite>, record: &TrialRecord, info: &TargetInfo) -> Option<Trial> {
        let scenario = suite.scenarios.iter().position(|scenario| scenario.id == record.id)?;
        let case = suite.scenarios[scenario].cases.iter().position(|case| case.name == record.case)?;
        Some(Trial {
            suite: Arc::clone(suite),
            scenario,
            case,
            api: if record.api == "r0" { Api::R0 } else { Api::V3 },
            variant: record.variant.clone(),
            repetition: record.repetition,
            newest: newest(info),
        })
    }

    /// The suite it belongs to.
    pub fn suite(&self) -> &Suite {
        &self.suite
    }

    /// Its scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.suite.scenarios[self.scenario]
    }

    /// Its row.
    pub fn case(&self) -> &Case {
        &self.scenario().cases[self.case]
    }

    /// Its steps.
    pub fn steps(&self) -> &[Step] {
        &self.case().steps
    }

    /// What is expected of a step in the version of the specification that the target speaks.
    pub fn expected<'s>(&self, step: &'s Step) -> impl Iterator<Item = &'s Check> {
        let newest = self.newest;
        step.checks.iter().filter(move |check| check.holds_for(newest))
    }

    /// The strongest level of all that is expected.
    pub fn strongest(&self) -> Option<Level> {
        self.steps().iter().flat_map(|step| self.expected(step)).map(|check| check.level).min()
    }

    /// How many expectations of each level it has about its own behaviour: what one step requires at one level is one.
    pub fn asked(&self) -> BTreeMap<Level, usize> {
        let own = self.steps().iter().enumerate().filter(|(_, step)| !step.prepares);
        by_level(own.flat_map(|(index, step)| self.expected(step).map(move |check| (index, check.level))))
    }

    /// Its name: unique in a run, and the same in every run.
    pub fn name(&self) -> String {
        let case = self.case().name.as_deref().unwrap_or_default();
        format!("{}[{case}]/{}/{}/{}", self.scenario().id, self.api, self.variant, self.repetition)
    }
}

/// How many steps there are of each level.
pub(crate) fn by_level(expectations: impl Iterator<Item = (usize, Level)>) -> BTreeMap<Level, usize> {
    let mut counts = BTreeMap::new();
    expectations.collect::<BTreeSet<_>>().into_iter().for_each(|(_, level)| *counts.entry(level).or_default() += 1);
    counts
}

/// A trial, and why it is not run if it is not.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The trial.
    pub trial: Trial,
    /// The reason to skip it.
    pub skip: Option<String>,
}

impl Planned {
    /// The same, as that repetition.
    pub fn again(&self, repetition: u32) -> Planned {
        let mut planned = self.clone();
        planned.trial.repetition = repetition;
        planned
    }
}

/// Makes the trials of these scenarios (with the rows that were selected) on one variant of a target.
///
/// The order is that of scenarios, rows and API versions.
pub fn plan(
    suite: &Arc<Suite>,
    selected: &[(usize, Vec<usize>)],
    variant: &str,
    info: &TargetInfo,
    apis: &[Api],
) -> Vec<Planned> {
    let mut planned = Vec::new();
    for (scenario, cases) in selected {
        let skip = reason_to_skip(&suite.scenarios[*scenario], info);
        for &case in cases {
            for &api in apis {
                planned.push(Planned {
                    trial: Trial {
                        suite: Arc::clone(suite),
                        scenario: *scenario,
                        case,
                        api,
                        variant: variant.to_owned(),
                        repetition: 1,
                        newest: newest(info),
                    },
                    skip: skip.clone(),
                });
            }
        }
    }
    planned
}

/// The newest version of the specification that a target speaks.
fn newest(info: &TargetInfo) -> Option<SpecVersion> {
    info.versions.iter().filter_map(|version| version.parse().ok()).max()
}

fn reason_to_skip(scenario: &Scenario, info: &TargetInfo) -> Option<String> {
    for need in &scenario.needs {
        match info.abilities.iter().find(|ability| ability.name == *need) {
            Some(ability) if ability.offered => {}
            Some(ability) => return Some(format!("{need} is not offered: {}", ability.reason)),
            None => {
                return Some(format!("{need} is not offered: nothing gives it on this target"));
            }
        }
    }
    for avoided in &scenario.avoids {
        if info.abilities.iter().any(|ability| ability.name == *avoided && ability.offered) {
            return Some(format!("it is about targets without `{avoided}`, and this one has it"));
        }
    }
    let newest = newest(info)?;
    if let Some(since) = scenario.since.filter(|since| newest < *since) {
        return Some(format!("it holds since {since}, and the target speaks up to {newest}"));
    }
    if let Some(until) = scenario.until.filter(|until| newest > *until) {
        return Some(format!("it holds until {until}, and the target speaks {newest}"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{SourceFile, Sources};

    #[test]
    fn what_is_needed_of_each_account_is_seen_in_the_steps() {
        let text = "title: t\nwhy: w\nactors: [alice, bob, carol]\nuses_up: [carol]\nsteps:\n  - GET: /account/3pid\n    as: bob\n    \
                    must: {status: 200}\n  - POST: /login\n    body: {user: <bob.user_id>, password: <alice.password>}\n  - POST: \
                    /account/deactivate\n    as: carol\n    body: {}\n";
        let file = SourceFile { path: "a/b.yaml".into(), text: text.into() };
        let read = Suite::read(Sources::of([file]));
        let suite = Arc::new(read.map_err(|(sources, faults)| faults.lines(&sources)).unwrap());
        let trial =
            Trial { suite, scenario: 0, case: 0, api: Api::V3, variant: String::new(), repetition: 1, newest: None };
        let needs = |actor: &str| ActorNeeds { actor: actor.to_owned(), ..ActorNeeds::default() };
        assert_eq!(
            trial.actors(),
            [
                ActorNeeds { password: true, ..needs("alice") },
                ActorNeeds { no_address: true, ..needs("bob") },
                ActorNeeds { uses_up: true, ..needs("carol") },
            ]
        );
    }
}
