//! The known deviations of a profile, as the judge applies them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

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

/// The end of the year 9999, in seconds since 1970: no later time can be written.
const LAST_SECONDS: u64 = 253_402_300_799;

/// The date in UTC, `2026-11-23`.
fn today() -> String {
    // A clock that is wrong by centuries must not end a run.
    let last = Duration::from_secs(LAST_SECONDS);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().min(last);
    humantime::format_rfc3339_seconds(UNIX_EPOCH + since).to_string().chars().take(10).collect()
}
