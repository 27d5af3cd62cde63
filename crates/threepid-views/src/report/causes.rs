//! What failed, by cause: trials that met the same thing are one cause, with the names of those it cost.
//!
//! Takes the record; gives its causes, the gravest first. Trials whose own behaviour was not reached stand with the trials
//! that fail for what they build on. It judges nothing: which trial is a failure and which an error stays as it is.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use threepid_record::model::{
    Entry, Event, Exchange, Finding, FindingKind, Level, Outcome, Report, TrialRecord, Trouble,
};

use super::phrases::{is_note, needs_attention};

/// How much of a value tells one cause from another.
const MOST_CHARS: usize = 160;
/// What is between the trial's words and the exchange in the steps of a rule over all exchanges.
const RULE_STEP: &str = ": ";

/// Trials that need attention for the same reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause<'r> {
    /// The trial that shows it best, then the others that failed or ended in the same way.
    pub trials: Vec<&'r TrialRecord>,
    /// Trials that could not be told because they build on what failed here.
    pub built_on: Vec<&'r TrialRecord>,
    /// What was asked where it failed: `POST /account/3pid/add`.
    pub at: Option<String>,
}

impl<'r> Cause<'r> {
    /// The trial that shows it best.
    pub fn shown(&self) -> Option<&'r TrialRecord> {
        self.trials.first().or(self.built_on.first()).copied()
    }

    /// All but the one that is shown: those that ended alike, and those that build on it.
    pub fn others(&self) -> (&[&'r TrialRecord], &[&'r TrialRecord]) {
        match self.trials.split_first() {
            Some((_, rest)) => (rest, &self.built_on),
            None => (&[], self.built_on.get(1..).unwrap_or_default()),
        }
    }

    /// How many trials it cost.
    pub fn cost(&self) -> usize {
        self.trials.len() + self.built_on.len()
    }

    /// What decides which comes first: what the server did wrong before what could not be told, by the level, then by what
    /// it cost.
    fn rank(&self) -> (u8, u8, Reverse<usize>) {
        let kind = |trial: &&TrialRecord| match trial.outcome {
            Outcome::Fail if !trial.is_drift_alone() => (0, trial.level.gravity()),
            Outcome::Error => (1, 0),
            Outcome::Fail => (2, 0),
            _ => (3, 0),
        };
        let (kind, gravity) = self.trials.iter().chain(&self.built_on).map(kind).min().unwrap_or((4, 0));
        (kind, gravity, Reverse(self.cost()))
    }
}

/// The causes of all that needs attention, the gravest first.
pub fn causes(report: &Report) -> Vec<Cause<'_>> {
    let (built, own): (Vec<&TrialRecord>, Vec<&TrialRecord>) =
        report.trials.iter().filter(|trial| needs_attention(trial)).partition(|trial| trial.is_not_reached());
    let mut causes: Vec<(Key, Cause<'_>)> = grouped(own.into_iter().map(|trial| (key(trial), trial)))
        .into_iter()
        .map(|(key, mut trials)| {
            // The graver one is the one to tell, and an exchange in a trial rather than in a rule over all of them.
            trials.sort_by_key(|trial| (trial.level.gravity(), trial.rule.is_some()));
            let at = match &key {
                Key::Seen(_) => trials.first().and_then(|shown| required(shown).next().map(|first| at(shown, first))),
                _ => None,
            };
            (key, Cause { trials, built_on: Vec::new(), at })
        })
        .collect();
    for (sign, built_on) in grouped(built.into_iter().map(|trial| (first_precondition(trial), trial))) {
        let of_it = |key: &Key| matches!(key, Key::Seen(signs) if signs.iter().any(|one| Some(one.thing()) == sign));
        let graver = causes.iter_mut().filter(|(key, _)| of_it(key)).min_by_key(|(_, cause)| cause.rank());
        match graver {
            Some((_, cause)) => cause.built_on.extend(built_on),
            None => causes.push((
                Key::Other(String::new()),
                Cause { trials: Vec::new(), built_on, at: sign.map(|sign| sign.at) },
            )),
        }
    }
    let mut causes: Vec<Cause<'_>> = causes.into_iter().map(|(_, cause)| cause).collect();
    causes.sort_by_key(Cause::rank);
    causes
}

/// Items by their keys, in the order in which those first occur.
fn grouped<K: Ord + Clone, T>(items: impl Iterator<Item = (K, T)>) -> Vec<(K, Vec<T>)> {
    let mut groups: Vec<(K, Vec<T>)> = Vec::new();
    let mut at: BTreeMap<K, usize> = BTreeMap::new();
    for (key, item) in items {
        let index = *at.entry(key.clone()).or_insert(groups.len());
        match groups.get_mut(index) {
            Some((_, members)) => members.push(item),
            None => groups.push((key, vec![item])),
        }
    }
    groups
}

/// What makes two trials need attention for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// No connection to the target could be made.
    Gone,
    /// The target limits how often it is asked.
    Limited,
    /// What was seen and is not as required.
    Seen(Vec<Sign>),
    /// Why it ended.
    Other(String),
}

/// One thing that is not as required.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Sign {
    thing: Thing,
    /// Whether something may be so depends on what was asked; whether an answer lacks a member does not.
    requirement: Option<String>,
}

/// Where something is otherwise than expected, and what is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Thing {
    at: String,
    subject: String,
    actual: String,
}

impl Sign {
    fn of(trial: &TrialRecord, finding: &Finding) -> Sign {
        let status = finding.subject == "status";
        let mut actual = told(&finding.actual);
        if status && actual.starts_with('5') {
            // A server that fails says so in many words.
            actual.truncate(actual.find(' ').unwrap_or(actual.len()));
        }
        let accepted = status && !actual.starts_with(['4', '5']);
        let depends = accepted || finding.subject.starts_with("body") && is_too_much(finding);
        Sign {
            thing: Thing { at: at(trial, finding), subject: told(&finding.subject), actual },
            requirement: depends.then(|| finding.requirement.clone()),
        }
    }

    fn thing(&self) -> Thing {
        self.thing.clone()
    }
}

/// Whether a finding is about something that is there and should not be: an address on an account, a member that tells
/// too much. Two holes may look alike, and each has a harm of its own. What is empty or lacks something is no hole.
fn is_too_much(finding: &Finding) -> bool {
    let unwanted = || matches!(&*finding.expected, "nothing" | "[]") || finding.expected.contains("anything but ");
    match &*finding.actual {
        "nothing" | "[]" | "{}" => false,
        _ if finding.level == Level::Security => true,
        actual => actual.starts_with(['[', '{']) && unwanted(),
    }
}

fn key(trial: &TrialRecord) -> Key {
    match trial.transcript.trouble().filter(|_| trial.outcome == Outcome::Error) {
        Some(Trouble::Gone) => return Key::Gone,
        Some(Trouble::Limited) => return Key::Limited,
        None => {}
    }
    let mut signs: Vec<Sign> = required(trial).map(|finding| Sign::of(trial, finding)).collect();
    signs.sort();
    signs.dedup();
    match trial.outcome {
        Outcome::Fail if !signs.is_empty() && !trial.is_drift_alone() => Key::Seen(signs),
        // Each is another thing to remove from the list, or to look at.
        Outcome::Xpass => Key::Other(trial.name()),
        outcome => Key::Other(format!("{outcome:?} {}", told(&trial.reason.words))),
    }
}

/// What was required in a trial and is otherwise, in the order of its steps.
fn required(trial: &TrialRecord) -> impl Iterator<Item = &Finding> {
    let counts = |finding: &&Finding| finding.kind == FindingKind::Requirement && !is_note(trial, finding);
    trial.findings.iter().filter(counts)
}

/// What a trial builds on that failed first: what follows it may only be its consequence.
fn first_precondition(trial: &TrialRecord) -> Option<Thing> {
    let of = |finding: &&Finding| finding.kind == FindingKind::Precondition;
    let first = trial.findings.iter().filter(of).min_by_key(|finding| finding.step_index)?;
    Some(Sign::of(trial, first).thing)
}

/// Where a finding is: the operation that was asked, a mail, a link.
fn at(trial: &TrialRecord, finding: &Finding) -> String {
    if trial.rule.is_some() {
        let exchange = finding.step.rsplit_once(RULE_STEP).map_or(&*finding.step, |(_, exchange)| exchange);
        return exchange.rsplit_once(' ').map_or(exchange, |(asked, _)| asked).to_owned();
    }
    let of_step = |entry: &&Entry| entry.step.is_some() && entry.step == finding.step_index;
    trial.transcript.entries.iter().filter(of_step).find_map(|entry| place(&entry.event)).unwrap_or_else(|| {
        match finding.step.split_once(' ') {
            Some(("click", _)) => LINK.to_owned(),
            Some(("mail", _)) => MAIL.to_owned(),
            _ => told(&finding.step),
        }
    })
}

const LINK: &str = "the link";
const MAIL: &str = "the mail";

fn place(event: &Event) -> Option<String> {
    match event {
        Event::Exchange(exchange) => Some(asked(exchange)),
        Event::Visit(_) => Some(LINK.to_owned()),
        Event::Delivery(_) => Some(MAIL.to_owned()),
        _ => None,
    }
}

/// The method and the path, without the version and what is peculiar to one account.
fn asked(exchange: &Exchange) -> String {
    let url = exchange.request.url.split(['?', '#']).next().unwrap_or_default();
    let behind = url.split_once("://").map_or(url, |(_, behind)| behind);
    let path = behind.find('/').map_or("", |at| &behind[at..]);
    let without = ["/_matrix/client/v3", "/_matrix/client/r0"].iter().find_map(|prefix| path.strip_prefix(prefix));
    let path = without.unwrap_or(path);
    let parts = path.split('/').map(|part| if part.contains(['@', '%', ':']) { "…" } else { part });
    format!("{} {}", exchange.request.method, parts.collect::<Vec<_>>().join("/"))
}

/// The beginning of a text, without what is another in each trial: what stands for a secret, and long words with digits.
/// A body without spaces is no single word: its members' names tell one answer from another.
fn told(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let between = |c: char| c.is_whitespace() || "{}[],\"".contains(c);
    let own = |word: &str| word.len() >= 12 && word.contains(|c: char| c.is_ascii_digit());
    let mut output = String::new();
    for piece in line.split_inclusive(between) {
        let word = piece.strip_suffix(between).unwrap_or(piece);
        output.push_str(if own(word) { "…" } else { word });
        output.push_str(&piece[word.len()..]);
    }
    output.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MOST_CHARS).collect()
}

#[cfg(test)]
mod tests;
