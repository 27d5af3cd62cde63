//! The report for a person at a terminal.
//!
//! Takes the record and a style; gives text. It asks no environment and writes nowhere.
//! First what was asked, then each cause of failures with all it takes to understand and repeat one of its trials, then
//! what went on besides, and at the very end, where the eye is, the causes once more in a line each, and what it all means.

mod evidence;
mod parts;
mod quote;
mod sections;
mod trial;

use self::parts::painted_lines;
use super::causes::causes;
use super::phrases;
use super::style::{Role, Style};
use super::summary::Standing;
use super::visible::disarm;
use super::{conclusion, visible};
use threepid_record::model::{Report, TargetInfo, TrialRecord};

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What has to be decided about.
    Brief,
    /// Also lawful choices, notes, and what took longest.
    Whole,
}

/// The whole report.
pub fn render(report: &Report, style: &Style, extent: Extent) -> String {
    target(&report.threepid, &report.target, style) + &outcome(report, style, extent)
}

/// What the target is and offers, as it is known before the first trial.
pub fn target(version: &str, info: &TargetInfo, style: &Style) -> String {
    disarm(header(version, info, style))
}

/// What came of the trials.
pub fn outcome(report: &Report, style: &Style, extent: Extent) -> String {
    let mut output = fact(style, "run", &asked(report));
    let browser = report.browser.as_deref().map(|browser| visible(browser).into_owned()).unwrap_or_default();
    output.push_str(&fact(style, "browser", &browser));
    let causes = causes(report);
    for cause in &causes {
        output.push('\n');
        output.push_str(&sections::cause(report, cause, style));
    }
    let whole = extent == Extent::Whole;
    let only_whole = |section: String| if whole { section } else { String::new() };
    for section in [
        sections::flows(report, style),
        sections::changes(report, style),
        only_whole(sections::notes(report, style)),
        only_whole(sections::choices(report, style)),
        sections::known(report, style),
        sections::skipped(report, style),
        only_whole(sections::slowest(report, style)),
        sections::in_short(&causes, style),
    ] {
        if !section.is_empty() {
            output.push('\n');
            output.push_str(&section);
        }
    }
    output.push('\n');
    let role = match Standing::of(report) {
        Standing::Broken => Role::Bad,
        Standing::Unknown | Standing::WithoutMail => Role::Unknown,
        Standing::Clean => Role::Good,
        // What is only recommended and not so fails nothing, and is still no clean pass.
        Standing::Noted | Standing::Nothing => Role::Known,
    };
    output.push_str(&painted_lines(style, role, &style.wrap("", "", &conclusion(report))));
    if !whole {
        output.push_str(&sections::left_out(report, style));
    }
    disarm(output)
}

/// One trial with all that is known of it, as in the report.
pub fn trial(record: &TrialRecord, style: &Style) -> String {
    disarm(trial::block(record, style))
}

/// The same, with the command that does it again.
pub fn trial_of(report: &Report, record: &TrialRecord, style: &Style) -> String {
    disarm(trial::block(record, style) + &trial::again(report, record, style))
}

/// What the target is and offers.
fn header(version: &str, target: &TargetInfo, style: &Style) -> String {
    let title = format!("threepid {} asks {} at {}", visible(version), visible(&target.title()), visible(&target.url));
    let mut output = painted_lines(style, Role::Strong, &style.wrap("", "  ", &title));
    let mut fact = |name: &str, text: String| output.push_str(&fact(style, name, &text));
    if target.public_url != target.url {
        fact("links", format!("carry {}", visible(&target.public_url)));
    }
    fact("server", target.server.as_deref().map(|s| visible(s).into_owned()).unwrap_or_default());
    let versions: Vec<_> = target.versions.iter().map(|v| visible(v)).collect();
    fact("speaks", versions.join(", "));
    let offers = |offered: bool| target.abilities.iter().filter(move |a| a.offered == offered);
    fact("offers", offers(true).map(|a| visible(&a.name)).collect::<Vec<_>>().join(", "));
    for ability in offers(false) {
        fact("lacks", format!("{}: {}", visible(&ability.name), visible(&ability.reason)));
    }
    output
}

/// A line about the target or the run; nothing without a text.
fn fact(style: &Style, name: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { style.wrap(&format!("  {name:<8} "), "           ", text) }
}

fn asked(report: &Report) -> String {
    format!(
        "{}, {}, seed {}, suite {}",
        visible(&report.started),
        phrases::duration(report.duration_ms),
        report.seed,
        visible(&report.suite)
    )
}

#[cfg(test)]
mod tests;
