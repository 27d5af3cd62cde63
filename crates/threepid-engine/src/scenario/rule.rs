//! Rules: what holds of every exchange, whatever trial it is part of.
//!
//! Takes a file in `contract/`; gives a [`Rule`]: the exchanges that it is about, and what is expected of each, in the
//! same levels and patterns as a step's. It never makes a request.

use super::contract_keys;
use super::diagnostic::Diagnostic;
use super::expectation::Check;
use super::keys::{Key, Shape};
use super::node::{Node, Span, Value};
use super::pattern::{Pattern, PatternKind};
use super::read::{Fields, Reader};
use super::specification::{Operation, Specification, Versions};
use threepid_record::model::SpecRef;

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its id: the path of its file without the ending, `contract/cors`.
    pub id: String,
    /// Index of its file.
    pub file: usize,
    /// What holds, in one sentence.
    pub title: String,
    /// Why it matters.
    pub why: String,
    /// Where the specification asks for it.
    pub spec: Option<SpecRef>,
    /// The versions of the specification for which it holds.
    pub versions: Versions,
    /// The operations that it is about; all of the API if there are none.
    pub operations: Vec<(String, Span)>,
    /// What an exchange looks like that it is about.
    pub only: Option<Pattern>,
    /// The operations that `only` names.
    pub named: Vec<(String, Span)>,
    /// What is remembered from one exchange to the next.
    pub remember: Option<Remember>,
    /// What is expected.
    pub checks: Vec<Check>,
}

/// Values that are remembered from one exchange to the next, and held against each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Remember {
    /// The list of which each element is looked at; the exchange as a whole if not given.
    pub each: Option<Vec<String>>,
    /// What the values belong to.
    pub by: Vec<Vec<String>>,
    /// The values.
    pub values: Vec<Vec<String>>,
    /// Operations after which all is forgotten.
    pub until: Vec<String>,
    /// Whether they are remembered from one trial to the next.
    pub across_trials: bool,
}

/// The rules, the table of the specification, and the files both were read from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contract {
    /// The rules, in the order of their ids.
    pub rules: Vec<Rule>,
    /// What the specification documents.
    pub specification: Specification,
    /// The files.
    pub sources: super::Sources,
}

impl Contract {
    /// The rule of this id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.specification == Specification::default()
    }
}

/// The names of operations in a pattern over an exchange.
fn names(only: &Pattern) -> Vec<(String, Span)> {
    fn walk(pattern: &Pattern, within: &[&str], found: &mut Vec<(String, Span)>) {
        match (&pattern.kind, within) {
            (PatternKind::Object { fields, .. }, [next, rest @ ..]) => {
                fields.iter().filter(|(name, _)| name == next).for_each(|(_, inner)| walk(inner, rest, found));
            }
            (PatternKind::Text(text), []) => {
                found.extend(text.as_literal().map(|name| (name.to_owned(), pattern.span)));
            }
            (PatternKind::AnyOf(items) | PatternKind::All(items), _) => {
                items.iter().for_each(|item| walk(item, within, found));
            }
            (PatternKind::Not(inner), _) => walk(inner, within, found),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(only, &["operation", "name"], &mut found);
    found
}

impl Reader<'_> {
    /// Reads a rule file.
    pub(super) fn rule(&self, id: &str, file: usize, node: &Node) -> Option<Rule> {
        let levels: Vec<&str> = threepid_record::model::Level::ALL.map(|level| level.word()).to_vec();
        let fields = self.fields(node, "a rule", &[contract_keys::RULE], &levels)?;
        let plain = |name: &str| fields.get(name).and_then(|node| self.plain(node, &format!("`{name}`")));
        let before = self.count_faults();
        let checks = self.checks(&fields, contract_keys::EXCHANGE, fields.get("spec").is_some());
        if checks.is_empty() && self.count_faults() == before {
            self.fault(
                Diagnostic::new(node.span, "no-check", "this rule expects nothing, so it cannot fail")
                    .label("it has neither `must` nor `security`, `should`, `convention`")
                    .help("say what every exchange must have: `must: {status: 200}`"),
            );
        }
        self.remembered(&fields, &checks);
        let only = fields.get("only").and_then(|node| self.exchange_pattern(node));
        let named = only.as_ref().map(names).unwrap_or_default();
        Some(Rule {
            id: id.to_owned(),
            file,
            title: plain("title")?,
            why: plain("why")?,
            spec: fields.get("spec").and_then(|node| self.spec(node)),
            versions: self.versions(&fields),
            operations: fields.get("operations").map(|node| self.words(node, "`operations`")).unwrap_or_default(),
            only,
            named,
            remember: fields.get("remember").and_then(|node| self.remember(node)),
            checks,
        })
    }

    /// A pattern over an exchange: what stands in an answer, and what was asked.
    fn exchange_pattern(&self, node: &Node) -> Option<Pattern> {
        let fields = self.fields(node, "`only`", &[contract_keys::EXCHANGE, contract_keys::ASKED], &[])?;
        let lists = [contract_keys::EXCHANGE, contract_keys::ASKED];
        let mut patterns = Vec::new();
        for (key, value) in fields.iter() {
            let known = lists.iter().find_map(|list| list.iter().find(|known| known.name == &*key.name))?;
            let pattern = match known.shape {
                Shape::Status => self.status(value),
                Shape::Asked(keys) => {
                    self.known_facts(value, &key.name, keys);
                    self.pattern(value)
                }
                _ => self.pattern(value),
            };
            patterns.extend(pattern.map(|pattern| (key.name.to_string(), pattern)));
        }
        Some(Pattern { span: node.span, kind: PatternKind::Object { fields: patterns, exact: false } })
    }

    /// That a pattern over what was asked names what there is: another key would never fit, or always.
    fn known_facts(&self, node: &Node, what: &str, keys: &[Key]) {
        match &node.value {
            Value::List(items) => items.iter().for_each(|item| self.known_facts(item, what, keys)),
            Value::Map(entries) if entries.iter().any(|(key, _)| key.name.starts_with('$')) => {
                entries.iter().for_each(|(_, value)| self.known_facts(value, what, keys));
            }
            Value::Map(_) => {
                self.fields(node, &format!("`{what}`"), &[keys], &[]);
            }
            _ => {}
        }
    }

    /// That something is asked of what is remembered, and nothing of what is not.
    fn remembered(&self, fields: &Fields<'_>, checks: &[Check]) {
        let asked = |name: &str| checks.iter().find_map(|check| check.place_of(name));
        let (of_memory, remember) = (asked("kept").or_else(|| asked("fresh")), fields.entry("remember"));
        match (of_memory, remember) {
            (Some(span), None) => self.fault(
                Diagnostic::new(span, "remember", "nothing is remembered that this could be about")
                    .label("without `remember`")
                    .help("name the values: `remember: {by: [request.token], values: [body.sid]}`"),
            ),
            (None, Some((key, _))) => self.fault(
                Diagnostic::new(key.span, "remember", "nothing is expected of what is remembered")
                    .label("for nothing")
                    .help("expect `kept: true` or `fresh: true`"),
            ),
            _ => {}
        }
    }

    /// That a path begins where there is something, so that it does not miss all values silently.
    fn known_path(&self, word: &str, span: Span, with_each: bool) {
        let seen =
            contract_keys::EXCHANGE.iter().map(|key| key.name).filter(|name| !contract_keys::FACTS.contains(name));
        let asked = contract_keys::ASKED.iter().map(|key| key.name);
        let known: Vec<&str> = seen.chain(asked).chain(with_each.then_some("it")).collect();
        let first = word.split('.').next().unwrap_or_default();
        if !known.contains(&first) {
            let help = if first == "it" {
                "`it` is an element of the list that `each` names: `each: body.threepids`".to_owned()
            } else {
                let begins: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
                format!("write the whole path, `body.{word}`; it begins with {}", begins.join(", "))
            };
            self.fault(
                Diagnostic::new(span, "unknown-path", format!("an exchange has nothing called `{first}`"))
                    .label("where is this?")
                    .help(help),
            );
        }
    }

    fn remember(&self, node: &Node) -> Option<Remember> {
        let fields = self.fields(node, "`remember`", &[contract_keys::REMEMBER], &[])?;
        let each = fields.entry("each");
        for name in ["by", "values"] {
            for (word, span) in fields.get(name).map(|node| self.words(node, "a path")).unwrap_or_default() {
                self.known_path(&word, span, each.is_some());
            }
        }
        if let Some((word, node)) = each.and_then(|(_, node)| Some((node.as_text()?, node))) {
            self.known_path(word, node.span, false);
        }
        let path = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
        let words = |name: &str| -> Vec<String> {
            let words = fields.get(name).map(|node| self.words(node, &format!("`{name}`"))).unwrap_or_default();
            words.into_iter().map(|(word, _)| word).collect()
        };
        let paths = |name: &str| words(name).iter().map(|word| path(word)).collect::<Vec<_>>();
        Some(Remember {
            each: fields.get("each").and_then(|node| self.plain(node, "`each`")).map(|text| path(&text)),
            by: paths("by"),
            values: paths("values"),
            until: words("until"),
            across_trials: fields.get("across_trials").and_then(|node| self.flag(node, "`across_trials`"))
                == Some(true),
        })
    }

    /// That the rules speak of operations that there are.
    pub(super) fn known_operations(&self, rules: &[Rule], specification: &Specification) {
        let names = || specification.operations.iter().map(|operation| operation.name.as_str());
        for rule in rules {
            let Some(span) = rule.checks.iter().find_map(|check| check.place_of("documented")) else {
                continue;
            };
            let documents = |operation: &&Operation| {
                let is_meant =
                    rule.operations.is_empty() || rule.operations.iter().any(|(name, _)| *name == operation.name);
                is_meant && operation.answers.iter().any(|answer| answer.body.is_some())
            };
            // Operations that are not there have been named.
            let all_known = rule.operations.iter().all(|(name, _)| specification.operation(name).is_some());
            if all_known && !specification.operations.iter().any(|operation| documents(&operation)) {
                self.fault(
                    Diagnostic::new(span, "no-specification", "no fields are documented that this could be about")
                        .label("so it cannot fail")
                        .help("`specification/` has the fields of answers, as `body`, by operation and status"),
                );
            }
        }
        for (name, span) in rules.iter().flat_map(|rule| rule.operations.iter().chain(&rule.named)) {
            if specification.operation(name).is_none() {
                self.fault(
                    Diagnostic::new(*span, "unknown-operation", format!("unknown operation `{name}`"))
                        .label("not in `specification/`")
                        .nearest(name, names()),
                );
            }
        }
    }

    /// That what is said to test something is there. A table that was lent speaks of the scenarios of its owner.
    pub(super) fn known_evidence(&self, specification: &Specification, ids: &[&str], own: &dyn Fn(usize) -> bool) {
        let answers = specification.operations.iter().flat_map(|operation| &operation.answers);
        let evidence =
            answers.map(|answer| &answer.evidence).chain(specification.sentences.iter().map(|s| &s.evidence));
        for (id, span) in evidence.flat_map(|evidence| &evidence.by) {
            if own(span.file) && !ids.contains(&id.as_str()) {
                self.fault(
                    Diagnostic::new(*span, "unknown-id", format!("unknown scenario or rule `{id}`"))
                        .label("not there")
                        .nearest(id, ids.iter().copied()),
                );
            }
        }
    }
}
