//! The record of a run: what `report.json` holds.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Ability, Choice, Finding, Level, Reason, ReasonKind, RuleCounts, SpecRef, Transcript};

/// The record of one run. Every report is a view of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "The record of a threepid run, layout 1", extend("$id" = Report::LAYOUT)))]
pub struct Report {
    /// The version of this layout: 1.
    #[cfg_attr(feature = "schema", schemars(extend("const" = Report::SCHEMA)))]
    pub schema: u32,
    /// The version of the program.
    pub threepid: String,
    /// A hash of all scenarios that were at hand.
    pub suite: String,
    /// The seed of all generated values.
    pub seed: u64,
    /// When the run began, RFC 3339, UTC.
    pub started: String,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
    /// Whether the run was interrupted before its end.
    #[serde(default)]
    pub interrupted: bool,
    /// Why the run ended before all was tested, if a server did not start or could not be tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Which slices of a run these are, if it was run in slices; in a whole that was put together, those that it has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<Slice>,
    /// How answers were held against snapshots (`check`, `pending`, `accept`), if they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshots: Option<String>,
    /// The browser that opened pages that plain HTTP could not tell about, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// The arguments of `threepid run` that say what was tested and how, without secrets: with the name of a trial they
    /// repeat it. Older records have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repeat: Vec<String>,
    /// The target.
    pub target: TargetInfo,
    /// The trials, in the order of the plan.
    pub trials: Vec<TrialRecord>,
    /// How many trials had each outcome.
    pub counts: Counts,
}

impl Report {
    /// The value of `schema` that this program writes and reads.
    pub const SCHEMA: u32 = 1;

    /// The name of the JSON Schema of that layout.
    pub const LAYOUT: &str = "https://github.com/threepid/threepid/blob/main/docs/report.schema.json";

    /// The JSON Schema of what this program writes. Later ones of the same layout may add members, and take none away.
    #[cfg(feature = "schema")]
    pub fn json_schema() -> serde_json::Value {
        schemars::generate::SchemaSettings::draft2020_12()
            .for_serialize()
            .into_generator()
            .into_root_schema_for::<Report>()
            .to_value()
    }

    /// Whether all trials have the same prefix of the API. Then it is the target's only one, or the only one that was
    /// asked for, and does not tell one behaviour from another.
    pub fn asked_under_one_prefix(&self) -> bool {
        self.trials.windows(2).all(|two| two[0].api == two[1].api)
    }

    /// Whether no trial but rules over all exchanges was more than skipped: then nothing is known of the target.
    pub fn asked_nothing(&self) -> bool {
        let mut own = self.trials.iter().filter(|trial| trial.rule.is_none()).peekable();
        own.peek().is_some() && own.all(|trial| trial.outcome == Outcome::Skip)
    }

    /// Why the target sends no mail, if that is so and nobody declared it: then most of what people want to know was not
    /// asked.
    pub fn without_mail(&self) -> Option<&str> {
        let ability = |name: &str| self.target.abilities.iter().find(|ability| ability.name == name);
        let declared =
            ["no-mail", "changes-disabled"].iter().any(|name| ability(name).is_some_and(|known| known.offered));
        ability("email").filter(|email| !email.offered && !declared).map(|email| email.reason.as_str())
    }

    /// Which slices are missing, if it was run in slices, in words: `slice 3 of 3 is missing`.
    pub fn missing(&self) -> Option<String> {
        /// The numbers come from a file, and may be anything.
        const MOST_NAMED: usize = 10;
        let of = self.slices.first()?.of;
        let there: BTreeSet<usize> = self.slices.iter().map(|one| one.slice).filter(|n| (1..=of).contains(n)).collect();
        let named: Vec<String> =
            (1..=of).filter(|n| !there.contains(n)).take(MOST_NAMED).map(|n| n.to_string()).collect();
        let more = of - there.len() - named.len();
        match &named[..] {
            [] => None,
            [one] => Some(format!("slice {one} of {of} is missing")),
            many if more > 0 => Some(format!("slices {} and {more} more of {of} are missing", many.join(", "))),
            [first @ .., last] => Some(format!("slices {} and {last} of {of} are missing", first.join(", "))),
        }
    }
}

/// One slice of a run, and what the whole was selected by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Slice {
    /// Which one, from 1.
    pub slice: usize,
    /// Of how many.
    pub of: usize,
    /// The seed of its values.
    pub seed: u64,
    /// What was selected, if not all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<String>,
    /// The one variant that was asked for, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// The target as the preflight found it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TargetInfo {
    /// The profile's name, or `homeserver` where only a URL was given.
    pub name: String,
    /// Where it was reached.
    pub url: String,
    /// The origin that its links carry.
    pub public_url: String,
    /// What `/versions` lists.
    pub versions: Vec<String>,
    /// What the server calls itself (`Server` header), if it says.
    pub server: Option<String>,
    /// What it offers, as probed.
    pub abilities: Vec<Ability>,
    /// The defects that the reference homeserver was told to have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub defects: Vec<String>,
    /// The shapes that it was told to have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shapes: Vec<String>,
}

impl TargetInfo {
    /// The name with what the target was told to do otherwise: `reference with accepts-any-password`.
    pub fn title(&self) -> String {
        const MOST_NAMED: usize = 3;
        let told: Vec<&str> = self.defects.iter().chain(&self.shapes).map(String::as_str).collect();
        match told.len() {
            0 => self.name.clone(),
            n if n <= MOST_NAMED => format!("{} with {}", self.name, told.join(", ")),
            n => format!("{} with {} and {} more", self.name, told[..MOST_NAMED].join(", "), n - MOST_NAMED),
        }
    }
}

/// One trial: a scenario, a row of its cases, an API version, a variant of the target.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TrialRecord {
    /// The scenario's id: `add-email/wrong-password`.
    pub id: String,
    /// The name of the row, if the scenario has cases.
    pub case: Option<String>,
    /// The variant of the target: `plain`.
    pub variant: String,
    /// `v3` or `r0`.
    pub api: String,
    /// Which repetition, counted from 1.
    #[serde(default = "one")]
    pub repetition: u32,
    /// The scenario's title.
    pub title: String,
    /// The rows of the catalogue it covers.
    #[serde(default)]
    pub covers: Vec<String>,
    /// Where its requirement comes from.
    pub spec: Option<SpecRef>,
    /// The verdict.
    pub outcome: Outcome,
    /// The gravest level that failed, or else the strongest that was asked for.
    pub level: Level,
    /// How many expectations of each level were judged: what one step requires at one level is one. Of a trial that was
    /// skipped or could not be told, those that it has. Older records do not say.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub asked: BTreeMap<Level, usize>,
    /// Why. Written as `reason`, `reason_kind` and `reason_link`.
    #[serde(flatten)]
    pub reason: Reason,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
    /// What is not as required.
    pub findings: Vec<Finding>,
    /// Which of several lawful answers were given.
    #[serde(default)]
    pub choices: Vec<Choice>,
    /// How often it held, if it is a rule over all exchanges of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleCounts>,
    /// What happened. Written as `started_ms`, `origins`, `values` and `transcript`: programs rely on that being a list.
    #[serde(flatten)]
    pub transcript: Transcript,
}

/// The repetition of a trial that says none.
pub(super) fn one() -> u32 {
    1
}

impl TrialRecord {
    /// Whether its own behaviour could not be seen because something that had to be true before is not. That is no
    /// failure of the harness: the scenario about that other thing says what is wrong.
    pub fn is_not_reached(&self) -> bool {
        self.outcome == Outcome::Error && self.reason.kind == Some(ReasonKind::NotReached)
    }

    /// Whether it was not run because the run ended before, whatever the target offers.
    pub fn is_not_run(&self) -> bool {
        self.outcome == Outcome::Skip && self.reason.kind == Some(ReasonKind::NotRun)
    }

    /// Whether it fails for an answer that differs from its snapshot alone: something changed, and no requirement that
    /// counts is broken.
    pub fn is_drift_alone(&self) -> bool {
        self.outcome == Outcome::Fail && self.reason.kind == Some(ReasonKind::Drift)
    }

    /// What tells this trial from all others of the run, for people:
    /// `add-email/auth-forms[user-only] (r0, no-mail) #2`, with only the parts that are not the usual ones.
    pub fn name(&self) -> String {
        let mut name = self.id.clone();
        if let Some(case) = &self.case {
            name.push_str(&format!("[{case}]"));
        }
        let mut notes = Vec::new();
        if self.api != "v3" {
            notes.push(self.api.as_str());
        }
        if self.variant != "plain" {
            notes.push(self.variant.as_str());
        }
        if !notes.is_empty() {
            name.push_str(&format!(" ({})", notes.join(", ")));
        }
        if self.repetition > 1 {
            name.push_str(&format!(" #{}", self.repetition));
        }
        name
    }
}

/// A trial's verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// All that was required was there.
    Pass,
    /// The server is wrong.
    Fail,
    /// We could not tell.
    Error,
    /// The target does not offer what the scenario is about.
    Skip,
    /// The server is wrong, as its profile said it would be.
    Xfail,
    /// The profile said that the server is wrong, and it is not.
    Xpass,
}

impl Outcome {
    /// Whether a trial that ended so has to be looked at: the run is not clean.
    pub fn needs_attention(self) -> bool {
        matches!(self, Outcome::Fail | Outcome::Error | Outcome::Xpass)
    }

    /// Whether the server does what is required, whatever its profile said of it; `None` if it could not be told.
    pub fn holds(self) -> Option<bool> {
        match self {
            Outcome::Pass | Outcome::Xpass => Some(true),
            Outcome::Fail | Outcome::Xfail => Some(false),
            Outcome::Error | Outcome::Skip => None,
        }
    }

    /// Whether a known deviation decided it.
    pub fn is_of_known_deviation(self) -> bool {
        matches!(self, Outcome::Xfail | Outcome::Xpass)
    }

    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Pass => "pass",
            Outcome::Fail => "fail",
            Outcome::Error => "error",
            Outcome::Skip => "skip",
            Outcome::Xfail => "xfail",
            Outcome::Xpass => "xpass",
        }
    }
}

/// How many trials had each outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Counts {
    /// All as required.
    pub pass: usize,
    /// The server is wrong.
    pub fail: usize,
    /// We could not tell.
    pub error: usize,
    /// Not offered.
    pub skip: usize,
    /// A known deviation.
    pub xfail: usize,
    /// A known deviation that is none any more.
    pub xpass: usize,
}

impl Counts {
    /// Counts the trials' outcomes.
    pub fn of(outcomes: impl IntoIterator<Item = Outcome>) -> Counts {
        let mut counts = Counts::default();
        for outcome in outcomes {
            counts.add(outcome);
        }
        counts
    }

    /// Counts one more.
    pub fn add(&mut self, outcome: Outcome) {
        *self.place(outcome) += 1;
    }

    fn place(&mut self, outcome: Outcome) -> &mut usize {
        match outcome {
            Outcome::Pass => &mut self.pass,
            Outcome::Fail => &mut self.fail,
            Outcome::Error => &mut self.error,
            Outcome::Skip => &mut self.skip,
            Outcome::Xfail => &mut self.xfail,
            Outcome::Xpass => &mut self.xpass,
        }
    }

    /// How many had this outcome.
    pub fn having(mut self, outcome: Outcome) -> usize {
        *self.place(outcome)
    }

    /// All trials.
    pub fn total(&self) -> usize {
        // A record that somebody made by hand may say anything.
        [self.fail, self.error, self.skip, self.xfail, self.xpass].into_iter().fold(self.pass, usize::saturating_add)
    }
}
