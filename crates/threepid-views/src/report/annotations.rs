//! Annotations: one line for each trial that needs attention, in the form in which GitHub's runner takes orders.
//!
//! What a server said stands in them only with everything escaped that could end the message or begin another order.

use super::phrases::needs_attention;
use super::visible;
use threepid_record::model::{Outcome, Report, TrialRecord};

/// How many the runner shows of one step.
const MOST: usize = 10;
/// How long a message may become, in characters.
const MOST_CHARS: usize = 600;

/// The lines. `folder` is where the scenarios are, from the root of the repository.
pub fn render(report: &Report, folder: &str) -> String {
    let attention: Vec<&TrialRecord> = report.trials.iter().filter(|t| needs_attention(t)).collect();
    let mut output = String::new();
    for trial in attention.iter().take(MOST) {
        output.push_str(&annotation(trial, folder));
    }
    output
}

fn annotation(trial: &TrialRecord, folder: &str) -> String {
    let place = trial.findings.iter().find_map(|finding| finding.place.as_ref());
    let mut properties = Vec::new();
    if let Some(place) = place {
        let file = format!("{}/{}", folder.trim_end_matches('/'), place.file);
        properties.push(format!("file={}", property(&file)));
        properties.push(format!("line={},col={}", place.line, place.column));
    }
    let kind = match trial.outcome {
        Outcome::Error => "could not be told",
        Outcome::Xpass => "a known deviation is gone",
        _ => "not as required",
    };
    properties.push(format!("title={}", property(&format!("{}: {kind}", trial.name()))));
    let message: String = format!("{}\n{}", trial.title, trial.reason).chars().take(MOST_CHARS).collect();
    let message: Vec<_> = message.lines().map(visible).collect();
    format!("::error {}::{}\n", properties.join(","), data(&message.join("\n")))
}

/// A message: what would end it is escaped, and what is an order wherever it stands in a line.
fn data(text: &str) -> String {
    text.replace("##[", "\\x23#[").replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value: also what would end that.
fn property(text: &str) -> String {
    data(&visible(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn one_line_for_each_trial_that_needs_attention() {
        insta::assert_snapshot!(render(&fixture::report(), "scenarios/"));
    }

    #[test]
    fn a_hostile_server_gives_no_orders() {
        let text = render(&fixture::hostile(), "scenarios");
        assert_eq!(text.lines().count(), render(&fixture::report(), "scenarios").lines().count());
        for line in text.lines() {
            assert!(line.starts_with("::error "), "{line}");
            assert!(!line.chars().any(char::is_control), "{line}");
        }
    }

    #[test]
    fn a_thousand_failures_make_ten_annotations() {
        let mut report = fixture::report();
        let failing = report.trials[2].clone();
        report.trials.extend(std::iter::repeat_n(failing, 1000));
        assert_eq!(render(&report, "scenarios").lines().count(), 10);
    }
}
