//! How strong a requirement is.

use serde::{Deserialize, Serialize};

/// The strength of one requirement, from the strongest to the weakest.
///
/// `Must` and `Security` make a trial fail; `Should` and `Convention` are noted, and fail it only when asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The specification says must, requires a key in a schema, or documents the status.
    Must,
    /// No text says so, but breaking it harms an account.
    Security,
    /// The specification says should.
    Should,
    /// What existing servers and clients rely on without a text.
    Convention,
}

impl Level {
    /// All levels, strongest first.
    pub const ALL: [Level; 4] = [Level::Must, Level::Security, Level::Should, Level::Convention];

    /// How grave it is that a requirement of this level is broken, 0 the gravest. What harms an account comes before what
    /// only breaks a text, whatever the order in which the levels are asked for.
    pub fn gravity(self) -> u8 {
        match self {
            Level::Security => 0,
            Level::Must => 1,
            Level::Should => 2,
            Level::Convention => 3,
        }
    }

    /// The word used in scenarios and in reports.
    pub fn word(self) -> &'static str {
        match self {
            Level::Must => "must",
            Level::Security => "security",
            Level::Should => "should",
            Level::Convention => "convention",
        }
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}
