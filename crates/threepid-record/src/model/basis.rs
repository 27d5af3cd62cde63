//! What an expectation rests on: a text of the specification, a harm, or whoever relies on it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What an expectation rests on. Each level has a key of its own for it; the others stay empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Basis {
    /// What in the specification demands it, on the level `must`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    /// Who can do what to whom if it is not so, on the level `security`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub harm: Option<String>,
    /// Which client, library or recorded flow relies on it, on the level `convention`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relied_on_by: Option<String>,
}

impl Basis {
    /// What there is of it, each part with its name: `("harm", "anybody can …")`.
    pub fn parts(&self) -> Vec<(&'static str, String)> {
        let ground = self.ground.map(|ground| ("ground", ground.to_string()));
        let harm = self.harm.clone().map(|harm| ("harm", harm));
        let relied_on_by = self.relied_on_by.clone().map(|who| ("relied on by", who));
        [ground, harm, relied_on_by].into_iter().flatten().collect()
    }

    /// The same in one line without a full stop, if there is something: `harm: anybody can …`.
    pub fn line(&self) -> Option<String> {
        let parts: Vec<String> = self.parts().into_iter().map(|(name, text)| format!("{name}: {text}")).collect();
        (!parts.is_empty()).then(|| parts.join("; ").trim_end_matches('.').to_owned())
    }
}

/// What in the specification demands something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// A normative sentence.
    Text,
    /// A field or a type that the API definition requires of the server.
    Schema,
    /// The status and the errcode documented for just this case.
    Response,
}

impl Ground {
    /// All of them.
    pub const ALL: [Ground; 3] = [Ground::Text, Ground::Schema, Ground::Response];

    /// Its name in scenarios and records.
    pub fn word(self) -> &'static str {
        match self {
            Ground::Text => "text",
            Ground::Schema => "schema",
            Ground::Response => "response",
        }
    }
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ground::Text => "a normative sentence of the specification",
            Ground::Schema => "the API definition requires this field or type",
            Ground::Response => "the API definition documents this answer for this case",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_there_is() {
        let basis = Basis { ground: Some(Ground::Schema), ..Basis::default() };
        assert_eq!(basis.line().unwrap(), "ground: the API definition requires this field or type");
        let basis = Basis { harm: Some("anybody can read it.".to_owned()), ..Basis::default() };
        assert_eq!(basis.line().unwrap(), "harm: anybody can read it");
        assert_eq!(Basis::default().line(), None);
    }
}
