//! The conformance statement: requirement × level × verdict × version of the specification, to attach to a release.
//!
//! Takes the record; gives what was tested, by the section of the specification that asks for it, as JSON and as
//! Markdown. It says "not tested" where nothing was seen, and never rounds up.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use super::markdown::{self, escape, own};
use super::{WriteError, phrases, write_file};
use threepid_record::model::{Basis, Finding, FindingKind, Level, Outcome, Reason, Report, SpecRef, TrialRecord};

/// The statement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Statement {
    /// The layout of this file: 1.
    pub statement: u32,
    /// The target's name.
    pub target: String,
    /// What the server calls itself.
    pub server: Option<String>,
    /// The newest version of the specification that the server says it speaks.
    pub spec_version: Option<String>,
    /// Everything that `/versions` lists.
    pub versions: Vec<String>,
    /// When it was tested.
    pub tested: String,
    /// The version of the program that tested it.
    pub threepid: String,
    /// The hash of the scenarios.
    pub suite: String,
    /// The whole in one sentence.
    pub conclusion: String,
    /// How many expectations of each level have each verdict.
    pub levels: Vec<LevelCount>,
    /// The requirements.
    pub requirements: Vec<Requirement>,
}

/// One line of the table by level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LevelCount {
    /// The level.
    pub level: Level,
    /// As required.
    pub met: usize,
    /// Not as required.
    pub not_met: usize,
    /// It could not be told.
    pub unknown: usize,
    /// The target does not offer it.
    pub not_tested: usize,
}

/// One requirement: a behaviour, or something weaker that goes with one and is not met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Requirement {
    /// The trial that shows it.
    pub trial: String,
    /// In words.
    pub requirement: String,
    /// How strong it is.
    pub level: Level,
    /// What was seen.
    pub verdict: Verdict,
    /// Why, where it is not met or not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The reason again, with the address of a known deviation apart. Not in the JSON, where the reason has both.
    #[serde(skip)]
    tracked: Option<Reason>,
    /// The operation or rule of the specification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The address of the section.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The rows of the catalogue it covers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<String>,
    /// What it rests on, where it is not met and the scenario says.
    #[serde(flatten)]
    pub basis: Basis,
}

/// What was seen of a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is met.
    Met,
    /// It is not met.
    NotMet,
    /// It could not be told.
    Unknown,
    /// The target does not offer what it is about.
    NotTested,
}

impl Verdict {
    fn of(outcome: Outcome) -> Verdict {
        match outcome.holds() {
            Some(true) => Verdict::Met,
            Some(false) => Verdict::NotMet,
            None if outcome == Outcome::Skip => Verdict::NotTested,
            None => Verdict::Unknown,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Verdict::Met => "met",
            Verdict::NotMet => "**not met**",
            Verdict::Unknown => "unknown",
            Verdict::NotTested => "not tested",
        }
    }
}

/// How many expectations of each level have each verdict: what one step of a trial requires at one level is one.
pub fn levels(report: &Report) -> Vec<LevelCount> {
    let lines = Level::ALL.into_iter().map(|level| {
        let mut line = LevelCount { level, met: 0, not_met: 0, unknown: 0, not_tested: 0 };
        for trial in &report.trials {
            let not_met: BTreeSet<Option<usize>> = trial
                .findings
                .iter()
                .filter(|finding| finding.kind == FindingKind::Requirement && finding.level == level)
                .map(|finding| finding.step_index)
                .collect();
            // What fails by a deviation that is known need not say at which step.
            let fails = Verdict::of(trial.outcome) == Verdict::NotMet && !trial.is_drift_alone();
            let not_met = not_met.len().max(usize::from(fails && trial.level == level));
            // An older record says no more than at which level the trial was judged.
            let asked = match trial.asked.get(&level) {
                Some(asked) => *asked,
                None => usize::from(trial.asked.is_empty() && trial.level == level),
            };
            line.not_met += not_met;
            let rest = match Verdict::of(trial.outcome) {
                Verdict::Met | Verdict::NotMet => &mut line.met,
                Verdict::Unknown => &mut line.unknown,
                Verdict::NotTested => &mut line.not_tested,
            };
            *rest = rest.saturating_add(asked.saturating_sub(not_met));
        }
        line
    });
    lines.filter(|line| [line.met, line.not_met, line.unknown, line.not_tested].iter().any(|n| *n > 0)).collect()
}

/// Makes the statement.
pub fn statement(report: &Report) -> Statement {
    let requirements: Vec<Requirement> = report.trials.iter().flat_map(requirements).collect();
    Statement {
        statement: 1,
        target: report.target.title(),
        server: report.target.server.clone(),
        spec_version: newest(&report.target.versions),
        versions: report.target.versions.clone(),
        tested: report.started.clone(),
        threepid: report.threepid.clone(),
        suite: report.suite.clone(),
        conclusion: super::conclusion(report),
        levels: levels(report),
        requirements,
    }
}

/// The behaviour itself, then what else is not met, each at its own level.
fn requirements(trial: &TrialRecord) -> Vec<Requirement> {
    let one = |requirement: &str, level, verdict, reason: String, spec: Option<&SpecRef>| Requirement {
        trial: trial.name(),
        requirement: requirement.to_owned(),
        level,
        verdict,
        reason,
        tracked: None,
        operation: spec.map(|spec| spec.operation.clone()),
        url: spec.map(SpecRef::url),
        covers: trial.covers.clone(),
        basis: Basis::default(),
    };
    // What only differs from a snapshot breaks nothing.
    let drift = trial.is_drift_alone();
    let verdict = if drift { Verdict::Met } else { Verdict::of(trial.outcome) };
    let reason = if verdict == Verdict::Met { String::new() } else { trial.reason.to_string() };
    let mut list = vec![one(&trial.title, trial.level, verdict, reason, trial.spec.as_ref())];
    let gravest = |f: &&Finding| f.kind == FindingKind::Requirement && f.level == trial.level;
    if let Some(finding) = trial.findings.iter().find(gravest).filter(|_| verdict == Verdict::NotMet) {
        list[0].basis = finding.basis.clone();
    }
    list[0].tracked = Some(&trial.reason).filter(|reason| reason.link().is_some()).cloned();
    // Each requirement that is not met counts at its own level. The first of the trial's level is the behaviour itself.
    let stands_for_the_trial = |f: &Finding| !drift && verdict != Verdict::Met && f.level == trial.level;
    let first = trial.findings.iter().find(|f| f.kind == FindingKind::Requirement && stands_for_the_trial(f));
    let same = |f: &Finding| first.is_some_and(|first| (f.level, &f.requirement) == (first.level, &first.requirement));
    let notes = trial.findings.iter().filter(|f| f.kind == FindingKind::Requirement && !same(f));
    for ((level, requirement), members) in phrases::tally(notes.map(|f| ((f.level, f.requirement.as_str()), f))) {
        let first = members[0];
        let reason =
            format!("{}: expected {}, was {}", phrases::subject(first), brief(&first.expected), brief(&first.actual));
        let requirement = one(requirement, level, Verdict::NotMet, reason, first.spec.as_ref());
        list.push(Requirement { basis: first.basis.clone(), ..requirement });
    }
    list
}

fn brief(text: &str) -> String {
    match text.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The newest of several versions; all `r0.x` come before all `v1.x`.
fn newest(versions: &[String]) -> Option<String> {
    let key = |version: &String| -> Option<(bool, Vec<u32>)> {
        let is_v = version.starts_with('v');
        let numbers: Result<Vec<u32>, _> = version.get(1..)?.split('.').map(str::parse).collect();
        (is_v || version.starts_with('r')).then_some(())?;
        Some((is_v, numbers.ok()?))
    };
    versions.iter().filter_map(|version| Some((key(version)?, version))).max().map(|(_, version)| version.clone())
}

/// The statement as JSON.
///
/// # Errors
///
/// None that is known; a value that JSON cannot hold would be one.
pub fn json(report: &Report) -> std::io::Result<String> {
    Ok(serde_json::to_string_pretty(&statement(report))? + "\n")
}

/// Writes the statement: as JSON if the file's name ends in `.json`, else in Markdown.
///
/// # Errors
///
/// If the file cannot be written; then what stood there before still does.
pub fn write(path: &Path, report: &Report) -> Result<(), WriteError> {
    let text = if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json")) {
        json(report).map_err(WriteError::new("write", path))?
    } else {
        markdown(report)
    };
    write_file(path, text.as_bytes())
}

/// The statement in Markdown.
pub fn markdown(report: &Report) -> String {
    let Statement { target, server, spec_version, tested, threepid, suite, levels, requirements, .. } =
        statement(report);
    let conclusion = super::phrases::conclusion_with(report, escape);
    let mut output = format!(
        "# Conformance statement: e-mail verification of {}\n\n{conclusion}\n\n| | |\n|---|---|\n",
        escape(server.as_deref().unwrap_or(&target))
    );
    for (name, value) in [
        ("Server", escape(server.as_deref().unwrap_or("unknown"))),
        ("Target", escape(&target)),
        ("Newest version of the specification it speaks", escape(spec_version.as_deref().unwrap_or("unknown"))),
        ("Tested", own(&tested)),
        ("With", format!("threepid {}, suite {}", own(&threepid), own(&suite))),
    ] {
        output.push_str(&format!("| {name} | {value} |\n"));
    }
    output.push_str(
        "\n## By level, in expectations\n\n| level | met | not met | unknown | not tested |\n|---|--:|--:|--:|--:|\n",
    );
    for line in &levels {
        let LevelCount { level, met, not_met, unknown, not_tested } = line;
        output.push_str(&format!("| {level} | {met} | {not_met} | {unknown} | {not_tested} |\n"));
    }
    let groups = phrases::tally(requirements.iter().map(|r| ((r.operation.as_deref(), r.url.as_deref()), r)));
    for ((operation, url), members) in groups {
        match (operation, url) {
            (Some(operation), Some(url)) => {
                output.push_str(&format!("\n## {}\n\n<{}>\n", escape(operation), escape_url(url)));
            }
            _ => output.push_str("\n## Not in the specification\n"),
        }
        output.push_str("\n| requirement | level | verdict | shown by |\n|---|---|---|---|\n");
        for ((requirement, level), trials) in
            phrases::tally(members.iter().map(|one| ((&one.requirement, one.level), *one)))
        {
            output.push_str(&format!(
                "| {} | {level} | {} | {} |\n",
                escape(requirement),
                verdict(&trials),
                phrases::several(&trials.iter().map(|one| one.trial.as_str()).collect::<Vec<_>>(), escape)
            ));
        }
    }
    output
}

/// The verdict of a requirement that several trials are about: the worst, how many met it, and every reason once.
fn verdict(trials: &[&Requirement]) -> String {
    let of = |verdict| trials.iter().filter(|one| one.verdict == verdict).count();
    let (met, not_tested) = (of(Verdict::Met), of(Verdict::NotTested));
    let mut text = match [Verdict::NotMet, Verdict::Unknown].into_iter().find(|verdict| of(*verdict) > 0) {
        Some(worst) => worst.words(),
        None if met > 0 && not_tested > 0 => "met where tested",
        None if met > 0 => Verdict::Met.words(),
        None => Verdict::NotTested.words(),
    }
    .to_owned();
    if trials.len() > 1 && not_tested < trials.len() {
        text.push_str(&format!(" ({met} of {} trials met it)", trials.len()));
    }
    let reasons = trials.iter().filter(|one| !one.reason.is_empty()).map(|one| match &one.tracked {
        Some(reason) => markdown::reason(reason),
        None => escape(&one.reason),
    });
    let reasons: Vec<String> =
        phrases::tally(reasons.map(|reason| (reason, ()))).into_iter().map(|(one, _)| one).collect();
    if !reasons.is_empty() {
        text.push_str(&format!(": {}", reasons.join("; ")));
    }
    let bases = phrases::tally(trials.iter().filter_map(|one| Some((one.basis.line()?, ()))));
    bases.iter().for_each(|(basis, _)| text.push_str(&format!(" ({})", escape(basis))));
    text
}

/// An address between `<` and `>`: a scenario's anchor has nothing in it that could end it, unless somebody tries.
fn escape_url(url: &str) -> String {
    url.chars().filter(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | '\\')).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn the_whole_statement() {
        insta::assert_snapshot!(markdown(&fixture::report()));
        insta::assert_snapshot!("the_whole_statement_as_json", json(&fixture::report()).unwrap());
    }

    #[test]
    fn the_newest_version_is_by_number() {
        let versions = |list: &[&str]| list.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>();
        assert_eq!(newest(&versions(&["v1.9", "r0.6.1", "v1.11", "v1.2"])).as_deref(), Some("v1.11"));
        assert_eq!(newest(&versions(&["r0.5.0", "r0.6.1"])).as_deref(), Some("r0.6.1"));
        assert_eq!(newest(&versions(&["", "x", "é", "<script>"])), None);
    }

    #[test]
    fn nothing_that_was_not_seen_is_met() {
        let statement = statement(&fixture::report());
        let met = statement.requirements.iter().filter(|r| r.verdict == Verdict::Met).count();
        assert_eq!(met, fixture::report().counts.pass + fixture::report().counts.xpass);
    }

    /// Passed trials by their level against findings by theirs would be two things in one table.
    #[test]
    fn every_column_counts_expectations() {
        let mut report = fixture::report();
        let asked = [(Level::Must, 4), (Level::Security, 1), (Level::Convention, 1)];
        let trial = |outcome| {
            let mut trial = report.trials.iter().find(|trial| trial.outcome == outcome).unwrap().clone();
            trial.asked = asked.into();
            trial
        };
        let (mut passed, mut failed) = (trial(Outcome::Pass), trial(Outcome::Fail));
        let (skipped, mut error) = (trial(Outcome::Skip), trial(Outcome::Error));
        error.findings.clear();
        let finding = failed.findings[0].clone();
        passed.findings = vec![Finding { level: Level::Convention, ..finding.clone() }];
        // Two fields that one answer lacks are one expectation.
        let other = Finding { subject: "body.other".to_owned(), ..finding.clone() };
        failed.findings = vec![finding, other].into_iter().map(|f| Finding { level: Level::Must, ..f }).collect();
        report.trials = vec![passed, failed, skipped, error];
        let found: Vec<_> =
            levels(&report).iter().map(|l| (l.level, l.met, l.not_met, l.unknown, l.not_tested)).collect();
        let expected = [(Level::Must, 7, 1, 4, 4), (Level::Security, 2, 0, 1, 1), (Level::Convention, 1, 1, 1, 1)];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_hostile_server_writes_no_markup() {
        let text = markdown(&fixture::hostile());
        for bad in ["<script", "|x|", "http://evil", "`y`", "\x1b"] {
            assert!(!text.contains(bad), "{bad} in {text}");
        }
    }
}
