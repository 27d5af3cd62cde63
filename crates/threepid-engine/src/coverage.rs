//! What of the specification is tested, and by what.
//!
//! Takes a suite; gives each documented answer and each sentence of `specification/` with the scenarios and rules that
//! test it. For answers that follows from what scenarios expect of an operation: a status, an error code. What does not
//! follow from that stands in the files under `by`, and why something cannot be tested under `unseen`. It runs nothing.

mod expected;

use std::collections::BTreeSet;

use crate::scenario::{Answer, Evidence, Operation, RULES, Sentence, Suite};

/// What is tested of the whole specification.
#[derive(Debug)]
pub struct Coverage<'s> {
    /// Each documented answer, in the order of the files.
    pub answers: Vec<Covered<'s, (&'s Operation, &'s Answer)>>,
    /// Each sentence, in the order of the files.
    pub sentences: Vec<Covered<'s, &'s Sentence>>,
}

/// Something of the specification, and what tests it.
#[derive(Debug)]
pub struct Covered<'s, T> {
    /// What.
    pub what: T,
    /// The scenarios that test it.
    pub scenarios: BTreeSet<String>,
    /// The rules that judge it wherever it comes up.
    pub rules: BTreeSet<String>,
    /// Why it cannot be tested from outside, if the files say so.
    pub unseen: Option<&'s str>,
}

/// How something is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// A scenario brings it about.
    Scenario,
    /// A rule judges it wherever it comes up, and nothing brings it about.
    Rule,
    /// It cannot be tested from outside.
    Unseen,
    /// Nothing tests it yet.
    Open,
}

impl<T> Covered<'_, T> {
    /// How it is tested.
    pub fn how(&self) -> How {
        match (self.scenarios.is_empty(), self.rules.is_empty(), self.unseen) {
            (false, ..) => How::Scenario,
            (true, false, _) => How::Rule,
            (true, true, Some(_)) => How::Unseen,
            (true, true, None) => How::Open,
        }
    }
}

/// How many of something are tested in each way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Numbers {
    /// All.
    pub all: usize,
    /// By a scenario that brings it about.
    pub scenario: usize,
    /// Only by a rule, wherever it comes up.
    pub rule: usize,
    /// Not from outside.
    pub unseen: usize,
    /// Not yet.
    pub open: usize,
}

impl Numbers {
    /// Counts.
    pub fn of<'c, T: 'c>(covered: impl IntoIterator<Item = &'c Covered<'c, T>>) -> Numbers {
        let mut numbers = Numbers::default();
        for one in covered {
            numbers.all += 1;
            *match one.how() {
                How::Scenario => &mut numbers.scenario,
                How::Rule => &mut numbers.rule,
                How::Unseen => &mut numbers.unseen,
                How::Open => &mut numbers.open,
            } += 1;
        }
        numbers
    }
}

/// What is tested of the specification that a suite has.
pub fn coverage(suite: &Suite) -> Coverage<'_> {
    let expected = expected::of(suite);
    let specification = &suite.contract.specification;
    let answers = specification
        .operations
        .iter()
        .flat_map(|operation| operation.answers.iter().map(move |answer| (operation, answer)));
    Coverage {
        answers: answers
            .map(|(operation, answer)| {
                let by = expected.iter().filter(|one| one.names(operation, answer)).map(|one| &one.by);
                covered((operation, answer), &answer.evidence, by)
            })
            .collect(),
        sentences: specification
            .sentences
            .iter()
            .map(|sentence| covered(sentence, &sentence.evidence, std::iter::empty()))
            .collect(),
    }
}

fn covered<'s, 'i, T>(what: T, evidence: &'s Evidence, derived: impl Iterator<Item = &'i String>) -> Covered<'s, T> {
    let named = evidence.by.iter().map(|(id, _)| id.clone());
    let all = derived.cloned().chain(named);
    let (rules, scenarios) = all.partition(|id| id.starts_with(RULES));
    Covered { what, scenarios, rules, unseen: evidence.unseen.as_deref() }
}

/// Whether what somebody gives as an anchor is this one: the whole, what stands after `#`, or the address of the section.
pub fn is_at(anchor: &str, given: &str) -> bool {
    let below = given.strip_prefix("https://spec.matrix.org/").and_then(|rest| rest.split_once('/'));
    let given = below.map_or(given, |(_, below)| below);
    let fragment = |text: &'_ str| text.rsplit_once('#').map_or_else(|| text.to_owned(), |(_, name)| name.to_owned());
    anchor == given || (!given.contains('/') && fragment(anchor) == fragment(given))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{SourceFile, Sources};

    fn suite() -> Suite {
        let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
        let table = "title: t\noperations:\n  add:\n    operation: POST /add\n    anchor: page/#add\n    token: none\n    \
                     answers:\n      - {status: 200, about: a}\n      - {status: 400, errcode: M_A, about: a}\n      \
                     - {status: 400, errcode: M_B, about: a}\n      - {status: 429, errcode: M_L, about: a}\n      \
                     - {status: 403, errcode: M_C, about: a, unseen: nobody can}\n      - {status: 404, about: a}\n\
                     sentences:\n  one: {says: s, anchor: 'page/#add', by: [a/b]}\n";
        let scenario = "title: t\nwhy: w\nsteps:\n  - POST: /add\n    must: {status: 200}\n  - POST: /add\n    must:\n      \
                        one_of:\n        a: {status: 4xx, body: {errcode: M_A}}\n        b: {status: 200}\n";
        let rule = "title: t\nwhy: w\nonly: {status: 429}\nshould: {because: b, body: {errcode: M_L}}\n";
        let files = [file("a/b.yaml", scenario), file("contract/l.yaml", rule), file("specification/s.yaml", table)];
        Suite::read(Sources::of(files)).map_err(|(sources, faults)| faults.lines(&sources)).unwrap()
    }

    #[test]
    fn an_answer_is_tested_by_what_expects_it() {
        let suite = suite();
        let coverage = coverage(&suite);
        let how: Vec<How> = coverage.answers.iter().map(Covered::how).collect();
        assert_eq!(how, [How::Scenario, How::Scenario, How::Open, How::Rule, How::Unseen, How::Open]);
        let numbers = Numbers { all: 6, scenario: 2, rule: 1, unseen: 1, open: 2 };
        assert_eq!(Numbers::of(&coverage.answers), numbers);
        assert_eq!(coverage.sentences[0].how(), How::Scenario);
    }

    #[test]
    fn an_anchor_is_found_by_its_address_too() {
        let anchor = "client-server-api/#login";
        for given in [anchor, "login", "#login", "https://spec.matrix.org/v1.9/client-server-api/#login"] {
            assert!(is_at(anchor, given), "{given}");
        }
        assert!(!is_at(anchor, "identity-service-api/#login") && !is_at(anchor, "log"));
    }
}
