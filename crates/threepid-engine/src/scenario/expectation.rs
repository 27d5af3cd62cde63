//! `must:`, `should:`, `convention:`, `security:`: what is expected of a step, and how strongly.
//!
//! Takes a step's mapping; gives its checks. All kinds of outcomes are expected in the same way: each has a list of
//! things that can be seen in it (`status`, `body`, `link` …), and a pattern for some of them.

use super::diagnostic::Diagnostic;
use super::keys::{self, Shape};
use super::node::{Node, Span, Value};
use super::pattern::{Pattern, PatternKind};
use super::read::{Fields, Reader};
use threepid_record::model::{Level, SpecRef};

/// What one level of a step expects.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// How strongly.
    pub level: Level,
    /// Where the scenario says so.
    pub span: Span,
    /// The requirement in words, if not the scenario's title.
    pub because: Option<String>,
    /// Where the specification asks for it, if not where the step or the file says.
    pub spec: Option<SpecRef>,
    /// What must be seen whatever alternative is chosen: an object over the outcome.
    pub pattern: Pattern,
    /// Named alternatives; one of them must be seen too, if there are any.
    pub one_of: Vec<Alternative>,
}

/// One of several lawful outcomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Alternative {
    /// Its name in the record.
    pub name: String,
    /// What is seen in it.
    pub pattern: Pattern,
}

impl Reader<'_> {
    /// Reads all levels of a step, in the order of the file.
    pub(super) fn checks(&self, fields: &Fields<'_>, observed: &[keys::Key]) -> Vec<Check> {
        fields
            .iter()
            .filter_map(|(key, node)| {
                let level = Level::ALL.into_iter().find(|level| level.word() == key.name)?;
                self.check(level, key.span, node, observed)
            })
            .collect()
    }

    fn check(&self, level: Level, span: Span, node: &Node, observed: &[keys::Key]) -> Option<Check> {
        let what = format!("`{level}`");
        let before = self.count_faults();
        let fields = self.fields(node, &what, &[observed, keys::EXPECTATION], &[])?;
        let pattern = self.outcome(&fields, observed);
        let one_of = match fields.get("one_of") {
            None => Vec::new(),
            Some(node) => self.alternatives(node, observed),
        };
        let seen = matches!(&pattern.kind, PatternKind::Object { fields, .. } if !fields.is_empty());
        if !seen && one_of.is_empty() {
            // A misspelt key is its own fault, not an expectation that was forgotten.
            if self.count_faults() == before {
                self.fault(
                    Diagnostic::new(node.span, "no-check", format!("{what} expects nothing"))
                        .label("nothing to see here")
                        .nearest("", observed.iter().map(|key| key.name)),
                );
            }
            return None;
        }
        Some(Check {
            level,
            span,
            because: fields.get("because").and_then(|node| self.plain(node, "`because`")),
            spec: fields.get("spec").and_then(|node| self.spec(node)),
            pattern,
            one_of,
        })
    }

    /// Reads a pattern over an outcome of any kind, as `until` has it.
    pub(super) fn outcome_pattern(&self, node: &Node) -> Option<Pattern> {
        let lists = [keys::RESPONSE, keys::RESPONSES, keys::DELIVERY, keys::VISIT, keys::SILENCE, keys::INQUIRY];
        let Value::Map(entries) = &node.value else {
            self.expected(node, "what an outcome looks like (a mapping)");
            return None;
        };
        let known = |name: &str| lists.iter().find_map(|list| list.iter().find(|key| key.name == name));
        let mut patterns = Vec::new();
        for (key, value) in entries {
            let Some(seen) = known(&key.name) else {
                self.fault(
                    Diagnostic::new(key.span, "unknown-key", format!("no outcome has `{}`", key.name))
                        .label("not known here")
                        .nearest(&key.name, lists.iter().flat_map(|list| list.iter().map(|key| key.name))),
                );
                return None;
            };
            let pattern = match seen.shape {
                Shape::Status => self.status(value)?,
                Shape::Patterns => self.headers(value)?,
                _ => self.pattern(value)?,
            };
            patterns.push((key.name.clone(), pattern));
        }
        Some(Pattern { span: node.span, kind: PatternKind::Object { fields: patterns, exact: false } })
    }

    /// The pattern over the outcome as a whole.
    fn outcome(&self, fields: &Fields<'_>, observed: &[keys::Key]) -> Pattern {
        let mut patterns = Vec::new();
        for (key, node) in fields.iter() {
            let Some(seen) = observed.iter().find(|seen| seen.name == key.name) else {
                continue;
            };
            let pattern = match seen.shape {
                Shape::Status => self.status(node),
                Shape::Patterns => self.headers(node),
                _ => self.pattern(node),
            };
            // What has a fault is left out, so that the rest is read and followed.
            patterns.extend(pattern.map(|pattern| (key.name.clone(), pattern)));
        }
        Pattern { span: fields.span, kind: PatternKind::Object { fields: patterns, exact: false } }
    }

    /// Headers are matched by their names in lower case.
    fn headers(&self, node: &Node) -> Option<Pattern> {
        let mut pattern = self.pattern(node)?;
        if let PatternKind::Object { fields, .. } = &mut pattern.kind {
            for (name, _) in fields {
                name.make_ascii_lowercase();
            }
        }
        Some(pattern)
    }

    fn alternatives(&self, node: &Node, observed: &[keys::Key]) -> Vec<Alternative> {
        let Value::Map(entries) = &node.value else {
            self.expected(node, "`one_of` (a mapping from names to expectations)");
            return Vec::new();
        };
        if entries.len() < 2 {
            self.fault(
                Diagnostic::new(node.span, "one-of", "`one_of` has at least two alternatives")
                    .label("fewer than two")
                    .help("what all answers have in common stands beside `one_of`"),
            );
            return Vec::new();
        }
        entries
            .iter()
            .filter_map(|(key, value)| {
                let fields = self.fields(value, &format!("the alternative `{}`", key.name), &[observed], &[])?;
                Some(Alternative { name: key.name.clone(), pattern: self.outcome(&fields, observed) })
            })
            .collect()
    }
}
