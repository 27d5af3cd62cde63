//! All scenarios of a folder, read together.
//!
//! Takes the texts of all files; gives the suite, or every fault of every file. Files are read on all cores, and what comes
//! of them does not depend on how many there are. It never looks at what a step means.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::expand::Fragment;
use super::node::Span;
use super::read::{Expressions, Reader};
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

/// Fewer files are read before another core is worth its thread.
const LEAST_SHARE: usize = 8;

fn read_all(sources: &Sources) -> (Vec<Scenario>, Contract, Vec<Diagnostic>, Vec<Diagnostic>) {
    let texts: Vec<&str> = sources.files().iter().map(|file| file.text.as_str()).collect();
    let expressions = Expressions::default();
    let reader = Reader::new(&texts, &expressions);
    let mut fragments: BTreeMap<String, Option<Fragment>> = BTreeMap::new();
    let mut scenarios = Vec::new();
    let mut contract = Contract::default();
    let trees = on_all_cores(&texts, |index, text| yaml::read(index, text));
    for ((index, file), tree) in sources.files().iter().enumerate().zip(trees) {
        let id = file.path.trim_end_matches(".yaml");
        let node = match tree {
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
    let read = on_all_cores(&scenarios, |_, (id, index, node)| {
        let reader = Reader::new(&texts, &expressions);
        (reader.scenario(id, *index, node, &fragments), reader.into_all())
    });
    let (mut faults, mut ungrounded) = reader.into_all();
    let mut scenarios = Vec::new();
    for (scenario, (own, own_ungrounded)) in read {
        scenarios.extend(scenario);
        faults.extend(own);
        ungrounded.extend(own_ungrounded);
    }
    (scenarios, contract, faults, ungrounded)
}

/// What is made of each item, in their order. The cores take the next item as they come to it: files differ in size.
fn on_all_cores<T: Sync, R: Send>(items: &[T], each: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let one = || {
            let at = next.fetch_add(1, Ordering::Relaxed);
            Some((at, each(at, items.get(at)?)))
        };
        std::iter::from_fn(one).collect::<Vec<_>>()
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get).min(items.len() / LEAST_SHARE).max(1);
    let mut made = thread::scope(|scope| {
        // A system that gives no more threads has this one.
        let others: Vec<_> = (1..cores).filter_map(|_| thread::Builder::new().spawn_scoped(scope, work).ok()).collect();
        let mut made = work();
        for other in others {
            made.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        made
    });
    made.sort_by_key(|(at, _)| *at);
    made.into_iter().map(|(_, made)| made).collect()
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
