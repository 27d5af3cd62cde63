//! The report for a person at a terminal.
//!
//! Takes the record and a style; gives text. It asks no environment and writes nowhere.
//! First what was asked, then each trial that needs attention with all it takes to understand and repeat it, then what
//! went on besides, and at the very end, where the eye is, what it all means.

mod evidence;
mod parts;
mod quote;
mod sections;
mod trial;

use self::parts::painted_lines;
use super::phrases;
use super::style::{Role, Style};
use super::visible::disarm;
use super::{conclusion, visible};
use threepid_record::model::{Report, TrialRecord};

/// The whole report.
pub fn render(report: &Report, style: &Style) -> String {
    let mut output = header(report, style);
    for record in report.trials.iter().filter(|t| phrases::needs_attention(t)) {
        output.push('\n');
        output.push_str(&trial::block(record, style));
    }
    for section in [
        sections::flows(report, style),
        sections::changes(report, style),
        sections::notes(report, style),
        sections::choices(report, style),
        sections::known(report, style),
        sections::skipped(report, style),
        sections::slowest(report, style),
    ] {
        if !section.is_empty() {
            output.push('\n');
            output.push_str(&section);
        }
    }
    output.push('\n');
    let role = match report.counts {
        counts if counts.fail + counts.xpass > 0 => Role::Bad,
        counts if counts.error > 0 || report.interrupted || report.error.is_some() || report.missing().is_some() => {
            Role::Unknown
        }
        _ if report.without_mail().is_some() => Role::Unknown,
        counts if counts.pass > 0 => Role::Good,
        _ => Role::Known,
    };
    output.push_str(&painted_lines(style, role, &style.wrap("", "", &conclusion(report))));
    disarm(output)
}

/// One trial with all that is known of it, as in the report.
pub fn trial(record: &TrialRecord, style: &Style) -> String {
    disarm(trial::block(record, style))
}

/// What the target is and offers.
fn header(report: &Report, style: &Style) -> String {
    let target = &report.target;
    let title = format!(
        "threepid {} asked {} at {}",
        visible(&report.threepid),
        visible(&target.title()),
        visible(&target.url)
    );
    let mut output = painted_lines(style, Role::Strong, &style.wrap("", "  ", &title));
    let mut fact = |name: &str, text: String| {
        if !text.is_empty() {
            output.push_str(&style.wrap(&format!("  {name:<8} "), "           ", &text));
        }
    };
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
    fact(
        "run",
        format!(
            "{}, {}, seed {}, suite {}",
            visible(&report.started),
            phrases::duration(report.duration_ms),
            report.seed,
            visible(&report.suite)
        ),
    );
    fact("browser", report.browser.as_deref().map(|browser| visible(browser).into_owned()).unwrap_or_default());
    output
}

#[cfg(test)]
mod tests;
