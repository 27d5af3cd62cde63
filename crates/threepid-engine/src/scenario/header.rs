//! The outermost mapping of a scenario or fragment file.

use std::collections::{BTreeMap, BTreeSet};

use super::diagnostic::Diagnostic;
use super::expand::{Expander, Fragment, Scope};
use super::node::{Node, Span, Value};
use super::read::{Fields, Reader};
use super::{Case, Scenario, SpecVersion, Step, flow, keys, uses_up};

impl Reader<'_> {
    /// Reads a fragment file: its inputs, outputs and steps as nodes.
    pub(super) fn fragment(&self, node: &Node) -> Option<Fragment> {
        let before = self.count_faults();
        let fields = self.fields(node, "a fragment", &[keys::FRAGMENT], &[])?;
        if let Some(title) = fields.get("title") {
            self.plain(title, "`title`");
        }
        let mut any_inputs = false;
        let inputs = match fields.get("inputs").map(|node| (&node.value, node)) {
            None => Vec::new(),
            Some((Value::Map(entries), _)) => entries
                .iter()
                .map(|(key, value)| {
                    let default = match &value.value {
                        Value::Map(_) => {
                            let fields = self.fields(value, "an input", &[keys::INPUT], &[]);
                            fields.and_then(|fields| fields.get("default").cloned())
                        }
                        _ => {
                            any_inputs = true;
                            self.not_an_input(value, &format!("{}: {{about: What it is.}}", key.name));
                            None
                        }
                    };
                    (key.name.to_string(), default)
                })
                .collect(),
            Some((_, node)) => {
                any_inputs = true;
                self.not_an_input(node, "inputs: {actor: {about: What it is.}}");
                Vec::new()
            }
        };
        let outputs = fields.get("outputs").map(|node| self.words(node, "`outputs`")).unwrap_or_default();
        Some(Fragment {
            inputs,
            any_inputs,
            spec: fields.get("spec").and_then(|node| self.spec(node)),
            outputs: outputs.into_iter().map(|(name, _)| name).collect(),
            steps: self.list_of_steps(&fields, "steps").into(),
            faulty: self.count_faults() != before,
        })
    }

    fn not_an_input(&self, node: &Node, written: &str) {
        self.fault(
            Diagnostic::new(node.span, "wrong-kind", format!("expected `about` and `default`, found {}", node.kind()))
                .label(format!("this is {}", node.kind()))
                .help(format!("write `{written}`, with `default` if it need not be given")),
        );
    }

    /// Reads a scenario file.
    pub(super) fn scenario(
        &self,
        id: &str,
        file: usize,
        node: &Node,
        fragments: &BTreeMap<String, Option<Fragment>>,
    ) -> Option<Scenario> {
        let fields = self.fields(node, "a scenario", &[keys::SCENARIO], &[])?;
        let plain = |name: &str| fields.get(name).and_then(|node| self.plain(node, &format!("`{name}`")));
        let words =
            |name: &str| fields.get(name).map(|node| self.words(node, &format!("`{name}`"))).unwrap_or_default();
        let actors = words("actors");
        for (index, (name, span)) in actors.iter().enumerate() {
            if !name.starts_with(|c: char| c.is_ascii_lowercase())
                || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            {
                self.fault(
                    Diagnostic::new(*span, "actor-name", "an actor's name has lower-case letters, digits and `_`")
                        .label("here"),
                );
            }
            if actors[..index].iter().any(|(other, _)| other == name) {
                self.fault(
                    Diagnostic::new(*span, "repeated-key", format!("`{name}` is declared twice")).label("again"),
                );
            }
        }
        let mut needs = words("needs");
        let avoided: Vec<(String, Span)> = needs
            .iter()
            .filter_map(|(need, span)| Some((need.strip_prefix(keys::NOT)?.trim().to_owned(), *span)))
            .collect();
        needs.retain(|(need, _)| !need.starts_with(keys::NOT));
        for (need, span) in needs.iter().chain(&avoided) {
            if !keys::NEEDS.iter().any(|known| known.name == need) {
                self.fault(
                    Diagnostic::new(*span, "unknown-need", format!("unknown need `{need}`"))
                        .label("not known")
                        .nearest(need, keys::NEEDS.iter().map(|known| known.name)),
                );
            }
        }
        let used_up = words("uses_up");
        for (name, span) in used_up.iter().filter(|(name, _)| !actors.iter().any(|(actor, _)| actor == name)) {
            self.fault(
                Diagnostic::new(*span, "unknown-actor", format!("unknown actor `{name}`"))
                    .label("not declared")
                    .nearest(name, actors.iter().map(|(actor, _)| actor.as_str())),
            );
        }
        let before = self.count_faults();
        let rows = self.cases(&fields);
        let rows_differ = self.count_faults() != before;
        let inputs: BTreeSet<String> = rows.iter().flat_map(|(_, scope)| scope.inputs.keys().cloned()).collect();
        let anchored = fields.get("spec").is_some();
        let mut notes = Vec::new();
        let cases = rows
            .into_iter()
            .map(|(name, scope)| {
                let mut expander = Expander::new(self, fragments);
                expander.inputs.extend(scope.inputs.keys().cloned());
                if rows_differ {
                    inputs.iter().for_each(|input| expander.holes.input(input));
                }
                let mut steps = Vec::new();
                for (key, finally) in [("steps", false), ("finally", true)] {
                    let nodes = expander.steps(self.list_of_steps(&fields, key), &scope, &mut Vec::new());
                    for flat in &nodes {
                        let before = self.count_faults();
                        steps.extend(self.flat_step(flat, finally, anchored));
                        if self.count_faults() != before {
                            expander.holes.step(&flat.node);
                        }
                    }
                }
                notes.push((expander.holes, expander.inputs));
                Case { name, steps }
            })
            .collect::<Vec<_>>();
        // What could not be read may expect something.
        let whole = self.count_faults() == before;
        let read: Vec<_> = cases
            .iter()
            .zip(notes)
            .map(|(case, (holes, inputs))| flow::CaseRead { steps: &case.steps, holes, inputs })
            .collect();
        flow::check(self, &actors, &needs, &read);
        uses_up::check(self, &actors, &used_up, &cases);
        let complete = whole && cases.iter().all(|case| !case.steps.is_empty());
        // That mail comes, or none, is expected without words.
        let expects = |step: &Step| !step.checks.is_empty() || (step.action.mailbox().is_some() && !step.prepares);
        if complete && cases.iter().any(|case| !case.steps.iter().any(expects)) {
            self.fault(
                Diagnostic::new(node.span, "no-check", "this scenario expects nothing, so it cannot fail")
                    .label("no step has `must`, `should`, `convention` or `security`")
                    .help("say what must be seen: `must: {status: 200}`"),
            );
        }
        let version = |name: &str| fields.get(name).and_then(|node| self.version(node));
        Some(Scenario {
            id: id.to_owned(),
            file,
            title: plain("title")?,
            why: plain("why")?,
            flow: plain("flow"),
            spec: fields.get("spec").and_then(|node| self.spec(node)),
            covers: words("covers").into_iter().map(|(row, _)| row).collect(),
            needs: needs.into_iter().map(|(need, _)| need).collect(),
            avoids: avoided.into_iter().map(|(need, _)| need).collect(),
            uses_up: used_up.into_iter().map(|(name, _)| name).collect(),
            since: version("since"),
            until: version("until"),
            actors: actors.into_iter().map(|(name, _)| name).collect(),
            cases,
        })
    }

    fn list_of_steps<'n>(&self, fields: &Fields<'n>, key: &str) -> &'n [Node] {
        match fields.get(key).map(|node| (&node.value, node)) {
            None => &[],
            Some((Value::List(steps), node)) => {
                if steps.is_empty() {
                    self.fault(Diagnostic::new(node.span, "empty", format!("`{key}` is empty")).label("no step"));
                }
                steps
            }
            Some((_, node)) => {
                self.expected(node, &format!("`{key}` (a list of steps)"));
                &[]
            }
        }
    }

    /// The rows of `cases`, or one row without a name.
    fn cases(&self, fields: &Fields<'_>) -> Vec<(Option<String>, Scope)> {
        let Some(node) = fields.get("cases") else {
            return vec![(None, Scope::default())];
        };
        let Value::Map(rows) = &node.value else {
            self.expected(node, "`cases` (a mapping from names to inputs)");
            return Vec::new();
        };
        let mut names: Option<Vec<&str>> = None;
        let mut seen: Vec<(&str, Span)> = Vec::new();
        let mut cases = Vec::new();
        for (key, row) in rows.iter() {
            if seen.iter().any(|(name, _)| *name == &*key.name) {
                self.fault(
                    Diagnostic::new(key.span, "repeated-key", format!("`{}` stands here a second time", key.name))
                        .label("again"),
                );
                continue;
            }
            seen.push((&key.name, key.span));
            if key.name.is_empty()
                || !key.name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            {
                self.fault(
                    Diagnostic::new(key.span, "case-name", "a case's name has letters, digits, `-`, `_` and `.`")
                        .label("here"),
                );
            }
            let Value::Map(inputs) = &row.value else {
                self.expected(row, "a case (a mapping from inputs to values)");
                continue;
            };
            let mut own: Vec<&str> = inputs.iter().map(|(key, _)| &*key.name).collect();
            own.sort_unstable();
            match &names {
                None => names = Some(own),
                Some(names) if *names != own => self.fault(
                    Diagnostic::new(key.span, "case-inputs", "all cases have the same inputs")
                        .label(format!("has {}", own.join(", ")))
                        .help(format!("the first case has {}", names.join(", "))),
                ),
                Some(_) => {}
            }
            let inputs = inputs.iter().map(|(key, value)| (key.name.to_string(), value.clone())).collect();
            cases.push((Some(key.name.to_string()), Scope::of_case(inputs)));
        }
        cases
    }

    /// A version of the specification.
    pub(super) fn version(&self, node: &Node) -> Option<SpecVersion> {
        let text = self.plain(node, "the version")?;
        let version = text.parse().ok();
        if version.is_none() {
            self.fault(
                Diagnostic::new(node.span, "version", "invalid version of the specification")
                    .label("here")
                    .help("write `r0.6.1` or `v1.13`"),
            );
        }
        version
    }
}
