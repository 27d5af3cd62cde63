//! All scenarios of a folder, read together.

use std::collections::BTreeMap;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::expand::Fragment;
use super::node::Span;
use super::read::Reader;
use super::rule::Contract;
use super::source::{FRAGMENTS, RULES, SPECIFICATION};
use super::{Scenario, Sources, yaml};

/// All scenarios, in the order of their ids.
#[derive(Debug, Clone, PartialEq)]
pub struct Suite {
    /// The scenarios.
    pub scenarios: Vec<Scenario>,
    /// What holds of every exchange.
    pub contract: Contract,
    /// The files the scenarios were read from.
    pub sources: Sources,
    /// Expectations that do not say what they rest on. They can be run; `check` refuses them.
    pub ungrounded: Diagnostics,
}

impl Suite {
    /// Reads all files together.
    ///
    /// # Errors
    ///
    /// Every fault of every file, in the order of files and places.
    pub fn read(sources: Sources) -> Result<Suite, (Sources, Diagnostics)> {
        let (scenarios, contract, faults, ungrounded) = read_all(&sources);
        if faults.is_empty() {
            Ok(Suite { scenarios, contract, sources, ungrounded: Diagnostics::new(ungrounded) })
        } else {
            Err((sources, Diagnostics::new(faults)))
        }
    }

    /// The scenario of this id.
    pub fn scenario(&self, id: &str) -> Option<&Scenario> {
        self.scenarios.iter().find(|scenario| scenario.id == id)
    }
}

fn read_all(sources: &Sources) -> (Vec<Scenario>, Contract, Vec<Diagnostic>, Vec<Diagnostic>) {
    let reader = Reader::new(sources.files().iter().map(|file| file.text.as_str()).collect());
    let mut fragments: BTreeMap<String, Option<Fragment>> = BTreeMap::new();
    let mut scenarios = Vec::new();
    let mut contract = Contract::default();
    for (index, file) in sources.files().iter().enumerate() {
        let id = file.path.trim_end_matches(".yaml");
        let node = match yaml::read(index, &file.text) {
            Ok(node) => node,
            Err(fault) => {
                reader.fault(*fault);
                if file.path.starts_with(FRAGMENTS) {
                    fragments.insert(id.to_owned(), None);
                }
                continue;
            }
        };
        if file.path.starts_with(FRAGMENTS) {
            fragments.insert(id.to_owned(), reader.fragment(&node));
        } else if file.path.starts_with(SPECIFICATION) {
            reader.specification(index, &node, &mut contract.specification);
        } else if file.path.starts_with(RULES) && well_named(id) {
            contract.rules.extend(reader.rule(id, index, &node));
        } else if well_named(id) {
            scenarios.push((id, index, node));
        } else {
            reader.fault(
                Diagnostic::new(Span { file: index, start: 0, len: 0 }, "id", format!("invalid scenario id `{id}`"))
                    .label("this file")
                    .help(
                        "put it into a folder, and use small letters, digits and `-`: `add-email/wrong-password.yaml`",
                    ),
            );
        }
    }
    let ids: Vec<&str> = sources.files().iter().map(|file| file.path.trim_end_matches(".yaml")).collect();
    reader.known_operations(&contract.rules, &contract.specification);
    reader.known_evidence(&contract.specification, &ids, &|file| sources.is_own(file));
    if !contract.is_empty() {
        contract.sources = sources.clone();
    }
    // The files are in the order of their paths, in which `a-b.yaml` comes before `a.yaml`.
    scenarios.sort_by_key(|(id, ..)| *id);
    let scenarios =
        scenarios.into_iter().filter_map(|(id, index, node)| reader.scenario(id, index, &node, &fragments)).collect();
    let (faults, ungrounded) = reader.into_all();
    (scenarios, contract, faults, ungrounded)
}

/// An id is a folder and a name, in small letters, digits and `-`.
fn well_named(id: &str) -> bool {
    let parts: Vec<&str> = id.split('/').collect();
    parts.len() >= 2
        && parts.iter().all(|part| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::SourceFile;

    fn one(text: &str) -> Result<Suite, String> {
        let file = SourceFile { path: "a/b.yaml".into(), text: text.into() };
        Suite::read(Sources::of([file])).map_err(|(sources, faults)| faults.lines(&sources))
    }

    #[test]
    fn all_faults_come_at_once() {
        let shown = one("title: x\nwhy: y\nneeds: [emial]\nsteps:\n  - PSOT: /x\n  - GET: /y\n    as: alice\n    must: {statsu: 200}\n").unwrap_err();
        for part in [
            "emial",
            "did you mean `email`",
            "PSOT",
            "did you mean `POST`",
            "unknown actor `alice`",
            "did you mean `status`",
            "a/b.yaml:5:",
        ] {
            assert!(shown.contains(part), "{part} is missing in\n{shown}");
        }
    }
}
