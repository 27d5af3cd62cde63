//! `threepid judge`: a saved record, judged again.

use std::sync::Arc;

use super::args::JudgeArgs;
use super::exit::Exit;
use super::output::Output;
use super::terminal::{self, Terminal};
use super::{load, records, run};
use threepid_engine::judge::judge_again;
use threepid_record::compare::{Settings, compare};
use threepid_views::report;

pub(super) fn judge(args: &JudgeArgs, terminal: Terminal) -> Exit {
    let record = match records::read(&args.record) {
        Ok(record) => record,
        Err(fault) => {
            terminal::error(&fault.to_string());
            return Exit::Usage;
        }
    };
    let suite = match load::suite(args.scenarios.scenarios.as_deref(), terminal) {
        Ok(suite) => Arc::new(suite),
        Err(exit) => return exit,
    };
    let judged = judge_again(&record, &suite, args.fail_on.into());
    let style = terminal.style();
    terminal::out(&report::text::render(&judged, &style, terminal.extent));
    if let Ok(changes) = compare(&record, &judged, Settings { allow_different_suites: true, slower: None }) {
        let changed = changes.changes.len();
        terminal::err(&match changed {
            0 => "every verdict is as it was recorded\n".to_owned(),
            1 => "1 verdict is not as it was recorded\n".to_owned(),
            _ => format!("{changed} verdicts are not as they were recorded\n"),
        });
    }
    let mut exit = run::verdict(&judged);
    if let Some(folder) = &args.output {
        let faults = match Output::create(folder) {
            Ok(mut output) => {
                judged.trials.iter().for_each(|trial| output.trial(trial));
                output.finish(&judged)
            }
            Err(fault) => vec![fault],
        };
        for fault in faults {
            terminal::error(&format!("{fault} (--output)"));
            exit = Exit::Failure;
        }
    }
    exit
}
