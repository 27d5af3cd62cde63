//! `threepid list`: the scenarios.

use serde_json::{Value, json};

use super::args::ListArgs;
use super::exit::Exit;
use super::load;
use super::terminal::{self, Terminal};
use threepid_engine::plan::Selection;
use threepid_engine::scenario::Scenario;

pub(super) fn list(args: &ListArgs, terminal: Terminal) -> Exit {
    let suite = match load::suite(args.scenarios.scenarios.as_deref(), terminal) {
        Ok(suite) => suite,
        Err(exit) => return exit,
    };
    let selection = Selection { filters: args.filters.clone(), partition: None };
    let selected = match selection.of(&suite) {
        Ok(selected) => selected,
        Err(nothing) => {
            terminal::error(&nothing.to_string());
            return Exit::Nothing;
        }
    };
    let scenarios = selected.iter().map(|(scenario, _)| &suite.scenarios[*scenario]);
    if args.json {
        let list: Vec<Value> = scenarios.map(as_json).collect();
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
    Exit::Ok
}

fn as_json(scenario: &Scenario) -> Value {
    let spec = scenario
        .spec
        .as_ref()
        .map(|spec| json!({"operation": spec.operation, "anchor": spec.anchor, "url": spec.url()}));
    json!({
        "id": scenario.id,
        "title": scenario.title,
        "covers": scenario.covers,
        "needs": scenario.needs,
        "cases": scenario.cases.iter().filter_map(|case| case.name.clone()).collect::<Vec<_>>(),
        "spec": spec,
    })
}
