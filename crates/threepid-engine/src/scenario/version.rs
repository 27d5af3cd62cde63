//! Versions of the specification: `r0.6.1`, `v1.13`.

use std::fmt;
use std::str::FromStr;

/// A version of the specification. All `r0.x` come before all `v1.x`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpecVersion {
    /// 0 for `r0.x.y`, else the number after `v`.
    pub major: u16,
    /// The second number.
    pub minor: u16,
    /// The third number of `r0.x.y`; 0 for `v1.x`.
    pub patch: u16,
}

impl FromStr for SpecVersion {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut numbers = text.get(1..).ok_or(())?.split('.').map(|part| part.parse::<u16>().map_err(|_| ()));
        let mut next = || numbers.next().unwrap_or(Ok(0));
        let version = SpecVersion { major: next()?, minor: next()?, patch: next()? };
        let fits = match text.as_bytes()[0] {
            b'r' => version.major == 0,
            b'v' => version.major > 0,
            _ => false,
        };
        if fits && numbers.next().is_none() { Ok(version) } else { Err(()) }
    }
}

impl fmt::Display for SpecVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.major {
            0 => write!(f, "r0.{}.{}", self.minor, self.patch),
            major => write!(f, "v{major}.{}", self.minor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered() {
        let parse = |text: &str| text.parse::<SpecVersion>();
        assert!(parse("r0.6.1") < parse("v1.1") && parse("v1.9") < parse("v1.13"));
        assert_eq!(parse("v1.13").unwrap().to_string(), "v1.13");
        assert_eq!(parse("r0.6.1").unwrap().to_string(), "r0.6.1");
        for wrong in ["", "1.1", "v", "v0.1", "r1.0.0", "v1.1.1.1", "vx", "é"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
