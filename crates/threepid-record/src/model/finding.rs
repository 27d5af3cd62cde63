//! What the judge found.

use serde::{Deserialize, Serialize};

use super::{Basis, Level};

/// One thing that is not as required.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// What kind of finding.
    pub kind: FindingKind,
    /// How strong the requirement is.
    pub level: Level,
    /// The requirement in words.
    pub requirement: String,
    /// Where the requirement comes from.
    pub spec: Option<SpecRef>,
    /// What the requirement rests on. Written as `ground`, `harm`, `relied_on_by`; older records have none of them.
    #[serde(flatten)]
    pub basis: Basis,
    /// The step's name, for people.
    pub step: String,
    /// Index of the planned step.
    pub step_index: Option<usize>,
    /// The line in the scenario that asks for it.
    pub place: Option<Place>,
    /// What part of the answer differs: `status`, `header content-type`, `body.flows[0]`, `text`, `mail`.
    pub subject: String,
    /// What was expected.
    pub expected: String,
    /// What was there.
    pub actual: String,
    /// The alternatives of which none fits, if there are some; what differs then is told of the nearest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternatives: Option<Alternatives>,
}

/// Lawful answers of which none was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Alternatives {
    /// Their names, in the scenario's order.
    pub names: Vec<String>,
    /// The one from which the answer differs least.
    pub nearest: String,
}

impl Alternatives {
    /// What one of several expects, with its name: `400 or 403 (refused)`.
    pub fn wanted(expected: &str, name: &str) -> String {
        format!("{expected} ({name})")
    }

    /// Whether a text of what was expected has that of each alternative: then the nearest is none the more meant.
    pub fn all_in(&self, expected: &str) -> bool {
        self.names.len() > 1 && self.names.iter().all(|name| expected.contains(&Alternatives::wanted("", name)))
    }
}

/// The kinds of findings. They never stand in for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// A requirement is not met: the server is wrong.
    Requirement,
    /// What had to be true before the scenario's own behaviour could be seen is not: some other scenario is about it.
    Precondition,
    /// The answer is not the one in the snapshot: something changed, which need not be wrong.
    Drift,
    /// The trial stopped, so that the rest could not be judged: we could not tell.
    Unknown,
}

/// A place in the specification.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SpecRef {
    /// The operation or the rule, for people: `POST /account/3pid/add`.
    pub operation: String,
    /// The page and the anchor: `client-server-api/#post_matrixclientv3account3pidadd`.
    pub anchor: String,
}

impl SpecRef {
    /// The address of the section on the specification's site.
    pub fn url(&self) -> String {
        format!("https://spec.matrix.org/latest/{}", self.anchor)
    }
}

/// A place in a scenario file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Place {
    /// The file, relative to the scenarios' folder.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// The scenarios' folder as it was given; `scenarios` for those in the program. Older records do not have it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub folder: String,
    /// The line itself. Older records do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceLine>,
}

impl Place {
    /// The file with the folder that it is in, as far as that is known.
    pub fn path(&self) -> String {
        match self.folder.trim_end_matches('/') {
            "" => self.file.clone(),
            folder => format!("{folder}/{}", self.file),
        }
    }
}

/// One line of a scenario file, without what it is indented by, and cut where it is long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceLine {
    /// Its text.
    pub text: String,
    /// How many characters of the text stand before the place.
    pub at: usize,
}

impl SourceLine {
    /// How many characters of a line are kept.
    pub const MOST: usize = 160;

    /// The part of a line around a column, which is counted from 1.
    pub fn around(line: &str, column: usize) -> SourceLine {
        let indent = line.chars().take_while(|c| c.is_whitespace()).count().min(column.saturating_sub(1));
        let at = column.saturating_sub(1) - indent;
        SourceLine { text: line.chars().skip(indent).collect(), at }.within(SourceLine::MOST)
    }

    /// The same in at most so many characters, with the place among them.
    pub fn within(&self, most: usize) -> SourceLine {
        let text = self.text.trim_end();
        let (length, most) = (text.chars().count(), most.max(3));
        if length <= most {
            return SourceLine { text: text.to_owned(), at: self.at };
        }
        // A third before the place, so that more is seen of what it says.
        let from = self.at.saturating_sub(most / 3).min(length - most);
        let before = if from > 0 { "…" } else { "" };
        let after = if from + most < length { "…" } else { "" };
        let kept = text.chars().skip(from).take(most);
        let kept: String = kept.skip(before.chars().count()).collect();
        let end = kept.chars().count() - after.chars().count();
        let kept: String = kept.chars().take(end).collect();
        SourceLine { text: format!("{before}{kept}{after}"), at: self.at - from }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the place points at, in the line and in what is kept of it.
    fn pointed(line: &SourceLine) -> Option<char> {
        line.text.chars().nth(line.at)
    }

    #[test]
    fn a_line_is_kept_without_its_indentation() {
        let line = SourceLine::around("      must: {status: 401}\r", 13);
        assert_eq!((line.text.as_str(), line.at, pointed(&line)), ("must: {status: 401}", 6, Some('{')));
        assert_eq!(SourceLine::around("   ", 2), SourceLine { text: String::new(), at: 0 });
        assert_eq!(SourceLine::around("", 9).at, 8, "a place behind the end stays where it is");
    }

    #[test]
    fn a_long_line_is_cut_around_its_place() {
        let long = format!("{}X{}", "é".repeat(300), "b".repeat(300));
        for (column, most) in [(301, 160), (301, 40), (301, 3)] {
            let line = SourceLine::around(&long, column).within(most);
            assert_eq!((pointed(&line), line.text.chars().count()), (Some('X'), most), "{line:?}");
            assert!(line.text.starts_with('…') || most == 3, "{line:?}");
            assert!(line.text.ends_with('…'), "{line:?}");
        }
        let end = SourceLine::around(&format!("{}X", "a".repeat(300)), 301);
        assert!(pointed(&end) == Some('X') && end.text.ends_with('X'), "{end:?}");
        let start = SourceLine::around(&format!("X{}", "a".repeat(300)), 1);
        assert!(pointed(&start) == Some('X') && start.text.ends_with('…'), "{start:?}");
    }

    #[test]
    fn a_finding_of_an_older_record_is_read() {
        let old = r#"{"kind": "requirement", "level": "must", "requirement": "r", "spec": null, "step": "s",
                      "step_index": 0, "place": null, "subject": "status", "expected": "401", "actual": "200"}"#;
        let mut finding: Finding = serde_json::from_str(old).unwrap();
        assert_eq!(finding.basis, Basis::default());
        finding.basis.ground = Some(crate::model::Ground::Text);
        let written = serde_json::to_value(&finding).unwrap();
        assert_eq!((&written["ground"], written.get("harm")), (&"text".into(), None));
        assert_eq!(serde_json::from_value::<Finding>(written).unwrap(), finding);
    }

    #[test]
    fn a_place_of_an_older_record_is_read() {
        let place: Place = serde_json::from_str(r#"{"file": "a/b.yaml", "line": 2, "column": 3}"#).unwrap();
        assert_eq!((place.path(), &place.source), ("a/b.yaml".to_owned(), &None));
        assert_eq!(Place { folder: "mine/".to_owned(), ..place }.path(), "mine/a/b.yaml");
    }
}

/// Which of several lawful answers a server gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Choice {
    /// The step's name, for people.
    pub step: String,
    /// The name of the alternative that matched.
    pub chosen: String,
}
