//! Reads the record of a trial.
//!
//! Takes what [`TrialRecord`] is written as, in which the fields of what happened stand beside those of the trial. A derived
//! reader would keep all of that as values before it made it into what it is, which takes twice as long.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Choice, Entry, Finding, Level, Outcome, Reason, ReasonKind, RuleCounts, SpecRef, Transcript, TrialRecord};

/// The fields as they stand.
#[derive(Deserialize)]
struct Fields {
    id: String,
    case: Option<String>,
    variant: String,
    api: String,
    #[serde(default = "super::record::one")]
    repetition: u32,
    title: String,
    #[serde(default)]
    covers: Vec<String>,
    spec: Option<SpecRef>,
    outcome: Outcome,
    level: Level,
    #[serde(default)]
    asked: BTreeMap<Level, usize>,
    reason: String,
    #[serde(default)]
    reason_kind: Option<ReasonKind>,
    #[serde(default)]
    reason_link: Option<String>,
    duration_ms: f64,
    findings: Vec<Finding>,
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    rule: Option<RuleCounts>,
    #[serde(default)]
    started_ms: u64,
    #[serde(default)]
    origins: Vec<String>,
    #[serde(default)]
    values: Vec<(String, Value)>,
    transcript: Vec<Entry>,
}

impl<'de> Deserialize<'de> for TrialRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TrialRecord, D::Error> {
        let read = Fields::deserialize(deserializer)?;
        Ok(TrialRecord {
            id: read.id,
            case: read.case,
            variant: read.variant,
            api: read.api,
            repetition: read.repetition,
            title: read.title,
            covers: read.covers,
            spec: read.spec,
            outcome: read.outcome,
            level: read.level,
            asked: read.asked,
            reason: Reason { words: read.reason, kind: read.reason_kind, tracked_at: read.reason_link },
            duration_ms: read.duration_ms,
            findings: read.findings,
            choices: read.choices,
            rule: read.rule,
            transcript: Transcript {
                started_ms: read.started_ms,
                origins: read.origins,
                values: read.values,
                entries: read.transcript,
            },
        })
    }
}
