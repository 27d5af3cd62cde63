//! Whole numbers as JSON has them.
//!
//! Takes a JSON value; gives the number; never rounds.

use serde_json::Value;

/// From here on a float does not hold each whole number.
const MOST: f64 = 9_007_199_254_740_992.0;

/// A number without a fraction, however JSON writes it: `3600` and `3600.0` are the same number.
pub fn whole(value: &Value) -> Option<i64> {
    let float =
        || value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < MOST).map(|number| number as i64);
    value.as_i64().or_else(float)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::whole;

    #[test]
    fn a_fraction_of_nothing_is_none() {
        for (value, number) in [(json!(3600), 3600), (json!(3600.0), 3600), (json!(-1), -1), (json!(1e3), 1000)] {
            assert_eq!(whole(&value), Some(number), "{value}");
        }
        for value in [json!(0.5), json!("3600"), json!(1e300), json!(null), json!(true)] {
            assert_eq!(whole(&value), None, "{value}");
        }
    }
}
