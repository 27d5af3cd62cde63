//! One line for each trial as it ends, for the person who waits.

use super::style::Style;
use super::visible::disarm;
use super::{visible, words};
use crate::model::{Outcome, TrialRecord};

/// The line for a trial that has ended: how many have, how it went, and why if it went badly. No line end.
pub fn finished(record: &TrialRecord, done: usize, total: usize, style: &Style) -> String {
    let (word, role) = words::outcome(record.outcome);
    let digits = total.to_string().len();
    let start = format!("[{done:>digits$}/{total}] ");
    let mut rest = format!(" {} {}", visible(&record.name()), words::duration(record.duration_ms));
    if !record.reason.is_empty() && record.outcome != Outcome::Pass {
        rest.push_str(&format!(": {}", visible(&record.reason)));
    }
    let room = style.columns().saturating_sub(start.len() + 5);
    if rest.chars().count() > room {
        rest = rest.chars().take(room.saturating_sub(1)).collect::<String>() + "…";
    }
    disarm(format!("{start}{}{rest}", style.paint(role, &format!("{word:<5}"))))
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn a_line_for_every_outcome() {
        let report = fixture::report();
        let style = Style { colour: false, width: 100 };
        let lines: Vec<String> =
            report.trials.iter().enumerate().map(|(i, t)| finished(t, i + 1, report.trials.len(), &style)).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn a_line_stays_one_line_and_fits() {
        let mut record = fixture::report().trials.swap_remove(0);
        record.outcome = Outcome::Fail;
        record.reason = "\n::error::x \x1b[2J".repeat(40);
        let line = finished(&record, 1, 1, &Style { colour: false, width: 60 });
        assert_eq!(line.chars().count(), 60, "{line}");
        assert!(!line.contains(['\n', '\x1b']), "{line:?}");
    }
}
