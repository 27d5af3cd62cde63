//! Replaces `use:` by the fragment's steps, and inputs by what was given for them.
//!
//! Takes the nodes of a scenario's steps and all fragments; gives flat lists of step nodes in which every name is
//! unique: what a fragment keeps to itself is renamed (`token` to `1~token`-like names), its outputs keep their names
//! or get those that `out:` gives them. `repeat:` becomes as many copies of its steps. It never looks at what steps
//! mean.

mod find;
mod outputs;
mod repeat;

use std::collections::{BTreeMap, BTreeSet};

use super::diagnostic::Diagnostic;
use super::holes::Holes;
use super::keys;
use super::node::{Key, Node, Span, Value};
use super::read::Reader;
use super::step;
use super::text::{self, Placeholder, Segment};
use threepid_record::model::SpecRef;

/// How deeply fragments may use each other.
const MAX_DEPTH: usize = 8;
/// How many steps a scenario may have once fragments are replaced.
const MAX_STEPS: usize = 500;

/// A fragment as its file has it.
#[derive(Debug)]
pub(super) struct Fragment {
    /// Name and default of each input.
    pub(super) inputs: Vec<(String, Option<Node>)>,
    /// Whether its inputs could not be read: it may have any.
    pub(super) any_inputs: bool,
    pub(super) outputs: Vec<String>,
    /// Where the specification asks for what its steps expect.
    pub(super) spec: Option<SpecRef>,
    pub(super) steps: Vec<Node>,
    /// Whether a part of it could not be read.
    pub(super) faulty: bool,
}

/// One step of the flat list.
#[derive(Debug, Clone)]
pub(super) struct Flat {
    /// The step.
    pub(super) node: Node,
    /// Whether it stems from a fragment.
    pub(super) prepares: bool,
    /// Where the specification asks for what it expects, as its fragment says.
    pub(super) spec: Option<SpecRef>,
    /// The conditions of the fragments and repetitions that it stems from: values that must have come up, or not.
    pub(super) conditions: Vec<Condition>,
    /// Its place in a repetition.
    pub(super) round: Option<FlatRound>,
}

/// `when` (true) or `unless` (false), with its text.
pub(super) type Condition = (bool, Node);

/// The place of a step in a repetition.
#[derive(Debug, Clone)]
pub(super) struct FlatRound {
    /// Which repetition of the scenario.
    pub(super) repetition: usize,
    /// Which round, from 1.
    pub(super) number: usize,
    /// What ends the repetition.
    pub(super) until: Option<Node>,
}

/// What names mean at one place.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    /// What was given for each input.
    pub(super) inputs: BTreeMap<String, Node>,
    /// Set inside a fragment: how its own names are called outside.
    inner: Option<Inner>,
}

#[derive(Debug, Clone)]
struct Inner {
    /// Which use of a fragment this is.
    number: usize,
    /// Names of outputs outside.
    outputs: BTreeMap<String, String>,
}

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
    /// The names that have stood in a step so far.
    seen: BTreeSet<String>,
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
            seen: BTreeSet::new(),
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
                        self.given_anew(node, target, &mut given);
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
        repeat::names(&node, &mut self.seen);
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
        let found = reader.plain(target, "the fragment's name").and_then(|name| self.fragment(&name, target.span));
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
        let inner = Scope {
            inputs,
            inner: Some(Inner { number: self.uses, outputs: self.outputs(&name, fragment, fields.get("out"), scope) }),
        };
        open.push(name);
        let around = std::mem::replace(&mut self.spec, fragment.spec.clone());
        let steps = self.steps(&fragment.steps, &inner, open);
        self.spec = around;
        open.pop();
        steps
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
                for (key, value) in entries {
                    if fragment.any_inputs || names().any(|input| input == key.name) {
                        given.insert(key.name.clone(), scope.apply(value));
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

/// The conditions that a step has itself.
pub(super) fn conditions(node: &Node, scope: &Scope) -> Vec<Condition> {
    [("when", true), ("unless", false)]
        .into_iter()
        .filter_map(|(name, holds)| Some((holds, scope.apply(node.get(name)?))))
        .collect()
}

impl Scope {
    /// The scope of a case: only its inputs.
    pub(super) fn of_case(inputs: BTreeMap<String, Node>) -> Scope {
        Scope { inputs, inner: None }
    }

    /// How a name of this scope is called outside of it.
    fn outside(&self, name: &str) -> String {
        match &self.inner {
            None => name.to_owned(),
            Some(inner) => match inner.outputs.get(name) {
                Some(outside) => outside.clone(),
                None => format!("{name}~{}", inner.number),
            },
        }
    }

    /// The node with inputs replaced and names made unique.
    pub(super) fn apply(&self, node: &Node) -> Node {
        if self.inputs.is_empty() && self.inner.is_none() {
            return node.clone();
        }
        let value = match &node.value {
            Value::Text(text) => return self.text(node, text),
            Value::List(items) => Value::List(items.iter().map(|item| self.apply(item)).collect()),
            Value::Map(entries) => Value::Map(
                entries
                    .iter()
                    .map(|(key, value)| (Key { span: key.span, name: key.name.clone() }, self.apply(value)))
                    .collect(),
            ),
            other => other.clone(),
        };
        Node { span: node.span, value }
    }

    fn text(&self, node: &Node, text: &str) -> Node {
        // Text that is no well-formed template is left alone; whoever reads it reports it.
        let Ok(segments) = text::parse(text) else {
            return node.clone();
        };
        if let [Segment::Placeholder(whole)] = segments.as_slice()
            && whole.filters.is_empty()
            && let Some(given) = self.inputs.get(&whole.name)
        {
            return self.optional(given, whole);
        }
        let replaced: Vec<Segment> = segments
            .into_iter()
            .flat_map(|segment| match segment {
                Segment::Literal(text) => vec![Segment::Literal(text)],
                Segment::Placeholder(placeholder) => self.placeholder(placeholder),
            })
            .collect();
        Node { span: node.span, value: Value::Text(text::written(&replaced)) }
    }

    /// What was given, optional where it stands for something optional.
    fn optional(&self, given: &Node, whole: &Placeholder) -> Node {
        let Some(text) = given.as_text().filter(|_| whole.optional) else {
            return given.clone();
        };
        match text::parse(text).as_deref() {
            Ok([Segment::Placeholder(inner)]) => {
                let inner = Segment::Placeholder(Placeholder { optional: true, ..inner.clone() });
                Node { span: given.span, value: Value::Text(text::written(&[inner])) }
            }
            _ => given.clone(),
        }
    }

    fn placeholder(&self, mut placeholder: Placeholder) -> Vec<Segment> {
        if let Some(given) = self.inputs.get(&placeholder.name) {
            return spliced(given, &placeholder);
        }
        if let Some((owner, fact)) = placeholder.of_actor() {
            if let Some(actor) = self.inputs.get(owner).and_then(Node::as_text) {
                placeholder.name = format!("{actor}.{fact}");
            }
            return vec![Segment::Placeholder(placeholder)];
        }
        if self.inner.is_some() && placeholder.binds() && !super::flow::is_built_in(&placeholder.name) {
            let outside = self.outside(&placeholder.name);
            if outside != placeholder.name {
                placeholder.typed = placeholder.value_type.is_some();
                placeholder.name = outside;
            }
        }
        vec![Segment::Placeholder(placeholder)]
    }
}

/// An input inside of a longer text, or one that is filtered: the filters go on to what was given.
fn spliced(given: &Node, placeholder: &Placeholder) -> Vec<Segment> {
    let text = match &given.value {
        Value::Text(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::List(_) | Value::Map(_) => {
            return vec![Segment::Placeholder(placeholder.clone())];
        }
    };
    let Ok(segments) = text::parse(&text) else {
        return vec![Segment::Literal(text)];
    };
    segments
        .into_iter()
        .map(|segment| match segment {
            Segment::Literal(text) => {
                Segment::Literal(placeholder.filters.iter().fold(text, |text, filter| filter.apply(&text)))
            }
            Segment::Placeholder(mut inner) => {
                inner.filters.extend(placeholder.filters.iter().copied());
                Segment::Placeholder(inner)
            }
        })
        .collect()
}
