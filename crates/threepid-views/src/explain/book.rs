//! The book of the whole suite: contents, the story, one chapter a flow, the specification's view, and what is not
//! tested.

use std::fmt::Write as _;

use super::markup::{code, plain};
use super::{Source, flow, heading, story, tell};
use threepid_engine::scenario::{NEEDS, Scenario};
use threepid_record::model::{Outcome, SpecRef};

/// What the suite does not look at on any homeserver, as a list in Markdown. `docs/tested.md` has the same.
pub const NOT_TESTED: &str = include_str!("not-tested.md");

/// One file of the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its path in the book's folder, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// The whole book.
pub fn book(source: Source<'_>) -> Vec<Page> {
    let page = |path: &str, text: String| Page { path: path.to_owned(), text };
    let mut pages = vec![page("README.md", contents(source)), page("story.md", stories(source))];
    for (name, scenarios) in by_flow(source) {
        let mut text = format!("# {}\n\n", heading(source.suite, name));
        for scenario in &scenarios {
            let _ = writeln!(text, "- [{}](#{})", plain(&scenario.title), anchor(&scenario.id));
        }
        text.push('\n');
        for scenario in scenarios {
            let _ = writeln!(text, "<a id=\"{}\"></a>\n\n## {}\n", anchor(&scenario.id), plain(&scenario.title));
            text.push_str(&tell::inside(source, scenario, "###"));
        }
        pages.push(page(&file(name), text));
    }
    pages.push(page("specification.md", specification(source)));
    pages.push(page("not-tested.md", not_tested(source)));
    pages
}

fn file(flow: &str) -> String {
    format!("flows/{}.md", flow.replace('/', "-"))
}

fn anchor(id: &str) -> String {
    id.replace('/', "-")
}

fn by_flow(source: Source<'_>) -> Vec<(&str, Vec<&Scenario>)> {
    let mut flows: Vec<(&str, Vec<&Scenario>)> = Vec::new();
    for scenario in &source.suite.scenarios {
        match flows.iter_mut().find(|(name, _)| *name == flow(&scenario.id)) {
            Some((_, members)) => members.push(scenario),
            None => flows.push((flow(&scenario.id), vec![scenario])),
        }
    }
    flows
}

fn contents(source: Source<'_>) -> String {
    let mut text = "# How e-mail verification works on a Matrix homeserver\n\n".to_owned();
    match source.record {
        Some(record) => {
            let server = record.target.server.as_deref().unwrap_or(&record.target.name);
            let _ = writeln!(
                text,
                "Told from the scenarios of threepid {}, with what {} at {} answered on {}.\n",
                plain(&record.threepid),
                plain(server),
                code(&record.target.url),
                plain(record.started.get(..10).unwrap_or(&record.started))
            );
        }
        None => text.push_str("Told from the scenarios of threepid: what is sent, and what is expected.\n\n"),
    }
    text.push_str("1. [The flows from the person's side](story.md)\n");
    for (name, scenarios) in by_flow(source) {
        let _ =
            writeln!(text, "1. [{}]({}) – {}", heading(source.suite, name), file(name), behaviours(scenarios.len()));
    }
    text.push_str("1. [By section of the specification](specification.md)\n1. [What is not tested](not-tested.md)\n");
    text
}

fn behaviours(n: usize) -> String {
    if n == 1 { "1 behaviour".to_owned() } else { format!("{n} behaviours") }
}

fn stories(source: Source<'_>) -> String {
    let mut text = "# The flows from the person's side\n\nAt each step, everything that can happen there. Each title \
                    is that of the scenario that tests it.\n\n"
        .to_owned();
    for (name, main) in story::flows(source) {
        text.push_str(&story::story(source, name, main));
    }
    text
}

/// Every place of the specification that a scenario or one of its expectations names.
fn specification(source: Source<'_>) -> String {
    let mut places: Vec<(&SpecRef, Vec<&Scenario>)> = Vec::new();
    for scenario in &source.suite.scenarios {
        let checks = scenario.cases.iter().flat_map(|case| &case.steps).filter(|step| !step.prepares);
        let named = checks.flat_map(|step| step.spec.iter().chain(step.checks.iter().filter_map(|c| c.spec.as_ref())));
        for spec in scenario.spec.iter().chain(named) {
            match places.iter_mut().find(|(known, _)| known.anchor == spec.anchor) {
                Some((_, members)) if members.iter().any(|known| known.id == scenario.id) => {}
                Some((_, members)) => members.push(scenario),
                None => places.push((spec, vec![scenario])),
            }
        }
    }
    places.sort_by_key(|(spec, _)| (spec.anchor.split('#').next().map(str::to_owned), spec.operation.clone()));
    let mut text = "# By section of the specification\n".to_owned();
    for (spec, scenarios) in places {
        let _ = writeln!(text, "\n## [{}](<{}>)\n", plain(&spec.operation), tell::plain_url(&spec.url()));
        for scenario in scenarios {
            let link = format!("{}#{}", file(flow(&scenario.id)), anchor(&scenario.id));
            let _ = writeln!(text, "- [{}]({link}) ({})", plain(&scenario.title), code(&scenario.id));
        }
    }
    let without: Vec<&Scenario> = source.suite.scenarios.iter().filter(|one| one.spec.is_none()).collect();
    if !without.is_empty() {
        text.push_str("\n## Without a text\n\n");
        for scenario in without {
            let _ = writeln!(text, "- {} ({})", plain(&scenario.title), code(&scenario.id));
        }
    }
    text
}

fn not_tested(source: Source<'_>) -> String {
    let mut text = "# What is not tested\n\n".to_owned();
    if let Some(record) = source.record {
        for (title, outcome) in
            [("Not asked in this run", Outcome::Skip), ("Could not be told in this run", Outcome::Error)]
        {
            let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
            for trial in record.trials.iter().filter(|trial| trial.outcome == outcome) {
                match reasons.iter_mut().find(|(reason, _)| *reason == trial.reason.words) {
                    Some((_, names)) => names.push(code(&trial.name())),
                    None => reasons.push((&trial.reason.words, vec![code(&trial.name())])),
                }
            }
            if !reasons.is_empty() {
                let _ = writeln!(text, "## {title}\n");
                for (reason, names) in reasons {
                    let _ = writeln!(text, "- {}: {}", plain(reason), names.join(", "));
                }
                text.push('\n');
            }
        }
    }
    text.push_str("## Only where the homeserver offers it\n\n");
    for need in NEEDS {
        let scenarios: Vec<String> = source
            .suite
            .scenarios
            .iter()
            .filter(|scenario| scenario.needs.iter().any(|name| name == need.name))
            .map(|scenario| code(&scenario.id))
            .collect();
        // Nearly everything needs mail; naming all of it would tell nothing.
        if !scenarios.is_empty() && need.name != "email" {
            let _ = writeln!(text, "- {} – {}: {}", code(need.name), plain(need.about), scenarios.join(", "));
        }
    }
    text.push_str("\n## Not at all\n\n");
    text.push_str(NOT_TESTED);
    text
}
