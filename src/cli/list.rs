//! `threepid list`: the scenarios.

use serde_json::{Value, json};

use super::args::ListArgs;
use super::exit::Exit;
use super::load;
use super::terminal::{self, Terminal};
use threepid_engine::plan::Selection;
use threepid_engine::scenario::{RULES, Rule, Scenario, Suite};
use threepid_record::model::SpecRef;
use threepid_views::explain::{ids_at, sections};

pub(super) fn list(args: &ListArgs, terminal: Terminal) -> Exit {
    let suite = match load::suite(args.scenarios.scenarios.as_deref(), terminal) {
        Ok(suite) => suite,
        Err(exit) => return exit,
    };
    if let Some(anchor) = &args.spec {
        return sections_of(&suite, anchor);
    }
    let selection = Selection { filters: args.filters.clone(), partition: None };
    let selected = match selection.of(&suite) {
        Ok(selected) => selected,
        Err(nothing) => {
            terminal::error(&nothing.to_string());
            return Exit::Nothing;
        }
    };
    let selected = if selection.only_rules() { Vec::new() } else { selected };
    let scenarios = selected.iter().map(|(scenario, _)| &suite.scenarios[*scenario]);
    let shown = selection.rules(&suite);
    let named =
        args.filters.is_empty() || selection.filters.iter().any(|filter| filter.contains(RULES.trim_end_matches('/')));
    let rules = suite.contract.rules.iter().filter(|rule| named && shown.contains(&rule.id));
    if args.json {
        let list: Vec<Value> = scenarios.map(as_json).chain(rules.map(rule_as_json)).collect();
        terminal::out(&format!("{:#}\n", Value::from(list)));
        return Exit::Ok;
    }
    let mut folder = "";
    for scenario in scenarios {
        let (own, name) = scenario.id.rsplit_once('/').unwrap_or(("", &scenario.id));
        if own != folder {
            terminal::out(&format!("{}{own}\n", if folder.is_empty() { "" } else { "\n" }));
            folder = own;
        }
        terminal::out(&format!("  {name:<24} {}\n", scenario.title));
        for case in scenario.cases.iter().filter_map(|case| case.name.as_ref()) {
            terminal::out(&format!("    [{case}]\n"));
        }
    }
    for (index, rule) in rules.enumerate() {
        if index == 0 {
            terminal::out(&format!("{}contract\n", if folder.is_empty() { "" } else { "\n" }));
        }
        terminal::out(&format!("  {:<24} {}\n", rule.id.trim_start_matches(RULES), rule.title));
    }
    Exit::Ok
}

/// The sections of the specification that something is asked at, or what is asked at one.
fn sections_of(suite: &Suite, anchor: &str) -> Exit {
    if anchor.is_empty() {
        for (anchor, counts) in sections(suite) {
            terminal::out(&format!("{anchor:<72} {counts}\n"));
        }
        return Exit::Ok;
    }
    match ids_at(suite, anchor) {
        ids if ids.is_empty() => super::explain::nothing_at(suite, anchor),
        ids => {
            ids.iter().for_each(|id| terminal::out(&format!("{id}\n")));
            Exit::Ok
        }
    }
}

fn rule_as_json(rule: &Rule) -> Value {
    json!({"id": rule.id, "title": rule.title, "covers": [], "needs": [], "cases": [], "spec": spec_as_json(rule.spec.as_ref())})
}

fn spec_as_json(spec: Option<&SpecRef>) -> Option<Value> {
    spec.map(|spec| json!({"operation": spec.operation, "anchor": spec.anchor, "url": spec.url()}))
}

fn as_json(scenario: &Scenario) -> Value {
    json!({
        "id": scenario.id,
        "title": scenario.title,
        "covers": scenario.covers,
        "needs": scenario.needs,
        "cases": scenario.cases.iter().filter_map(|case| case.name.clone()).collect::<Vec<_>>(),
        "spec": spec_as_json(scenario.spec.as_ref()),
    })
}
