//! Options that are a time: with a unit, and of some length.

use std::time::Duration;

/// The longest time that can be given: a clock can hold no time that is much later.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A time such as `5s` or `1m 30s`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|fault| {
        let text = text.trim();
        match text.parse::<f64>().is_ok_and(f64::is_finite) {
            true => format!("give a unit: {text}s"),
            false => fault.to_string(),
        }
    })?;
    if time > LONGEST { Err("give at most 365days".to_owned()) } else { Ok(time) }
}

/// A time in which something can happen.
pub(in crate::cli) fn some_time(text: &str) -> Result<Duration, String> {
    let time = duration(text)?;
    if time.is_zero() {
        Err("in no time nothing can be seen: give more than zero, such as 5s".to_owned())
    } else {
        Ok(time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_and_a_length() {
        assert_eq!(some_time("1m 5s"), Ok(Duration::from_secs(65)));
        assert_eq!(duration("0s"), Ok(Duration::ZERO));
        assert!(some_time("0ms").unwrap_err().contains("more than zero"));
        assert_eq!(some_time("5").unwrap_err(), "give a unit: 5s");
        assert_eq!(duration("2.5").unwrap_err(), "give a unit: 2.5s");
        assert_eq!(duration("365days"), Ok(LONGEST));
        for long in ["366days", "18446744073709551615s", "500000000000years"] {
            assert!(duration(long).is_err(), "{long}");
        }
        assert!(!duration("five").unwrap_err().contains("unit: five"));
    }
}
