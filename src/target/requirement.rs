//! Which versions of Python a recipe can use.
//!
//! Takes a requirement such as `>=3.10,<3.14`; says whether a version meets it. It looks for nothing.

use std::fmt;

/// Which versions will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Requirement {
    text: String,
    bounds: Vec<(Bound, Vec<u32>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    AtLeast,
    Below,
}

impl Requirement {
    /// Reads `>=X.Y` and `<X.Y`, separated by commas. The error is a sentence for the profile's author.
    pub(super) fn parse(text: &str) -> Result<Requirement, String> {
        let mut bounds = Vec::new();
        for part in text.split(',').map(str::trim) {
            let (bound, version) = if let Some(version) = part.strip_prefix(">=") {
                (Bound::AtLeast, version)
            } else if let Some(version) = part.strip_prefix('<') {
                (Bound::Below, version)
            } else {
                return Err(format!("`{text}` must look like `>=3.10` or `>=3.10,<3.14`"));
            };
            let numbers = parse_version(version).ok_or_else(|| format!("`{version}` is not a version like `3.10`"))?;
            bounds.push((bound, numbers));
        }
        Ok(Requirement { text: text.to_owned(), bounds })
    }

    #[cfg(any(test, feature = "cli"))]
    pub(super) fn is_met_by(&self, version: &[u32]) -> bool {
        self.bounds.iter().all(|(bound, limit)| match bound {
            Bound::AtLeast => version >= limit.as_slice(),
            Bound::Below => version < limit.as_slice(),
        })
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

pub(super) fn parse_version(text: &str) -> Option<Vec<u32>> {
    text.trim().split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_compare_numbers() {
        let wanted = Requirement::parse(">=3.10, <3.14").unwrap();
        for (version, met) in [("3.9.7", false), ("3.10.0", true), ("3.13.9", true), ("3.14.0", false), ("4.0", false)]
        {
            assert_eq!(wanted.is_met_by(&parse_version(version).unwrap()), met, "{version}");
        }
        assert!(Requirement::parse("3.10").unwrap_err().contains("must look like"));
        assert!(Requirement::parse(">=three").unwrap_err().contains("is not a version"));
    }
}
