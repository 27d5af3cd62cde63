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
        let Fields {
            id,
            case,
            variant,
            api,
            repetition,
            title,
            covers,
            spec,
            outcome,
            level,
            asked,
            reason: words,
            reason_kind: kind,
            reason_link: tracked_at,
            duration_ms,
            findings,
            choices,
            rule,
            started_ms,
            origins,
            values,
            transcript: entries,
        } = Fields::deserialize(deserializer)?;
        let transcript = Transcript { started_ms, origins, values, entries };
        Ok(TrialRecord {
            id,
            case,
            variant,
            api,
            repetition,
            title,
            covers,
            spec,
            outcome,
            level,
            asked,
            reason: Reason { words, kind, tracked_at },
            duration_ms,
            findings,
            choices,
            rule,
            transcript,
        })
    }
}
