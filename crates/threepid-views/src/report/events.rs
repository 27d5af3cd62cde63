//! What happens during a run, as it happens: one line for each trial, for the person who waits; or events as JSON, one
//! a line, for a program that does.

use super::style::Style;
use super::visible::disarm;
use super::{phrases, visible};
use threepid_record::model::{Counts, Outcome, Report, TargetInfo, TrialRecord};

/// The line for a trial that has ended: how many have, how it went, and why if it went badly. No line end.
pub fn finished(record: &TrialRecord, done: usize, total: usize, style: &Style) -> String {
    let (word, role) = phrases::outcome(record.outcome);
    let digits = total.to_string().len();
    let start = format!("[{done:>digits$}/{total}] ");
    let mut rest = format!(" {} {}", visible(&record.name()), phrases::duration(record.duration_ms));
    if !record.reason.words.is_empty() && record.outcome != Outcome::Pass {
        rest.push_str(&format!(": {}", visible(&record.reason.to_string())));
    }
    let room = style.columns().saturating_sub(start.len() + 5);
    if rest.chars().count() > room {
        rest = rest.chars().take(room.saturating_sub(1)).collect::<String>() + "…";
    }
    disarm(format!("{start}{}{rest}", style.paint(role, &format!("{word:<5}"))))
}

/// Something that happened, for a program.
#[derive(Debug, Clone, Copy)]
pub enum RunEvent<'r> {
    /// The run has begun.
    Started {
        /// A hash of all scenarios that are at hand.
        suite: &'r str,
        /// The seed of all generated values.
        seed: u64,
        /// When, RFC 3339.
        at: &'r str,
    },
    /// The target is up and known.
    Target(&'r TargetInfo),
    /// A trial has ended.
    Trial(&'r TrialRecord),
    /// The run has ended.
    Finished {
        /// How many trials had each outcome.
        counts: &'r Counts,
        /// How long it took, in milliseconds.
        duration_ms: f64,
        /// Whether it was interrupted.
        interrupted: bool,
        /// Why it could not go on, if it could not.
        error: Option<&'r str>,
    },
}

/// The event as one line of JSON, with its line end. What happened in a trial is in the record, not here.
pub fn json(happened: RunEvent<'_>) -> String {
    let event = match happened {
        RunEvent::Started { suite, seed, at } => serde_json::json!({
            "event": "started", "schema": Report::SCHEMA, "threepid": env!("CARGO_PKG_VERSION"), "suite": suite,
            "seed": seed, "started": at,
        }),
        RunEvent::Target(target) => serde_json::json!({"event": "target", "target": target}),
        RunEvent::Trial(trial) => serde_json::json!({
            "event": "trial", "name": trial.name(), "id": trial.id, "case": trial.case, "variant": trial.variant,
            "api": trial.api, "repetition": trial.repetition, "title": trial.title, "outcome": trial.outcome,
            "level": trial.level, "reason": trial.reason.to_string(), "duration_ms": trial.duration_ms,
            "findings": trial.findings, "choices": trial.choices,
        }),
        RunEvent::Finished { counts, duration_ms, interrupted, error } => serde_json::json!({
            "event": "finished", "counts": counts, "duration_ms": duration_ms, "interrupted": interrupted,
            "error": error,
        }),
    };
    // JSON escapes every control character; what could reach a terminal or a CI system otherwise is escaped too.
    let mut line = String::new();
    for c in event.to_string().chars() {
        if c.is_ascii() || visible(c.encode_utf8(&mut [0; 4])).len() == c.len_utf8() {
            line.push(c);
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| line.push_str(&format!("\\u{unit:04x}")));
        }
    }
    // An order wherever it stands in a line; in JSON it can only stand in a text.
    line.replace("##[", "#\\u0023[") + "\n"
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
    fn events_as_json() {
        let report = fixture::report();
        let mut lines = json(RunEvent::Started { suite: &report.suite, seed: report.seed, at: &report.started });
        // The version of the program is not part of the layout.
        lines = lines.replace(env!("CARGO_PKG_VERSION"), "VERSION");
        lines.push_str(&json(RunEvent::Target(&report.target)));
        report.trials.iter().for_each(|trial| lines.push_str(&json(RunEvent::Trial(trial))));
        lines.push_str(&json(RunEvent::Finished {
            counts: &report.counts,
            duration_ms: report.duration_ms,
            interrupted: false,
            error: None,
        }));
        assert!(lines.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
        insta::assert_snapshot!(lines);
    }

    #[test]
    fn a_hostile_server_stays_within_its_line() {
        for trial in &fixture::hostile().trials {
            let line = json(RunEvent::Trial(trial));
            assert!(line.ends_with('\n') && line.matches('\n').count() == 1, "{line}");
            assert!(!line.trim_end().chars().any(|c| c.is_control() || c == '\u{202e}'), "{line}");
            let back: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert_eq!(back["reason"], trial.reason.words, "nothing is lost");
        }
    }

    #[test]
    fn a_line_stays_one_line_and_fits() {
        let mut record = fixture::report().trials.swap_remove(0);
        record.outcome = Outcome::Fail;
        record.reason = "\n::error::x \x1b[2J".repeat(40).into();
        let line = finished(&record, 1, 1, &Style { colour: false, width: 60 });
        assert_eq!(line.chars().count(), 60, "{line}");
        assert!(!line.contains(['\n', '\x1b']), "{line:?}");
    }
}
