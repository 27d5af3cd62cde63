//! What is wrong with a scenario, shown as a compiler would show it.
//!
//! Takes findings of the parser; gives text with file, line, column, the source with a caret, what was expected and
//! the nearest valid name. It never decides what is an error.

use std::collections::BTreeSet;

use super::Sources;
use super::node::Span;

/// One thing that is wrong with a scenario.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Diagnostic {
    /// Where.
    pub span: Span,
    /// A short name of the kind of fault: `unknown-key`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What stands at the caret.
    pub label: String,
    /// The next step.
    pub help: Option<String>,
}

impl Diagnostic {
    pub(super) fn new(span: Span, code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { span, code, message: message.into(), label: String::new(), help: None }
    }

    pub(super) fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = label.into();
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// Adds "did you mean" where one of `names` is near to `word`, else the list of all.
    pub(super) fn nearest<'a>(self, word: &str, names: impl IntoIterator<Item = &'a str>) -> Diagnostic {
        let names: Vec<&str> = names.into_iter().collect();
        match nearest(word, names.iter().copied()) {
            Some(name) => self.help(format!("did you mean `{name}`?")),
            None if names.is_empty() => self,
            None => self.help(format!(
                "known here: {}",
                names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            )),
        }
    }
}

/// The name most like `word`, if one is near enough to be meant.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| {
            (
                strsim::jaro_winkler(&word.to_lowercase(), &name.to_lowercase()),
                strsim::damerau_levenshtein(word, name),
                name,
            )
        })
        .filter(|(likeness, distance, _)| *likeness >= 0.84 || *distance <= 1)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, _, name)| name)
}

/// Several faults at once; the error of everything that reads scenarios.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics {
    /// In the order of files and places, each once.
    pub list: Vec<Diagnostic>,
}

impl Diagnostics {
    pub(super) fn new(list: impl IntoIterator<Item = Diagnostic>) -> Diagnostics {
        Diagnostics { list: list.into_iter().collect::<BTreeSet<_>>().into_iter().collect() }
    }

    /// Shows all of them, a line each: place, what is wrong, and what to do.
    pub fn lines(&self, sources: &Sources) -> String {
        let line = |one: &Diagnostic| {
            let place = sources.place(one.span);
            let label = if one.label.is_empty() { String::new() } else { format!(": {}", one.label) };
            let help = one.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{}:{}:{}: {}{label}{help}\n", place.file, place.line, place.column, one.message)
        };
        self.list.iter().map(line).collect()
    }
}

#[cfg(feature = "fancy")]
impl Diagnostics {
    /// Shows all of them, with the source.
    pub fn render(&self, sources: &Sources, colour: bool, width: usize) -> String {
        use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Severity};
        let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false);
        let mut text = String::new();
        for diagnostic in &self.list {
            let mut report = MietteDiagnostic::new(diagnostic.message.clone())
                .with_code(format!("scenario::{}", diagnostic.code))
                .with_severity(Severity::Error)
                .with_label(LabeledSpan::new(
                    Some(diagnostic.label.clone()).filter(|label| !label.is_empty()),
                    diagnostic.span.start,
                    diagnostic.span.len,
                ));
            if let Some(help) = &diagnostic.help {
                report = report.with_help(help.clone());
            }
            let file = sources.file(diagnostic.span.file);
            let report = miette::Report::new(report).with_source_code(NamedSource::new(&file.path, file.text.clone()));
            // Writing into a string cannot fail.
            let _ = handler.render_report(&mut text, report.as_ref());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_only_when_near() {
        assert_eq!(nearest("statsu", ["status", "body"]), Some("status"));
        assert_eq!(nearest("Sid", ["sid", "session"]), Some("sid"));
        assert_eq!(nearest("zzz", ["status", "body"]), None);
    }
}
