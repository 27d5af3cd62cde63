//! Which answers of which operations scenarios and rules expect by name.
//!
//! Takes a suite; gives the statuses and error codes that stand in its expectations, with the operation. What an
//! expectation only allows, by a class of statuses or any code, it does not name.

use serde_json::Value;

use crate::scenario::{Action, Answer, Check, Operation, Pattern, PatternKind, Request, Rule, Segment, Status, Suite};

/// An expectation of an answer.
pub(super) struct Expected {
    /// The scenario or the rule.
    pub(super) by: String,
    /// The operations; of a rule over all, none.
    operations: Vec<String>,
    /// The statuses that it names.
    named: Vec<u16>,
    /// Those that it allows by their class.
    classes: Vec<u16>,
    /// The error codes that it names.
    errcodes: Vec<String>,
    /// Whether it holds all documented bodies against what is documented.
    documented: bool,
}

impl Expected {
    /// Whether it expects just this answer.
    pub(super) fn names(&self, operation: &Operation, answer: &Answer) -> bool {
        if !self.operations.is_empty() && !self.operations.contains(&operation.name) {
            return false;
        }
        if self.documented {
            return answer.body.is_some();
        }
        let named = self.named.iter().any(|status| answer.status.has(*status));
        match &answer.errcode {
            Some(code) => {
                let class = self.classes.iter().any(|class| match answer.status {
                    Status::Exact(status) => status / 100 == *class,
                    Status::Class(own) => own == *class,
                });
                (named || class) && self.errcodes.contains(code)
            }
            // A rule over all operations brings no answer about.
            None => named && self.errcodes.is_empty() && !self.operations.is_empty(),
        }
    }
}

pub(super) fn of(suite: &Suite) -> Vec<Expected> {
    let mut all = Vec::new();
    for scenario in &suite.scenarios {
        for step in scenario.cases.iter().flat_map(|case| &case.steps) {
            let Action::Request(request) = &step.action else { continue };
            let Some(name) = operation(request) else { continue };
            let of_step = expected(&scenario.id, vec![name.clone()], step.checks.iter().map(|check| &check.pattern));
            for check in &step.checks {
                let alternatives = check.one_of.iter().map(|alternative| Some(&alternative.pattern));
                let none = check.one_of.is_empty().then_some(None);
                for alternative in alternatives.chain(none) {
                    let patterns = [Some(&check.pattern), alternative];
                    let mut one = expected(&scenario.id, vec![name.clone()], patterns.into_iter().flatten());
                    // A code may stand at one level, and the status at another.
                    if one.named.is_empty() && one.classes.is_empty() {
                        (one.named, one.classes) = (of_step.named.clone(), of_step.classes.clone());
                    }
                    all.push(one);
                }
            }
        }
    }
    for rule in &suite.contract.rules {
        let operations: Vec<String> = rule.operations.iter().map(|(name, _)| name.clone()).collect();
        for check in &rule.checks {
            let patterns = rule.only.iter().chain([&check.pattern]);
            let mut one = expected(&rule.id, operations.clone(), patterns);
            one.documented = asks_for_documented(rule, check);
            all.push(one);
        }
    }
    all
}

fn asks_for_documented(rule: &Rule, check: &Check) -> bool {
    !rule.operations.is_empty() && field(&check.pattern, "documented").is_some()
}

fn expected<'p>(by: &str, operations: Vec<String>, patterns: impl Iterator<Item = &'p Pattern>) -> Expected {
    let mut one = Expected {
        by: by.to_owned(),
        operations,
        named: Vec::new(),
        classes: Vec::new(),
        errcodes: Vec::new(),
        documented: false,
    };
    for pattern in patterns {
        if let Some(status) = field(pattern, "status") {
            statuses(status, &mut one);
        }
        if let Some(body) = field(pattern, "body") {
            errcodes(body, &mut one.errcodes);
        }
    }
    one
}

/// Method and path of a request to the API, if the path has no placeholder.
fn operation(request: &Request) -> Option<String> {
    let mut path = String::new();
    for segment in &request.path.segments {
        match segment {
            Segment::Literal(literal) => path.push_str(literal),
            Segment::Placeholder(placeholder) if path.is_empty() && placeholder.name == "submit_url" => {
                return Some(format!("{} submit_url", request.method));
            }
            Segment::Placeholder(_) => return None,
        }
    }
    let below = path.strip_prefix("/_matrix/client").map(|below| match below.split('/').nth(1) {
        Some(version) if version.starts_with(['v', 'r']) && version.len() <= 3 => &below[1 + version.len()..],
        _ => below,
    });
    Some(format!("{} {}", request.method, below.unwrap_or(&path).split('?').next().unwrap_or_default()))
}

fn field<'p>(pattern: &'p Pattern, name: &str) -> Option<&'p Pattern> {
    match &pattern.kind {
        PatternKind::Object { fields, .. } => fields.iter().find(|(key, _)| key == name).map(|(_, field)| field),
        _ => None,
    }
}

fn statuses(pattern: &Pattern, into: &mut Expected) {
    match &pattern.kind {
        PatternKind::Literal(Value::Number(number)) => {
            into.named.extend(number.as_u64().and_then(|status| u16::try_from(status).ok()));
        }
        PatternKind::StatusClass(class) => into.classes.push(*class),
        PatternKind::AnyOf(parts) => parts.iter().for_each(|part| statuses(part, into)),
        _ => {}
    }
}

fn errcodes(body: &Pattern, into: &mut Vec<String>) {
    match &body.kind {
        PatternKind::Object { fields, .. } => {
            fields.iter().filter(|(key, _)| key == "errcode").for_each(|(_, field)| texts(field, into));
        }
        PatternKind::All(parts) | PatternKind::AnyOf(parts) => parts.iter().for_each(|part| errcodes(part, into)),
        _ => {}
    }
}

fn texts(pattern: &Pattern, into: &mut Vec<String>) {
    match &pattern.kind {
        PatternKind::Text(text) => {
            if let [Segment::Literal(code)] = text.segments.as_slice() {
                into.push(code.clone());
            }
        }
        PatternKind::All(parts) | PatternKind::AnyOf(parts) => parts.iter().for_each(|part| texts(part, into)),
        _ => {}
    }
}
