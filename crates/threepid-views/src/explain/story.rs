//! A whole flow from the person's side: the steps of the way that leads to the end, and at each step all that can
//! happen there, one answer after the other.

use std::cmp::Reverse;
use std::fmt::Write as _;

use serde_json::Value;

use super::markup::{code, plain};
use super::phrase::{self, has_auth};
use super::{Source, flow, heading, step, tell};
use threepid_engine::scenario::{Action, Scenario, Step};
use threepid_record::model::{Entry, Event, Finding, Level, Outcome, TrialRecord};

/// What a step does, near enough to find the same one in another scenario.
#[derive(PartialEq)]
enum Kind {
    Request(String, String, bool),
    Mail,
    Click,
    Other,
}

fn kind(step: &Step) -> Kind {
    match &step.action {
        Action::Request(request) => {
            Kind::Request(request.method.clone(), super::markup::written(&request.path), has_auth(request))
        }
        Action::Mail(_) => Kind::Mail,
        Action::Click(_) => Kind::Click,
        _ => Kind::Other,
    }
}

/// The flows that have a story: those with a scenario in which all goes well.
pub(super) fn flows<'s>(source: Source<'s>) -> Vec<(&'s str, &'s Scenario)> {
    let leading = source.suite.scenarios.iter().filter(|scenario| scenario.flow.is_some());
    leading.map(|scenario| (flow(&scenario.id), scenario)).collect()
}

/// The story of one flow.
pub(super) fn story(source: Source<'_>, of: &str, main: &Scenario) -> String {
    let mut output = format!("## {}\n\n", heading(source.suite, of));
    let Some((case, trial)) = source.shown(main) else {
        return output;
    };
    let others: Vec<&Scenario> =
        source.suite.scenarios.iter().filter(|one| flow(&one.id) == of && one.id != main.id).collect();
    for (index, one) in case.steps.iter().enumerate() {
        // What another flow is about is told there.
        if of != "add-email" && one.prepares {
            continue;
        }
        let events = step::events(trial, index);
        let _ = writeln!(output, "### {}\n", phrase::sentence(&source.suite.contract.specification, one));
        let said = step::done(one, &events, trial);
        // The question once, then every answer there can be.
        let (asked, answer) = match step::answer_at(&said) {
            Some(at) => said.split_at(at),
            None => (said.as_str(), ""),
        };
        output.push_str(asked);
        let own = signature(&events, &expected(one));
        let mut branches: Vec<Branch> = others.iter().filter_map(|other| branch(source, other, one)).collect();
        // What ends as the main way does is no other way, unless it should have ended otherwise.
        branches.retain(|branch| branch.signature != own || branch.mark.is_some());
        let alone = branches.is_empty();
        let (wrong, right): (Vec<Branch>, Vec<Branch>) = branches.into_iter().partition(|branch| branch.mark.is_some());
        for group in typical_first(right) {
            output.push_str(&alike(group));
        }
        for Branch { title, mark, answer, .. } in wrong {
            let _ = write!(output, "{title}\n\n{}\n\n{answer}", mark.unwrap_or_default());
        }
        // A mail and a page were shown above, before what else can happen.
        if !answer.is_empty() || events.is_empty() {
            let last = if answer.is_empty() { expected(one) } else { answer.to_owned() };
            if !last.is_empty() {
                let condition =
                    if alone { String::new() } else { format!("**{}**\n\n", plain(&own_condition(one, main))) };
                let _ = write!(output, "{condition}{last}");
            }
        }
    }
    output
}

/// When the main answer comes: in the words of the step's own requirement, or of the whole.
fn own_condition(one: &Step, main: &Scenario) -> String {
    let because = one.checks.iter().find_map(|check| check.because.clone());
    match because {
        Some(because) => because.trim_end_matches('.').to_owned(),
        None if one.prepares => "Otherwise".to_owned(),
        None => main.title.clone(),
    }
}

/// What a scenario without a record expects, as an answer.
fn expected(one: &Step) -> String {
    let strongest = one.checks.iter().min_by_key(|check| check.level);
    strongest.map(|check| format!("Expected: {}\n\n", step::wanted(check))).unwrap_or_default()
}

/// Branches that end alike, those that most end like first.
pub(super) fn typical_first(branches: Vec<Branch>) -> Vec<Vec<Branch>> {
    let mut groups: Vec<Vec<Branch>> = Vec::new();
    for branch in branches {
        match groups.iter_mut().find(|group| group[0].signature == branch.signature) {
            Some(group) => group.push(branch),
            None => groups.push(vec![branch]),
        }
    }
    groups.sort_by_key(|group| Reverse(group.len()));
    groups
}

/// The titles of branches that end alike over the answer that most of them have. Where not all have the very same, it
/// says whose it is: a reader takes what stands below a title for what it is answered.
pub(super) fn alike(mut group: Vec<Branch>) -> String {
    let answers: Vec<String> = group.iter().map(|branch| branch.answer.clone()).collect();
    let has = |answer: &str| answers.iter().filter(|other| *other == answer).count();
    group.sort_by_key(|branch| Reverse(has(&branch.answer)));
    let titles: Vec<&str> = group.iter().map(|branch| branch.title.as_str()).collect();
    let mut output = format!("{}\n\n", titles.join("  \n"));
    let Some(first) = group.first() else {
        return output;
    };
    if has(&first.answer) < group.len() {
        let _ =
            write!(output, "The answers are of one kind, in different words. For example, for {}:\n\n", first.title);
    }
    output + &first.answer
}

/// What happens at a step in another scenario.
pub(super) struct Branch {
    pub(super) title: String,
    /// That it is not as required, and why, if that is so.
    pub(super) mark: Option<String>,
    /// Two answers with the same one say the same.
    pub(super) signature: String,
    pub(super) answer: String,
}

/// What happens at the same step in another scenario, if that step is what the other one is about.
fn branch(source: Source<'_>, other: &Scenario, here: &Step) -> Option<Branch> {
    let (case, trial) = source.shown(other)?;
    let (index, one) = case
        .steps
        .iter()
        .enumerate()
        .find(|(_, one)| !one.prepares && !one.checks.is_empty() && kind(one) != Kind::Other)?;
    if kind(one) != kind(here) {
        return None;
    }
    let entries = step::events(trial, index);
    let wanted = expected(one);
    let answer = match entries.last().map(|entry| &entry.event) {
        Some(Event::Exchange(exchange)) => step::answered(exchange, trial),
        Some(_) => step::done(one, &entries, trial),
        None => wanted.clone(),
    };
    let mark = trial.and_then(|trial| mark(trial, index));
    let name = match &case.name {
        // Which of its forms went wrong.
        Some(row) if mark.is_some() => format!("{}[{row}]", other.id),
        _ => other.id.clone(),
    };
    let title = format!("**{}** ({})", plain(&other.title), code(&name));
    Some(Branch { title, mark, signature: signature(&entries, &wanted), answer })
}

/// What to say of a trial that did not end as required, at the step that is shown of it.
fn mark(trial: &TrialRecord, index: usize) -> Option<String> {
    let reason = tell::reason(&trial.reason);
    let known = match trial.outcome {
        Outcome::Fail => "",
        Outcome::Xfail => ", as is known",
        Outcome::Error => return Some(format!("? **What is required could not be told:** {reason}")),
        Outcome::Pass | Outcome::Xpass | Outcome::Skip => return None,
    };
    let counts = |found: &&Finding| matches!(found.level, Level::Must | Level::Security) || found.level == trial.level;
    let here = trial.findings.iter().filter(counts).any(|found| found.step_index == Some(index));
    let place = if here { "" } else { " at another step" };
    Some(format!("✗ **Not as required{place}{known}:** {reason}"))
}

/// What an answer says, without the values that are new each time; what is expected, if there was none.
fn signature(entries: &[&Entry], wanted: &str) -> String {
    match entries.last().map(|entry| &entry.event) {
        Some(Event::Exchange(exchange)) => {
            let Some(response) = &exchange.response else {
                return "no answer".to_owned();
            };
            let text = response.body.text.as_deref().unwrap_or_default();
            let body: Value = serde_json::from_str(text).unwrap_or(Value::Null);
            let members = body.as_object().into_iter().flatten().map(|(key, value)| match value.as_str() {
                // A word of the protocol, not one that the server made up; nor a sentence.
                Some(word)
                    if word.contains(['_', '-', '.'])
                        && !word.contains(' ')
                        && word.len() < 40
                        && !word.starts_with("REDACTED-") =>
                {
                    format!("{key}={word}")
                }
                _ => key.clone(),
            });
            let members: Vec<String> = members.filter(|member| member != "error").collect();
            format!("{} {}", response.status, members.join(" "))
        }
        Some(Event::Visit(visit)) => {
            let status = visit.answer().and_then(|hop| hop.response.as_ref()).map(|response| response.status);
            format!("{status:?} {:?}", visit.end)
        }
        Some(Event::Delivery(delivery)) => format!("{} mails", delivery.mails.len()),
        _ => wanted.to_owned(),
    }
}
