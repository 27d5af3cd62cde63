//! Rules: what holds of every exchange, whatever trial it is part of.
//!
//! Takes a file in `contract/`; gives a [`Rule`]: the exchanges that it is about, and what is expected of each, in the
//! same levels and patterns as a step's. It never makes a request.

use super::contract_keys;
use super::diagnostic::Diagnostic;
use super::expectation::Check;
use super::keys::Shape;
use super::node::{Node, Span};
use super::pattern::{Pattern, PatternKind};
use super::read::Reader;
use super::specification::{Specification, Versions};
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
        Some(Rule {
            id: id.to_owned(),
            file,
            title: plain("title")?,
            why: plain("why")?,
            spec: fields.get("spec").and_then(|node| self.spec(node)),
            versions: self.versions(&fields),
            operations: fields.get("operations").map(|node| self.words(node, "`operations`")).unwrap_or_default(),
            only: fields.get("only").and_then(|node| self.exchange_pattern(node)),
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
            let known = lists.iter().find_map(|list| list.iter().find(|known| known.name == key.name))?;
            let pattern = match known.shape {
                Shape::Status => self.status(value),
                _ => self.pattern(value),
            };
            patterns.extend(pattern.map(|pattern| (key.name.clone(), pattern)));
        }
        Some(Pattern { span: node.span, kind: PatternKind::Object { fields: patterns, exact: false } })
    }

    fn remember(&self, node: &Node) -> Option<Remember> {
        let fields = self.fields(node, "`remember`", &[contract_keys::REMEMBER], &[])?;
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
        for (name, span) in rules.iter().flat_map(|rule| &rule.operations) {
            if specification.operation(name).is_none() {
                self.fault(
                    Diagnostic::new(*span, "unknown-operation", format!("unknown operation `{name}`"))
                        .label("not in `specification/`")
                        .nearest(name, names()),
                );
            }
        }
    }

    /// That what is said to test something is there.
    pub(super) fn known_evidence(&self, specification: &Specification, ids: &[&str]) {
        let answers = specification.operations.iter().flat_map(|operation| &operation.answers);
        let evidence =
            answers.map(|answer| &answer.evidence).chain(specification.sentences.iter().map(|s| &s.evidence));
        for (id, span) in evidence.flat_map(|evidence| &evidence.by) {
            if !ids.contains(&id.as_str()) {
                self.fault(
                    Diagnostic::new(*span, "unknown-id", format!("unknown scenario or rule `{id}`"))
                        .label("not there")
                        .nearest(id, ids.iter().copied()),
                );
            }
        }
    }
}
