//! The releases of one target, in order: what each does, and what changed in which.
//!
//! Takes the records of several releases and what is known of their changes; gives Markdown. It judges nothing again: it
//! holds outcomes and lawful choices of one release against those of the next.

mod notes;

pub use notes::{Effect, KnownChange, Notes, Unseen};

use ring::digest::{Context, SHA256};

use super::{markdown, phrases};
use threepid_record::model::{FindingKind, Outcome, Report, TrialRecord};

/// One release: its name and its record.
#[derive(Debug, Clone, Copy)]
pub struct Release<'r> {
    /// `1.71.0`.
    pub version: &'r str,
    /// The day it came out, if known.
    pub day: Option<&'r str>,
    /// What was seen.
    pub record: &'r Report,
}

/// One change of a behaviour between two neighbouring releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// `add-email/wrong-types[attempt-as-text]`.
    pub behaviour: String,
    /// The release before.
    pub older: String,
    /// The release that does it otherwise.
    pub newer: String,
    /// What the older did, in a few words.
    pub before: String,
    /// What the newer does.
    pub after: String,
}

/// A behaviour in each release.
struct Row<'r> {
    name: String,
    trials: Vec<Option<&'r TrialRecord>>,
}

/// A behaviour's name. The prefix and the variant are those that the release has.
fn name(trial: &TrialRecord) -> String {
    match &trial.case {
        Some(case) => format!("{}[{case}]", trial.id),
        None => trial.id.clone(),
    }
}

fn rows<'r>(releases: &[Release<'r>]) -> Vec<Row<'r>> {
    let all = releases.iter().enumerate().flat_map(|(at, release)| {
        release.record.trials.iter().filter(|trial| trial.repetition == 1).map(move |trial| (name(trial), (at, trial)))
    });
    let row = |(name, members): (String, Vec<(usize, &'r TrialRecord)>)| {
        let mut trials = vec![None; releases.len()];
        for (at, trial) in members {
            trials[at].get_or_insert(trial);
        }
        Row { name, trials }
    };
    phrases::tally(all).into_iter().map(row).collect()
}

/// What a release does, as far as it tells releases apart. What a profile excuses is wrong all the same, and what is
/// only noted shows.
fn mark(trial: Option<&TrialRecord>) -> &'static str {
    let Some(trial) = trial else { return "?" };
    match trial.outcome.holds() {
        Some(true) if !notes_of(trial).is_empty() => "○",
        Some(true) => "✓",
        Some(false) => "✗",
        None if trial.outcome == Outcome::Skip && !trial.is_not_run() => "–",
        None => "?",
    }
}

/// What is noted of a trial: which requirements it does not meet.
fn notes_of(trial: &TrialRecord) -> Vec<(&str, &str, &str)> {
    let notes = trial.findings.iter().filter(|finding| finding.kind == FindingKind::Requirement);
    notes.map(|note| (note.step.as_str(), note.subject.as_str(), note.requirement.as_str())).collect()
}

/// What a release does in a few words, with its lawful choices.
fn does(trial: &TrialRecord) -> String {
    let word = match mark(Some(trial)) {
        "✓" => "as required".to_owned(),
        "○" => format!("as required, with {}", phrases::count(notes_of(trial).len(), "note")),
        "✗" => "not as required".to_owned(),
        "–" => "not asked".to_owned(),
        _ => "not reached".to_owned(),
    };
    let choices: Vec<String> =
        trial.choices.iter().map(|choice| format!("{}: {}", choice.step, choice.chosen)).collect();
    if choices.is_empty() { word } else { format!("{word} ({})", choices.join(", ")) }
}

/// Whether two neighbouring releases differ in something that both were seen to do.
fn differ(older: &TrialRecord, newer: &TrialRecord) -> bool {
    let (before, after) = (mark(Some(older)), mark(Some(newer)));
    let both_reached = "✓○".contains(before);
    before != after || (both_reached && (older.choices != newer.choices || notes_of(older) != notes_of(newer)))
}

/// All changes, in the order of the releases.
pub fn turns(releases: &[Release<'_>]) -> Vec<Turn> {
    let rows = rows(releases);
    let mut turns = Vec::new();
    for (at, two) in releases.windows(2).enumerate() {
        for row in &rows {
            let (Some(older), Some(newer)) = (row.trials[at], row.trials[at + 1]) else { continue };
            if differ(older, newer) {
                turns.push(Turn {
                    behaviour: row.name.clone(),
                    older: two[0].version.to_owned(),
                    newer: two[1].version.to_owned(),
                    before: does(older),
                    after: does(newer),
                });
            }
        }
    }
    turns
}

/// A digest of what was seen: outcomes and choices, without anything that a run chose or measured. Whoever runs the same
/// scenarios on the same releases gets the same.
pub fn digest(record: &Report) -> String {
    let mut lines: Vec<String> =
        record.trials.iter().map(|trial| format!("{} {} {}\n", name(trial), mark(Some(trial)), does(trial))).collect();
    lines.sort();
    let mut hash = Context::new(&SHA256);
    lines.iter().for_each(|line| hash.update(line.as_bytes()));
    hash.finish().as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The document.
pub fn markdown(title: &str, command: &str, releases: &[Release<'_>], notes: &Notes) -> String {
    let rows = rows(releases);
    let turns = turns(releases);
    let title = phrases::capital(&markdown::escape(title));
    let mut output = format!(
        "# {title}: e-mail verification, release by release\n\nMade by `{}`; nothing in it was written by hand.\n\n",
        code(command)
    );
    output.push_str(&table_of_releases(releases));
    output.push_str(&changes(releases, &turns, notes));
    output.push_str(&behaviours(releases, &rows));
    output.push_str(&everywhere(&rows));
    output.push_str(&unseen(notes));
    output
}

/// A text within backticks.
fn code(text: &str) -> String {
    super::visible(text).replace('`', "'")
}

fn table_of_releases(releases: &[Release<'_>]) -> String {
    let mut output = String::from(
        "| release | of | says it is | as required | with a note | not as required | not reached | not asked | digest |\n\
         |---|---|---|--:|--:|--:|--:|--:|---|\n",
    );
    for release in releases {
        let count = |word: &str| release.record.trials.iter().filter(|trial| mark(Some(trial)) == word).count();
        output.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | `{}` |\n",
            markdown::escape(release.version),
            release.day.unwrap_or("–"),
            markdown::escape(release.record.target.server.as_deref().unwrap_or("–")),
            count("✓"),
            count("○"),
            count("✗"),
            count("?"),
            count("–"),
            digest(release.record)
        ));
    }
    let suites: Vec<&str> = releases.iter().map(|release| release.record.suite.as_str()).collect();
    match suites.first() {
        Some(first) if suites.iter().all(|suite| suite == first) => {
            output.push_str(&format!("\nScenarios: `{}`. ", code(first)));
        }
        _ => output.push_str("\nThe records come from different scenarios, so a change may be theirs. "),
    }
    output.push_str(
        "The digest is that of the outcomes and lawful choices; with the same scenarios it comes out the same. \
         \"Not asked\": the release does not offer it, or could not know it yet.\n\n",
    );
    output
}

/// What changed, from release to release.
fn changes(releases: &[Release<'_>], turns: &[Turn], notes: &Notes) -> String {
    let mut output = String::from("## What changed\n\n");
    for two in releases.windows(2) {
        let [older, newer] = [two[0].version, two[1].version];
        let here: Vec<&Turn> = turns.iter().filter(|turn| turn.older == older && turn.newer == newer).collect();
        output.push_str(&format!("### {} → {}\n\n", markdown::escape(older), markdown::escape(newer)));
        if here.is_empty() {
            output.push_str("Nothing.\n\n");
        }
        // Each entry once, with all that shows it; what no entry explains comes last.
        let explained = |turn: &&Turn| notes.of(&turn.behaviour, older, newer);
        for entry in &notes.change {
            let own: Vec<&Turn> = here
                .iter()
                .copied()
                .filter(|turn| explained(turn).is_some_and(|one| std::ptr::eq(one, entry)))
                .collect();
            if !own.is_empty() {
                output.push_str(&format!("{}\n\n{}\n", told(entry, notes), list(&own)));
            }
        }
        let rest: Vec<&Turn> = here.iter().copied().filter(|turn| explained(turn).is_none()).collect();
        if !rest.is_empty() {
            output.push_str(&format!("Not explained:\n\n{}\n", list(&rest)));
        }
    }
    output
}

fn told(entry: &KnownChange, notes: &Notes) -> String {
    let effect = match entry.effect {
        Effect::Mended => "Mended",
        Effect::Broken => "Broken",
        Effect::Other => "Changed",
    };
    let source = match entry.number {
        Some(number) => format!("[{number}]({})", notes.link_to(number)),
        None => "no release note".to_owned(),
    };
    format!("**{effect} in {}** ({source}): {}", markdown::escape(&entry.release), entry.what)
}

fn list(turns: &[&Turn]) -> String {
    let line = |turn: &&Turn| {
        format!(
            "- `{}`: {} → {}\n",
            code(&turn.behaviour),
            markdown::escape(&turn.before),
            markdown::escape(&turn.after)
        )
    };
    turns.iter().map(line).collect()
}

/// The behaviours that are not the same in all releases.
fn behaviours(releases: &[Release<'_>], rows: &[Row<'_>]) -> String {
    let mut output = String::from(
        "## Behaviours and releases\n\nOnly those that are not the same in all. ✓ as required, ○ as required, with a note on what is recommended or what clients rely on, ✗ not as required, ? not reached, – not asked.\n\n| behaviour |",
    );
    releases.iter().for_each(|release| output.push_str(&format!(" {} |", markdown::escape(release.version))));
    output.push_str("\n|---|");
    output.push_str(&"---|".repeat(releases.len()));
    output.push('\n');
    for row in rows.iter().filter(|row| !same(row)) {
        output.push_str(&format!("| `{}` |", code(&row.name)));
        row.trials.iter().for_each(|trial| output.push_str(&format!(" {} |", mark(*trial))));
        output.push('\n');
    }
    output.push('\n');
    output
}

fn same(row: &Row<'_>) -> bool {
    row.trials.windows(2).all(|two| mark(two[0]) == mark(two[1]))
}

/// What is the same in all releases.
fn everywhere(rows: &[Row<'_>]) -> String {
    let of = |word: &str| -> Vec<&Row<'_>> {
        rows.iter().filter(|row| same(row) && row.trials.first().is_some_and(|trial| mark(*trial) == word)).collect()
    };
    let mut output = format!(
        "## The same in all\n\nAs required: {}; with a note: {}. Not as required in any:\n\n",
        of("✓").len(),
        of("○").len()
    );
    for row in of("✗") {
        let title = row.trials.iter().flatten().next().map(|trial| trial.title.as_str()).unwrap_or_default();
        output.push_str(&format!("- `{}`: {}\n", code(&row.name), markdown::escape(title)));
    }
    output.push('\n');
    output
}

/// Release notes that no trial shows.
fn unseen(notes: &Notes) -> String {
    if notes.unseen.is_empty() && notes.change.is_empty() {
        return String::new();
    }
    let seen = notes.change.iter().filter(|change| change.number.is_some()).count();
    let could = seen + notes.unseen.iter().filter(|one| one.visible).count();
    let mut output = format!(
        "## Release notes\n\nOf the entries that concern these flows, {could} can be seen from outside, and {seen} are seen. \
         The others:\n\n| release | entry | what it says | can be seen | why it is not |\n|---|---|---|---|---|\n"
    );
    for one in &notes.unseen {
        let link = notes.link_to(one.number);
        let visible = if one.visible { "yes" } else { "no" };
        output.push_str(&format!(
            "| {} | [{}]({link}) | {} | {visible} | {} |\n",
            markdown::escape(&one.release),
            one.number,
            one.what,
            one.because
        ));
    }
    output
}

#[cfg(test)]
mod tests;
