//! One behaviour, told step by step.

use std::fmt::Write as _;

use super::markup::{code, plain};
use super::{Source, diagram, phrase, step};
use crate::report::capital;
use threepid_engine::scenario::Scenario;
use threepid_record::model::{Outcome, Reason, TrialRecord};

/// One behaviour as Markdown: why it matters, how it goes, what is expected.
pub fn behaviour(source: Source<'_>, scenario: &Scenario) -> String {
    let mut output = format!("# {}\n\n", plain(&scenario.title));
    output.push_str(&inside(source, scenario, "##"));
    output
}

/// The same without its title, with headings of this depth for the steps.
pub(super) fn inside(source: Source<'_>, scenario: &Scenario, depth: &str) -> String {
    let mut output = String::new();
    let Some((case, trial)) = source.shown(scenario) else {
        return output;
    };
    let name = match &case.name {
        Some(row) => format!("{}[{row}]", scenario.id),
        None => scenario.id.clone(),
    };
    let _ = writeln!(output, "{}\n\n{}\n", code(&name), plain(&scenario.why));
    if let Some(spec) = &scenario.spec {
        let _ = writeln!(output, "Specification: [{}](<{}>)\n", plain(&spec.operation), plain_url(&spec.url()));
    }
    let others: Vec<String> = scenario
        .cases
        .iter()
        .filter(|other| other.name != case.name)
        .filter_map(|other| other.name.as_deref().map(code))
        .collect();
    if !others.is_empty() {
        let _ = writeln!(output, "It is tested in other forms, too: {}.\n", others.join(", "));
    }
    let mut conditions = Vec::new();
    if !scenario.needs.is_empty() {
        conditions
            .push(format!("needs {}", scenario.needs.iter().map(|need| code(need)).collect::<Vec<_>>().join(", ")));
    }
    if let Some(since) = scenario.since {
        conditions.push(format!("since {since}"));
    }
    if let Some(until) = scenario.until {
        conditions.push(format!("until {until}"));
    }
    if !conditions.is_empty() {
        let _ = writeln!(output, "{}.\n", capital(&conditions.join(", ")));
    }
    output.push_str(&outcome(source, scenario, trial));
    output.push_str(&diagram::diagram(case, trial));
    output.push('\n');
    for (index, one) in case.steps.iter().enumerate() {
        let events = step::events(trial, index);
        if trial.is_some() && events.is_empty() {
            continue;
        }
        let sentence = phrase::sentence(&source.suite.contract.specification, one);
        match &one.name {
            Some(name) => {
                let _ = writeln!(output, "{depth} {}. {}\n\n{sentence}.\n", index + 1, capital(&plain(name)));
            }
            None => {
                let _ = writeln!(output, "{depth} {}. {sentence}\n", index + 1);
            }
        }
        output.push_str(&step::done(one, &events, trial));
        // What prepares is explained where it is the behaviour itself.
        if !one.prepares {
            output.push_str(&step::expected(one, index, trial, !events.is_empty()));
        }
    }
    output
}

/// What came of it, in a sentence.
fn outcome(source: Source<'_>, scenario: &Scenario, trial: Option<&TrialRecord>) -> String {
    let Some(record) = source.record else {
        return String::new();
    };
    let target = plain(record.target.server.as_deref().unwrap_or(&record.target.name));
    let shown = trial.or_else(|| record.trials.iter().find(|trial| trial.id == scenario.id));
    let Some(trial) = shown else {
        return format!("> {target} was not asked.\n\n");
    };
    let said = match trial.outcome {
        Outcome::Pass | Outcome::Xpass => format!("{target} does what is required."),
        Outcome::Fail => format!("{target} does not do what is required: {}", plain(&trial.reason.words)),
        Outcome::Xfail => format!("{target} is known to do otherwise: {}", reason(&trial.reason)),
        Outcome::Error => format!("What {target} does could not be told: {}", plain(&trial.reason.words)),
        Outcome::Skip => format!("{target} could not be asked: {}", plain(&trial.reason.words)),
    };
    let chosen: Vec<String> =
        trial.choices.iter().map(|choice| format!("{}: {}", plain(&choice.step), plain(&choice.chosen))).collect();
    let chosen = if chosen.is_empty() {
        String::new()
    } else {
        format!(" Of several lawful answers it gives – {}.", chosen.join(", "))
    };
    format!("> {said}{chosen}\n\n")
}

/// The reason of a trial. That of a known deviation comes from its profile, with the address where it is tracked, which
/// is a link then; any other may repeat what a server said.
pub(super) fn reason(reason: &Reason) -> String {
    match reason.link() {
        Some(link) => format!("{} (<{link}>)", plain(&reason.words)),
        None => plain(&reason.to_string()),
    }
}

/// An address between `<` and `>`.
pub(super) fn plain_url(url: &str) -> String {
    url.chars().filter(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | '\\')).collect()
}
