//! `must:`, `should:`, `convention:`, `security:`: what is expected of a step, and how strongly.
//!
//! Takes a step's mapping; gives its checks. All kinds of outcomes are expected in the same way: each has a list of
//! things that can be seen in it (`status`, `body`, `link` …), and a pattern for some of them.

use super::diagnostic::Diagnostic;
use super::keys::{self, Shape};
use super::node::{Node, Span, Value};
use super::pattern::{Pattern, PatternKind};
use super::read::{Fields, Reader};
use super::version::SpecVersion;
use threepid_record::model::{Basis, Ground, Level, SpecRef};

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
    /// What it rests on.
    pub basis: Basis,
    /// The first version of the specification that expects it.
    pub since: Option<SpecVersion>,
    /// The last version of the specification that expects it.
    pub until: Option<SpecVersion>,
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

impl Check {
    /// Where it says something of this field of the outcome, if it does.
    pub fn place_of(&self, field: &str) -> Option<Span> {
        let patterns = std::iter::once(&self.pattern).chain(self.one_of.iter().map(|alternative| &alternative.pattern));
        patterns.into_iter().find_map(|pattern| match &pattern.kind {
            PatternKind::Object { fields, .. } => {
                fields.iter().find(|(name, _)| name == field).map(|(_, pattern)| pattern.span)
            }
            _ => None,
        })
    }

    /// Whether a target whose newest version is this one is expected to do it. Of one that does not say its versions, all
    /// is expected.
    pub fn holds_for(&self, newest: Option<SpecVersion>) -> bool {
        newest.is_none_or(|newest| {
            self.since.is_none_or(|since| newest >= since) && self.until.is_none_or(|until| newest <= until)
        })
    }
}

impl Reader<'_> {
    /// Reads all levels of a step, in the order of the file.
    pub(super) fn checks(&self, fields: &Fields<'_>, observed: &[keys::Key], anchored: bool) -> Vec<Check> {
        fields
            .iter()
            .filter_map(|(key, node)| {
                let level = Level::ALL.into_iter().find(|level| level.word() == &*key.name)?;
                Some((level, key.span, node))
            })
            .flat_map(|(level, span, node)| self.level(level, span, node, observed))
            .inspect(|check| self.grounded(check, anchored))
            .collect()
    }

    /// One expectation, or a list of several.
    fn level(&self, level: Level, span: Span, node: &Node, observed: &[keys::Key]) -> Vec<Check> {
        let Value::List(items) = &node.value else {
            return self.check(level, span, node, observed).into_iter().collect();
        };
        if items.is_empty() {
            self.fault(Diagnostic::new(node.span, "empty", format!("`{level}` is empty")).label("no expectation"));
        }
        items.iter().filter_map(|item| self.check(level, item.span, item, observed)).collect()
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
            basis: self.basis(level, &fields),
            since: fields.get("since").and_then(|node| self.version(node)),
            until: fields.get("until").and_then(|node| self.version(node)),
            pattern,
            one_of,
        })
    }

    /// Notes an expectation that does not say what it rests on.
    fn grounded(&self, check: &Check, anchored: bool) {
        let there = |name: &str| match name {
            "ground" => check.basis.ground.is_some(),
            "harm" => check.basis.harm.is_some(),
            "relied_on_by" => check.basis.relied_on_by.is_some(),
            _ => check.because.is_some(),
        };
        let missing = keys::required(check.level).iter().copied().find(|name| !there(name));
        let anchored = anchored || check.spec.is_some() || check.level != Level::Must;
        let missing = missing.or((!anchored).then_some("spec"));
        if let Some(missing) = missing {
            let level = check.level;
            self.no_ground(
                Diagnostic::new(check.span, "no-ground", format!("this `{level}` does not say its `{missing}`"))
                    .label(format!("without `{missing}`"))
                    .help(format!("write what `{level}` rests on: {}", rests_on(level))),
            );
        }
    }

    /// What an expectation rests on; each key is for one level.
    fn basis(&self, level: Level, fields: &Fields<'_>) -> Basis {
        for &(its, name) in keys::RESTS_ON {
            if let Some((key, _)) = fields.entry(name).filter(|_| level != its) {
                self.fault(
                    Diagnostic::new(key.span, "other-level", format!("`{name}` is for `{its}`, and this is `{level}`"))
                        .label("of another level")
                        .help(format!("write what `{level}` rests on: {}", rests_on(level))),
                );
            }
        }
        let plain = |name: &str| fields.get(name).and_then(|node| self.plain(node, &format!("`{name}`")));
        let ground = fields.get("ground").and_then(|node| {
            let word = self.plain(node, "`ground`")?;
            let ground = Ground::ALL.into_iter().find(|ground| ground.word() == word);
            if ground.is_none() {
                self.fault(
                    Diagnostic::new(node.span, "unknown-word", format!("unknown ground `{word}`"))
                        .label("not known")
                        .nearest(&word, keys::GROUNDS.iter().copied()),
                );
            }
            ground
        });
        Basis { ground, harm: plain("harm"), relied_on_by: plain("relied_on_by") }
    }

    /// Reads a pattern over an outcome of any kind, as `until` has it. `lists` has what can be seen in each.
    pub(super) fn outcome_pattern(&self, node: &Node, lists: &[&[keys::Key]]) -> Option<Pattern> {
        let Value::Map(entries) = &node.value else {
            self.expected(node, "what an outcome looks like (a mapping)");
            return None;
        };
        let known = |name: &str| lists.iter().find_map(|list| list.iter().find(|key| key.name == name));
        let mut patterns = Vec::new();
        for (key, value) in entries.iter() {
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
            patterns.push((key.name.to_string(), pattern));
        }
        Some(Pattern { span: node.span, kind: PatternKind::Object { fields: patterns, exact: false } })
    }

    /// The pattern over the outcome as a whole.
    pub(super) fn outcome(&self, fields: &Fields<'_>, observed: &[keys::Key]) -> Pattern {
        let mut patterns = Vec::new();
        for (key, node) in fields.iter() {
            let Some(seen) = observed.iter().find(|seen| seen.name == &*key.name) else {
                continue;
            };
            let pattern = match seen.shape {
                Shape::Status => self.status(node),
                Shape::Patterns => self.headers(node),
                _ => self.pattern(node),
            };
            // What has a fault is left out, so that the rest is read and followed.
            patterns.extend(pattern.map(|pattern| (key.name.to_string(), pattern)));
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
                Some(Alternative { name: key.name.to_string(), pattern: self.outcome(&fields, observed) })
            })
            .collect()
    }
}

/// The keys that say what a level rests on, for help.
fn rests_on(level: Level) -> &'static str {
    match level {
        Level::Must => "`ground` and `because`, with an anchor",
        Level::Security => "`harm`",
        Level::Should => "`because`, naming the recommendation",
        Level::Convention => "`relied_on_by`",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{SourceFile, Sources, Step, Suite};

    fn steps(expects: &str) -> Result<Vec<Step>, String> {
        let text = format!("title: t\nwhy: w\nsteps:\n  - GET: /x\n    {expects}\n");
        let file = SourceFile { path: "a/b.yaml".into(), text };
        Suite::read(Sources::of([file]))
            .map(|suite| suite.scenarios[0].cases[0].steps.clone())
            .map_err(|(sources, faults)| faults.lines(&sources))
    }

    #[test]
    fn a_level_may_hold_several_expectations() {
        let list = "must: [{status: 401, ground: text, because: so it stands}, \
                    {body: {}, ground: schema, since: v1.2, until: v1.5}]\n    \
                    security: {status: 401, harm: anybody reads it}\n    \
                    convention: {status: 401, relied_on_by: a client}";
        let checks = steps(list).unwrap().remove(0).checks;
        let of = |index: usize| (checks[index].level, checks[index].basis.clone());
        let ground = |ground| Basis { ground: Some(ground), ..Basis::default() };
        assert_eq!(of(0), (Level::Must, ground(Ground::Text)));
        assert_eq!(of(1), (Level::Must, ground(Ground::Schema)));
        assert_eq!(of(2).1.harm.as_deref(), Some("anybody reads it"));
        assert_eq!(of(3).1.relied_on_by.as_deref(), Some("a client"));
        assert_eq!(checks[0].because.as_deref(), Some("so it stands"));
        let versions = (checks[1].since, checks[1].until);
        assert_eq!(versions, ("v1.2".parse().ok(), "v1.5".parse().ok()));
    }

    #[test]
    fn an_expectation_that_does_not_say_what_it_rests_on_is_noted() {
        let spec = "spec: {operation: GET /x, anchor: 'a#b'}";
        for (expects, missing) in [
            ("must: {status: 401}".to_owned(), Some("ground")),
            ("must: {status: 401, ground: text}".to_owned(), Some("because")),
            ("must: {status: 401, ground: text, because: so it stands}".to_owned(), Some("spec")),
            (format!("must: {{status: 401, ground: text, because: so it stands, {spec}}}"), None),
            (format!("{spec}\n    must: {{status: 401, ground: text, because: so it stands}}"), None),
            ("security: {status: 401, because: so it is}".to_owned(), Some("harm")),
            ("security: {status: 401, harm: anybody reads it}".to_owned(), None),
            ("should: {status: 401}".to_owned(), Some("because")),
            ("convention: {status: 401, because: so it is}".to_owned(), Some("relied_on_by")),
        ] {
            let text = format!("title: t\nwhy: w\nsteps:\n  - GET: /x\n    {expects}\n");
            let file = SourceFile { path: "a/b.yaml".into(), text };
            let suite = Suite::read(Sources::of([file])).unwrap();
            let said: Vec<&str> = suite.ungrounded.list.iter().map(|fault| fault.message.as_str()).collect();
            match missing {
                Some(missing) => assert!(said.len() == 1 && said[0].contains(&format!("its `{missing}`")), "{said:?}"),
                None => assert!(said.is_empty(), "{said:?}"),
            }
        }
    }

    #[test]
    fn what_a_level_rests_on_is_of_that_level() {
        for (expects, said) in [
            ("must: {status: 401, harm: x}", "`harm` is for `security`, and this is `must`"),
            ("should: {status: 401, ground: text}", "`ground` is for `must`"),
            ("must: {status: 401, ground: txt}", "did you mean `text`"),
            ("must: {status: 401, since: '1.2'}", "invalid version"),
            ("must: []", "`must` is empty"),
        ] {
            let shown = steps(expects).unwrap_err();
            assert!(shown.contains(said), "{said} is missing in\n{shown}");
        }
    }
}
