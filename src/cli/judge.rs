//! `threepid judge`: a saved record, judged again.
//!
//! Takes a record and scenarios; gives the report of the new verdicts, and their record if it is asked for. Of the trials,
//! one at a time is held with all that happened in it. It asks no server.

use std::sync::Arc;

use super::args::JudgeArgs;
use super::exit::Exit;
use super::output::Output;
use super::retention::Records;
use super::terminal::{self, Terminal};
use super::{load, records, run};
use threepid_engine::judge::Again;
use threepid_record::compare::{Settings, compare, is_judged_otherwise};
use threepid_record::model::{Report, TrialRecord};
use threepid_views::report;

pub(super) fn judge(args: &JudgeArgs, terminal: Terminal) -> Exit {
    let opened = match records::open(&args.record) {
        Ok(opened) => opened,
        Err(fault) => {
            terminal::error(&fault.to_string());
            return Exit::Usage;
        }
    };
    let suite = match load::suite(args.scenarios.scenarios.as_deref(), terminal) {
        Ok(suite) => Arc::new(suite),
        Err(exit) => return exit,
    };
    // A folder that cannot be written keeps nothing from being judged.
    let (mut output, mut faults) = match args.output.as_deref().map(Output::create).transpose() {
        Ok(output) => (output, Vec::new()),
        Err(fault) => (None, vec![fault]),
    };
    let head = opened.report().clone();
    let mut again = Again::new(&head, &suite, args.fail_on.into());
    let mut records = Records::default();
    let mut changed = 0;
    let mut keep = |new: TrialRecord| {
        output.iter_mut().for_each(|output| output.trial(&new));
        records.add(new);
    };
    let mut old_rules = Vec::new();
    let read = opened.each(|_, old| match again.trial(&old) {
        Some(new) => {
            changed += usize::from(is_judged_otherwise(&old, &new));
            keep(new);
        }
        None => old_rules.push(old),
    });
    if let Err(fault) = read {
        terminal::error(&fault.to_string());
        return Exit::Usage;
    }
    let new_rules = again.rules();
    new_rules.iter().cloned().for_each(keep);
    let of = |trials: Vec<TrialRecord>| Report { trials, ..head.clone() };
    let all = Settings { allow_different_suites: true, slower: None };
    changed += compare(&of(old_rules), &of(new_rules), all).map_or(0, |found| found.changes.len());
    let left_out = records.left_out;
    let judged = Report { suite: suite.sources.hash(), counts: records.counts, trials: records.trials, ..head.clone() };
    let style = terminal.style();
    terminal::out(&report::text::render(&judged, &style, terminal.extent));
    if left_out > 0 {
        terminal::err(&format!("note: {left_out} trials of this long record are only counted here\n"));
    }
    terminal::err(&match changed {
        0 => "every verdict is as it was recorded\n".to_owned(),
        1 => "1 verdict is not as it was recorded\n".to_owned(),
        _ => format!("{changed} verdicts are not as they were recorded\n"),
    });
    let mut exit = run::verdict(&judged);
    faults.extend(output.map(|output| output.finish(judged)).unwrap_or_default());
    for fault in faults {
        terminal::error(&format!("{fault} (--output)"));
        exit = Exit::Failure;
    }
    exit
}
