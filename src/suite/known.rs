//! The known deviations of a profile, as the judge applies them.

use std::time::SystemTime;

use crate::target::Profile;
use threepid_engine::judge::{Deviation, Deviations, Unmatched};
use threepid_engine::scenario::Suite;

/// The profile's known deviations, as of today. With a suite, each must be about something in it.
///
/// # Errors
///
/// [`Unmatched`] for the first entry that names no scenario or case of `suite`.
pub fn known_deviations(profile: &Profile, suite: Option<&Suite>) -> Result<Deviations, Unmatched> {
    let list: Vec<Deviation> = profile
        .deviations
        .iter()
        .map(|entry| Deviation {
            scenario: entry.scenario.clone(),
            case: entry.case.clone(),
            variant: entry.variant.clone(),
            level: entry.level,
            reason: entry.reason.clone(),
            link: Some(entry.link.clone()).filter(|link| !link.is_empty()),
            until: entry.until.clone(),
        })
        .collect();
    let deviations = Deviations::new(list, today());
    if let Some(suite) = suite {
        deviations.all_known(|id, case| {
            let rule = case.is_none() && suite.contract.rule(id).is_some();
            rule || suite.scenario(id).is_some_and(|scenario| {
                case.is_none_or(|case| scenario.cases.iter().any(|row| row.name.as_deref() == Some(case)))
            })
        })?;
    }
    Ok(deviations)
}

/// The date in UTC, `2026-11-23`.
fn today() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string().chars().take(10).collect()
}
