//! The time of day as text.
//!
//! Takes what the system's clock says; gives it in UTC (RFC 3339). A clock that is wrong by centuries gives the first or
//! the last time that can be written: it must not end a run. Never reads the clock itself.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The end of the year 9999, in seconds since 1970.
const LAST_SECONDS: u64 = 253_402_300_799;

/// `2026-11-23T12:00:00.000Z`.
pub(super) fn stamp(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default().min(Duration::from_secs(LAST_SECONDS));
    humantime::format_rfc3339_millis(UNIX_EPOCH + since).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_may_say_anything() {
        assert_eq!(stamp(UNIX_EPOCH - Duration::from_secs(1)), "1970-01-01T00:00:00.000Z");
        assert_eq!(stamp(UNIX_EPOCH + Duration::from_secs(LAST_SECONDS + 1)), "9999-12-31T23:59:59.000Z");
    }
}
