//! Scenarios: one file, one behaviour.
//!
//! Takes the texts of scenario files; gives [`Scenario`]s with their fragments filled in and every placeholder
//! followed, or every fault of every file with its place. Beyond reading the files it does no I/O; it never runs a
//! step, knows no server and has no values.

mod contract_keys;
mod counted;
mod diagnostic;
mod expand;
mod expectation;
mod filter;
mod flow;
mod header;
mod holes;
mod keys;
mod names;
mod node;
mod pattern;
mod read;
mod rule;
mod schema;
mod source;
mod specification;
mod step;
mod suite;
mod template;
mod text;
mod types;
mod uses_up;
mod version;
mod yaml;

pub use diagnostic::{Diagnostic, Diagnostics, nearest};
pub use expectation::{Alternative, Check};
pub use filter::Filter;
pub use keys::{IDENTITY_SERVER, NEEDS, Need};
pub use node::Span;
#[cfg(test)]
pub(crate) use pattern::pattern_for_test;
pub use pattern::{Expression, Pattern, PatternKind};
pub use rule::{Contract, Remember, Rule};
pub use schema::json_schema;
pub use source::{FRAGMENTS, RULES, SPECIFICATION, SourceError, SourceFile, Sources};
pub use specification::{Answer, Evidence, Operation, Sentence, Specification, Status, TokenUse, Versions};
pub use step::*;
pub use suite::Suite;
pub use template::{Template, Text};
pub use text::{Placeholder, Segment};
pub use types::{Shape, TYPES, TypeFacts, ValueType};
pub use version::SpecVersion;

use threepid_record::model::{Place, SourceLine, SpecRef};

/// One behaviour.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Its id: the path of its file without the ending.
    pub id: String,
    /// Index of its file in the suite's sources.
    pub file: usize,
    /// The behaviour in one sentence.
    pub title: String,
    /// Why it matters.
    pub why: String,
    /// The heading of the flow of which this is the way in which all goes well.
    pub flow: Option<String>,
    /// Where the specification asks for it.
    pub spec: Option<SpecRef>,
    /// Rows of the catalogue that it tests.
    pub covers: Vec<String>,
    /// What the target must offer.
    pub needs: Vec<String>,
    /// What the target must not offer.
    pub avoids: Vec<String>,
    /// Actors whose accounts are of no use afterwards.
    pub uses_up: Vec<String>,
    /// The first version of the specification for which it holds.
    pub since: Option<SpecVersion>,
    /// The last version of the specification for which it holds.
    pub until: Option<SpecVersion>,
    /// Who takes part.
    pub actors: Vec<String>,
    /// One for each row of `cases`, or one without a name.
    pub cases: Vec<Case>,
}

/// One row of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its name, if the scenario has a table of cases.
    pub name: Option<String>,
    /// All steps, fragments filled in, `finally` at the end.
    pub steps: Vec<Step>,
}

impl Sources {
    /// The place of a span, for findings.
    pub fn place(&self, span: Span) -> Place {
        let (line, column) = self.line_column(span.file, span.start);
        let SourceFile { path, text } = self.file(span.file);
        let source = text.split('\n').nth(line - 1).map(|text| SourceLine::around(text, column));
        Place { file: path.clone(), line, column, folder: self.folder_of(span.file).to_owned(), source }
    }
}
