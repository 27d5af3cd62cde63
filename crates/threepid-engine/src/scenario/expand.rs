//! Replaces `use:` by the fragment's steps, and inputs by what was given for them.
//!
//! Takes the nodes of a scenario's steps and all fragments; gives flat lists of step nodes in which every name is
//! unique: what a fragment keeps to itself is renamed (`token` to `1~token`-like names), its outputs keep their names
//! or get those that `out:` gives them. `repeat:` becomes as many copies of its steps. It never looks at what steps
//! mean.

mod find;
mod flat;
mod fragment;
mod outputs;
mod repeat;
mod scope;

use std::collections::{BTreeMap, BTreeSet};

use super::diagnostic::Diagnostic;
use super::holes::Holes;
use super::keys;
use super::node::{Node, Span, Value};
use super::read::Reader;
use super::step;
use scope::conditions;
use threepid_record::model::SpecRef;

pub(super) use flat::{Condition, Flat, FlatRound};
pub(super) use fragment::Fragment;
pub(super) use scope::Scope;

/// How deeply fragments may use each other.
const MAX_DEPTH: usize = 8;
/// How many steps a scenario may have once fragments are replaced.
const MAX_STEPS: usize = 500;

/// Expands the steps of one case of one scenario.
pub(super) struct Expander<'a> {
    pub(super) reader: &'a Reader<'a>,
    /// All fragments by name; `None` where the file could not be read.
    pub(super) fragments: &'a BTreeMap<String, Option<Fragment>>,
    /// What could not be expanded.
    pub(super) holes: Holes,
    /// The names of all inputs, for suggestions: what was given for them has taken their place.
    pub(super) inputs: BTreeSet<String>,
    uses: usize,
    steps: usize,
    /// The conditions of all fragments and repetitions around the step at hand.
    conditions: Vec<Condition>,
    /// What the fragment at hand says of the specification.
    spec: Option<SpecRef>,
    /// The steps so far, in which names stand that are not a round's own.
    before: Vec<Node>,
    repeating: bool,
}

impl<'a> Expander<'a> {
    pub(super) fn new(reader: &'a Reader<'a>, fragments: &'a BTreeMap<String, Option<Fragment>>) -> Expander<'a> {
        Expander {
            reader,
            fragments,
            holes: Holes::default(),
            inputs: BTreeSet::new(),
            uses: 0,
            steps: 0,
            conditions: Vec::new(),
            spec: None,
            before: Vec::new(),
            repeating: false,
        }
    }

    /// Gives the flat list of steps.
    pub(super) fn steps(&mut self, nodes: &[Node], scope: &Scope, open: &mut Vec<String>) -> Vec<Flat> {
        let mut flat = Vec::new();
        let mut given = BTreeSet::new();
        for node in nodes {
            let around = self.conditions.len();
            let inner = node.get("use").or_else(|| node.get("repeat"));
            if inner.is_some() {
                self.conditions.extend(conditions(node, scope));
            }
            match (node.get("use"), node.get("repeat")) {
                (Some(target), _) => {
                    // Of two that are done on conditions, perhaps only one is.
                    if self.conditions.is_empty() {
                        outputs::given_anew(self.reader, self.fragments, node, target, &mut given);
                    }
                    flat.extend(self.used(node, target, scope, open));
                }
                (None, Some(what)) => flat.extend(self.repeated(node, what, scope, open)),
                (None, None) => flat.extend(self.one(scope.apply(node), open)),
            }
            self.conditions.truncate(around);
        }
        flat
    }

    /// A step as it is.
    fn one(&mut self, node: Node, open: &[String]) -> Option<Flat> {
        self.steps += 1;
        if self.steps == MAX_STEPS {
            self.reader.fault(
                Diagnostic::new(
                    node.span,
                    "too-many-steps",
                    format!("with its fragments and repetitions this has over {MAX_STEPS} steps"),
                )
                .label("the step that is too much"),
            );
        }
        if self.steps >= MAX_STEPS {
            self.holes.anything = true;
            return None;
        }
        self.before.push(node.clone());
        Some(Flat {
            node,
            prepares: !open.is_empty(),
            spec: self.spec.clone(),
            conditions: self.conditions.clone(),
            round: None,
        })
    }

    fn used(&mut self, node: &Node, target: &Node, scope: &Scope, open: &mut Vec<String>) -> Vec<Flat> {
        let reader = self.reader;
        let Some(fields) = reader.fields(node, "a `use` step", &[step::USE_KEYS, keys::STEP], &["use"]) else {
            self.holes.anything = true;
            return Vec::new();
        };
        let found = reader
            .plain(target, "the fragment's name")
            .and_then(|name| find::fragment(reader, self.fragments, &name, target.span));
        let Some((name, fragment)) = found else {
            self.holes.anything = true;
            self.holes.node(node);
            return Vec::new();
        };
        if open.contains(&name) || open.len() >= MAX_DEPTH {
            reader.fault(
                Diagnostic::new(
                    target.span,
                    "fragment-cycle",
                    format!("`{name}` uses itself: {} → {name}", open.join(" → ")),
                )
                .label("here the circle closes"),
            );
            self.holes.anything = true;
            return Vec::new();
        }
        self.uses += 1;
        let before = reader.count_faults();
        let inputs = self.given(target.span, &name, fragment, fields.get("with"), scope);
        if reader.count_faults() != before {
            self.holes.node(node);
        }
        if fragment.faulty {
            self.holes.outputs(fragment);
        }
        let outputs = outputs::outside(reader, &name, fragment, fields.get("out"), scope);
        let inner = Scope::within(inputs, self.uses, outputs);
        open.push(name);
        let around = std::mem::replace(&mut self.spec, fragment.spec.clone());
        let steps = self.steps(&fragment.steps, &inner, open);
        self.spec = around;
        open.pop();
        steps
    }

    fn repeated(&mut self, node: &Node, what: &Node, scope: &Scope, open: &mut Vec<String>) -> Vec<Flat> {
        let Some(rounds) = repeat::rounds(self.reader, what, self.repeating) else {
            self.holes.node(node);
            return Vec::new();
        };
        self.uses += 1;
        let repetition = self.uses;
        let known = self.before.iter().flat_map(repeat::names);
        let known: BTreeMap<String, String> = known.map(|name| (name.clone(), name)).collect();
        let before_it = self.before.len();
        let mut flat = Vec::new();
        self.repeating = true;
        for number in 1..=rounds.times {
            let before = self.steps;
            let mut numbered = scope.clone();
            let count = Node { span: node.span, value: Value::Int(number as i64) };
            numbered.inputs.insert(repeat::ROUND.to_owned(), count);
            self.inputs.insert(repeat::ROUND.to_owned());
            let copy = self.steps(rounds.steps, &numbered, open);
            if self.steps == before {
                break;
            }
            self.uses += 1;
            let own = Scope::within(BTreeMap::new(), self.uses, known.clone());
            let until = rounds.until.map(|until| own.apply(&numbered.apply(until)));
            flat.extend(copy.into_iter().map(|step| Flat {
                node: own.apply(&step.node),
                conditions: step.conditions.iter().map(|(holds, text)| (*holds, own.apply(text))).collect(),
                round: Some(FlatRound { repetition, number, until: until.clone() }),
                ..step
            }));
        }
        self.repeating = false;
        // What the rounds call their own is not known after them.
        self.before.truncate(before_it);
        let mut end = scope.apply(node);
        if let Value::Map(entries) = &mut end.value {
            // The copies have its steps; what stays is what is expected of the whole.
            *entries = entries.iter().filter(|(key, _)| !["when", "unless"].contains(&&*key.name)).cloned().collect();
        }
        let end = self.one(end, open);
        let round = FlatRound { repetition, number: rounds.times, until: None };
        flat.extend(end.map(|end| Flat { round: Some(round), ..end }));
        flat
    }

    fn given(
        &mut self,
        at: Span,
        name: &str,
        fragment: &Fragment,
        with: Option<&Node>,
        scope: &Scope,
    ) -> BTreeMap<String, Node> {
        let mut given = BTreeMap::new();
        let names = || fragment.inputs.iter().map(|(name, _)| name.as_str());
        match with.map(|node| (&node.value, node)) {
            None => {}
            Some((Value::Map(entries), _)) => {
                for (key, value) in entries.iter() {
                    if fragment.any_inputs || names().any(|input| *input == *key.name) {
                        given.insert(key.name.to_string(), scope.apply(value));
                    } else {
                        self.reader.fault(
                            Diagnostic::new(key.span, "unknown-input", format!("`{name}` has no input `{}`", key.name))
                                .label("not known")
                                .nearest(&key.name, names()),
                        );
                    }
                }
            }
            Some((_, node)) => self.reader.expected(node, "`with` (a mapping from inputs to values)"),
        }
        for (input, default) in &fragment.inputs {
            self.inputs.insert(input.clone());
            if given.contains_key(input) {
                continue;
            }
            match default {
                Some(default) => {
                    given.insert(input.clone(), scope.apply(default));
                }
                None if fragment.any_inputs => self.holes.input(input),
                None => {
                    self.holes.input(input);
                    self.reader.fault(
                        Diagnostic::new(at, "missing-input", format!("`{name}` needs the input `{input}`"))
                            .label("used here")
                            .help(format!("add `with: {{{input}: …}}`")),
                    );
                }
            }
        }
        given
    }
}
