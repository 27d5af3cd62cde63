//! `junit.xml`, in the dialect that Jenkins and its followers read.
//!
//! One suite per folder of scenarios, one case per trial. A *failure* is the homeserver's (or a known deviation that is
//! gone), an *error* is ours or the environment's, a known deviation is *skipped* with its reason: the three never mix.

use std::io;
use std::path::Path;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::style::Style;
use super::{WriteError, phrases, text, visible, visible_lines, write_file};
use threepid_record::model::{FindingKind, Outcome, Report, TrialRecord};

/// The document.
///
/// # Errors
///
/// If it cannot be put into XML, which no record is known to cause.
pub fn render(report: &Report) -> io::Result<String> {
    let mut document = Document::new(format!("threepid {}", visible(&report.target.title())));
    document.time = time(report.duration_ms);
    document.timestamp = report.started.parse().ok();
    for (flow, trials) in phrases::tally(report.trials.iter().map(|t| (phrases::flow(&t.id), t))) {
        let mut suite = TestSuite::new(flow);
        suite.timestamp = document.timestamp;
        suite.time = time(trials.iter().map(|t| t.duration_ms).sum());
        suite.add_property(("target", &*visible(&report.target.url)));
        suite.add_property(("threepid", &*visible(&report.threepid)));
        suite.add_property(("seed", &*report.seed.to_string()));
        trials.into_iter().for_each(|trial| {
            suite.add_test_case(case(report, trial));
        });
        document.add_test_suite(suite);
    }
    if let Some(error) = &report.error {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(&*visible(error)).set_type("unknown");
        let mut case = TestCase::new("all that is selected is tested", status);
        case.set_classname("run");
        let mut suite = TestSuite::new("run");
        suite.add_test_case(case);
        document.add_test_suite(suite);
    }
    document.to_string().map_err(io::Error::other)
}

/// Writes the document.
///
/// # Errors
///
/// If the file cannot be written; then what stood there before still does.
pub fn write(path: &Path, report: &Report) -> Result<(), WriteError> {
    let document = render(report).map_err(WriteError::new("write", path))?;
    write_file(path, document.as_bytes())
}

fn case(report: &Report, trial: &TrialRecord) -> TestCase {
    let mut status = match trial.outcome {
        Outcome::Pass => TestCaseStatus::success(),
        Outcome::Fail | Outcome::Xpass => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
        Outcome::Skip | Outcome::Xfail => TestCaseStatus::skipped(),
    };
    let reason = trial.reason.to_string();
    let reason = visible(&reason);
    match trial.outcome {
        Outcome::Pass => {}
        Outcome::Skip => {
            status.set_message(&*reason);
        }
        Outcome::Xfail => {
            status.set_message(format!("known deviation: {reason}"));
        }
        Outcome::Xpass => {
            status.set_message(format!("a known deviation is gone: {reason}")).set_type("unexpected-pass");
        }
        Outcome::Fail => {
            status.set_message(&*reason).set_type(trial.level.word());
        }
        Outcome::Error => {
            status.set_message(&*reason).set_type("unknown");
        }
    }
    if phrases::needs_attention(trial) {
        status.set_description(&*visible_lines(&text::trial_of(report, trial, &Style::UNWRAPPED)));
    }
    let mut case = TestCase::new(&*visible(&trial.name()), status);
    case.set_classname(&*visible(&trial.id));
    case.time = time(trial.duration_ms);
    if let Some(place) = trial.findings.iter().find_map(|f| f.place.as_ref()) {
        case.extra.insert("file".into(), (&*visible(&place.file)).into());
        case.extra.insert("line".into(), place.line.to_string().into());
    }
    case.add_property(("outcome", trial.outcome.word()));
    case.add_property(("level", trial.level.word()));
    for row in &trial.covers {
        case.add_property(("covers", &*visible(row)));
    }
    let gravest = trial.findings.iter().find(|f| f.level == trial.level && f.kind == FindingKind::Requirement);
    for (name, text) in gravest.map(|finding| finding.basis.parts()).unwrap_or_default() {
        case.add_property((&*name.replace(' ', "-"), &*visible(&text)));
    }
    if let Some(spec) = &trial.spec {
        case.add_property(("spec", &*visible(&spec.url())));
    }
    case
}

fn time(ms: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(ms / 1000.0).ok()
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn a_run_that_ended_early_is_an_error() {
        let report = Report { error: Some("no mail <came>".to_owned()), trials: Vec::new(), ..fixture::report() };
        let document = render(&report).unwrap();
        assert!(document.contains("<error message=\"no mail &lt;came&gt;\""), "{document}");
        assert!(document.contains("errors=\"1\""), "{document}");
    }

    #[test]
    fn the_whole_document() {
        insta::assert_snapshot!(render(&fixture::report()).unwrap());
    }

    #[test]
    fn failures_errors_and_skips_never_mix() {
        let document = Document::deserialize_from_str(&render(&fixture::report()).unwrap()).unwrap();
        assert_eq!((document.tests, document.failures, document.errors, document.skipped), (11, 3, 1, 4));
        let cases: Vec<&TestCase> = document.test_suites.iter().flat_map(|s| &s.test_cases).collect();
        let known = cases.iter().find(|c| c.classname.as_deref() == Some("add-email/lone")).unwrap();
        assert!(
            matches!(&known.status, TestCaseStatus::Skipped { message: Some(m), .. }
                if m.as_str() == "known deviation: answers 400 (issue 123)"),
            "{known:?}"
        );
    }

    #[test]
    fn a_hostile_server_cannot_break_the_document() {
        let xml = render(&fixture::hostile()).unwrap();
        assert!(!xml.contains("<script") && !xml.contains("]]>"), "markup stays text");
        assert!(!xml.chars().any(|c| c.is_control() && c != '\n'), "only what XML allows");
        assert!(!xml.contains('\u{fffe}'), "only what XML allows");
        let document = Document::deserialize_from_str(&xml).unwrap();
        assert_eq!(document.tests, 11);
        assert!(xml.contains("\\x1b[2J"), "shown, not dropped");
    }

    #[test]
    fn a_time_that_is_none_is_left_out() {
        let mut report = fixture::report();
        report.trials[0].duration_ms = f64::NAN;
        report.trials[1].duration_ms = -1.0;
        assert!(Document::deserialize_from_str(&render(&report).unwrap()).is_ok());
    }
}
