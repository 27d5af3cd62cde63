//! What of the specification is tested, for reviewers.
//!
//! Takes a suite; gives the table of all documented answers and sentences as Markdown, and what is asked at one section.
//! What tests what is for `coverage` of the engine to say.

use std::collections::{BTreeMap, BTreeSet};

use threepid_engine::coverage::{Covered, How, Numbers, coverage, is_at};
use threepid_engine::scenario::{Rule, Scenario, Suite};
use threepid_record::model::{Level, SpecRef};

/// Where sections of the specification are.
const SITE: &str = "https://spec.matrix.org/latest/";

/// The whole table.
pub fn coverage_table(suite: &Suite) -> String {
    let coverage = coverage(suite);
    let mut text = String::from(
        "# What of the specification is tested\n\nMade from `scenarios/specification/`, the scenarios and the rules in \
         `scenarios/contract/` by `THREEPID_UPDATE_DOCS=1 cargo test --test docs`; a test keeps it true. `threepid explain \
         --spec ANCHOR` shows what is asked at a section.\n\n",
    );
    text.push_str(
        "A scenario brings an answer about and expects it by its status and error code. A rule judges it wherever it comes \
         up in a run, and brings nothing about.\n\n| | all | by a scenario | by a rule alone | not from outside | not yet | \
         covered or with a reason |\n|---|---|---|---|---|---|---|\n",
    );
    numbers(&mut text, "documented answers", Numbers::of(&coverage.answers));
    numbers(&mut text, "sentences", Numbers::of(&coverage.sentences));
    text.push_str("\n## Documented answers\n");
    let mut last = "";
    for one in &coverage.answers {
        let (operation, answer) = one.what;
        if operation.name != last {
            last = &operation.name;
            let name = if operation.name == "*" { "Any operation" } else { &operation.name };
            text.push_str(&format!(
                "\n### {name}\n\n{}\n\n| status | errcode | means | tested by |\n|---|---|---|---|\n",
                link(&operation.spec.anchor)
            ));
        }
        let code = answer.errcode.as_ref().map(|code| format!("`{code}`")).unwrap_or_default();
        let (about, by) = (cell(&answer.about), by(one));
        text.push_str(&format!("| {} | {code} | {about} | {by} |\n", answer.status));
    }
    text.push_str(
        "\n## Sentences\n\nIn the project's own words.\n\n| says | strength | where | tested by |\n|---|---|---|---|\n",
    );
    for one in &coverage.sentences {
        let sentence = one.what;
        let strength = sentence.strength.as_deref().unwrap_or_default();
        let (says, by) = (cell(&sentence.says), by(one));
        text.push_str(&format!("| {says} | {strength} | {} | {by} |\n", link(&sentence.anchor)));
    }
    text
}

fn numbers(text: &mut String, what: &str, numbers: Numbers) {
    let Numbers { all, scenario, rule, unseen, open } = numbers;
    let percent = ((all - open) * 100).checked_div(all).unwrap_or(100);
    text.push_str(&format!("| {what} | {all} | {scenario} | {rule} | {unseen} | {open} | {percent} % |\n"));
}

fn link(anchor: &str) -> String {
    format!("[{anchor}]({SITE}{anchor})")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// What tests it, or why nothing does.
fn by<T>(one: &Covered<'_, T>) -> String {
    /// How many are named; a usual answer is expected by half of all scenarios.
    const MOST_NAMED: usize = 4;
    let mut named: Vec<String> = one.scenarios.iter().take(MOST_NAMED).map(|id| format!("`{id}`")).collect();
    if one.scenarios.len() > MOST_NAMED {
        named.push(format!("{} more", one.scenarios.len() - MOST_NAMED));
    }
    named.extend(one.rules.iter().map(|id| format!("`{id}`")));
    match (one.how(), one.unseen) {
        (How::Unseen, Some(why)) => format!("not from outside: {}", cell(why)),
        (How::Open, _) => "**not yet**".to_owned(),
        _ => named.join(", "),
    }
}

/// What is asked at one section: its documented answers and sentences, and the expectations that name it. `None` if
/// nothing is.
pub fn section(suite: &Suite, anchor: &str) -> Option<String> {
    let coverage = coverage(suite);
    let mut text = String::new();
    let answers: Vec<_> = coverage.answers.iter().filter(|one| is_at(&one.what.1.spec.anchor, anchor)).collect();
    if !answers.is_empty() {
        text.push_str("documented answers:\n");
        for one in answers {
            let (operation, answer) = one.what;
            let code = answer.errcode.as_ref().map(|code| format!(" {code}")).unwrap_or_default();
            text.push_str(&format!(
                "  {} {}{code}: {}\n    {}\n",
                operation.name,
                answer.status,
                answer.about,
                plain(one)
            ));
        }
    }
    let sentences: Vec<_> = coverage.sentences.iter().filter(|one| is_at(&one.what.anchor, anchor)).collect();
    if !sentences.is_empty() {
        text.push_str("sentences:\n");
        for one in sentences {
            let strength = one.what.strength.as_ref().map(|word| format!(" ({word})")).unwrap_or_default();
            text.push_str(&format!("  {}{strength}\n    {}\n", one.what.says, plain(one)));
        }
    }
    let asked = asked_at(suite).into_iter().filter(|(at, _)| is_at(at, anchor));
    let asked: Vec<Asked> = asked.flat_map(|(_, asked)| asked).collect();
    if !asked.is_empty() {
        text.push_str("expectations:\n");
        for Asked { id, level, requirement } in asked {
            text.push_str(&format!("  {level} {requirement}\n    {id}\n"));
        }
    }
    (!text.is_empty()).then_some(text)
}

fn plain<T>(one: &Covered<'_, T>) -> String {
    let ids: Vec<&str> = one.scenarios.iter().chain(&one.rules).map(String::as_str).collect();
    match (one.how(), one.unseen) {
        (How::Unseen, Some(why)) => format!("not from outside: {why}"),
        (How::Open, _) => "not tested yet".to_owned(),
        _ => ids.join(", "),
    }
}

/// The sections that something is asked at, each with how much.
pub fn sections(suite: &Suite) -> Vec<(String, String)> {
    let coverage = coverage(suite);
    let mut all: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    coverage.answers.iter().for_each(|one| all.entry(one.what.1.spec.anchor.clone()).or_default()[0] += 1);
    coverage.sentences.iter().for_each(|one| all.entry(one.what.anchor.clone()).or_default()[1] += 1);
    for (anchor, asked) in asked_at(suite) {
        all.entry(anchor).or_default()[2] += asked.len();
    }
    let told = |[answers, sentences, asked]: [usize; 3]| {
        format!("{answers} answers, {sentences} sentences, {asked} expectations")
    };
    all.into_iter().map(|(anchor, counts)| (anchor, told(counts))).collect()
}

/// The scenarios and rules that test something at a section, or name it in an expectation.
pub fn ids_at(suite: &Suite, anchor: &str) -> BTreeSet<String> {
    let coverage = coverage(suite);
    let answers = coverage.answers.iter().filter(|one| is_at(&one.what.1.spec.anchor, anchor));
    let sentences = coverage.sentences.iter().filter(|one| is_at(&one.what.anchor, anchor));
    let mut ids: BTreeSet<String> = BTreeSet::new();
    answers.for_each(|one| ids.extend(one.scenarios.iter().chain(&one.rules).cloned()));
    sentences.for_each(|one| ids.extend(one.scenarios.iter().chain(&one.rules).cloned()));
    let asked = asked_at(suite).into_iter().filter(|(at, _)| is_at(at, anchor));
    ids.extend(asked.flat_map(|(_, asked)| asked).map(|asked| asked.id));
    ids
}

/// An expectation, with the scenario or rule that has it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Asked {
    id: String,
    level: Level,
    requirement: String,
}

/// All expectations by the section that they name; those of fragments stand in the scenarios that use them.
fn asked_at(suite: &Suite) -> BTreeMap<String, Vec<Asked>> {
    let mut all: BTreeMap<String, Vec<Asked>> = BTreeMap::new();
    let mut add = |spec: Option<&SpecRef>, asked: Asked| {
        let Some(spec) = spec else { return };
        let list = all.entry(spec.anchor.clone()).or_default();
        if !list.contains(&asked) {
            list.push(asked);
        }
    };
    for scenario in &suite.scenarios {
        for step in own_steps(scenario) {
            for check in &step.checks {
                let spec = check.spec.as_ref().or(step.spec.as_ref()).or(scenario.spec.as_ref());
                let requirement = check.because.clone().unwrap_or_else(|| scenario.title.clone());
                add(spec, Asked { id: scenario.id.clone(), level: check.level, requirement });
            }
        }
    }
    for rule in &suite.contract.rules {
        for check in &rule.checks {
            let requirement = check.because.clone().unwrap_or_else(|| rule.title.clone());
            let asked = Asked { id: rule.id.clone(), level: check.level, requirement };
            add(check.spec.as_ref().or(rule.spec.as_ref()), asked);
        }
    }
    all
}

/// A rule over all exchanges, as a person would tell it.
pub fn rule(rule: &Rule) -> String {
    let mut text = format!("# {}\n\n{}\n\n", rule.title, rule.why);
    let on: Vec<String> = rule.operations.iter().map(|(name, _)| format!("`{name}`")).collect();
    let about = if on.is_empty() { "every exchange with the API".to_owned() } else { on.join(", ") };
    text.push_str(&format!("Judged over {about}, in all trials of a run.\n\n"));
    for check in &rule.checks {
        let spec =
            check.spec.as_ref().or(rule.spec.as_ref()).map(|spec| format!(" ({})", spec.url())).unwrap_or_default();
        let because = check.because.as_ref().unwrap_or(&rule.title);
        text.push_str(&format!("- **{}**: {because}{spec}\n", check.level));
    }
    text
}

fn own_steps(scenario: &Scenario) -> impl Iterator<Item = &threepid_engine::scenario::Step> {
    scenario.cases.iter().flat_map(|case| &case.steps).filter(|step| !step.prepares)
}

#[cfg(test)]
mod tests {
    use threepid_engine::scenario::Sources;

    use super::*;

    fn shipped() -> Suite {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
        let sources = Sources::folder(&folder).unwrap();
        Suite::read(sources).map_err(|(sources, faults)| faults.lines(&sources)).unwrap()
    }

    #[test]
    fn a_section_has_its_answers_sentences_and_expectations() {
        let suite = shipped();
        let told = section(&suite, "rate-limiting").unwrap();
        for part in
            ["documented answers:", "sentences:", "expectations:", "contract/rate-limited", "rate-limits/by-client"]
        {
            assert!(told.contains(part), "{part} is missing in\n{told}");
        }
        assert_eq!(section(&suite, "no-such-section"), None);
        assert!(ids_at(&suite, "client-server-api/#rate-limiting").contains("contract/rate-limited"));
        assert!(sections(&suite).iter().any(|(anchor, _)| anchor == "client-server-api/#rate-limiting"));
    }

    #[test]
    fn the_table_has_every_operation_and_the_numbers() {
        let table = coverage_table(&shipped());
        for part in
            ["| documented answers | ", "| sentences | ", "### POST /account/3pid/add", "| 429 | `M_LIMIT_EXCEEDED` |"]
        {
            assert!(table.contains(part), "{part} is missing");
        }
    }
}
