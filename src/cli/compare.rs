//! `threepid compare`: what is different between two saved records.

use super::args::CompareArgs;
use super::exit::Exit;
use super::records;
use super::terminal::{self, Terminal};
use threepid_record::compare::{Settings, compare as differences};
use threepid_views::report::comparison;

pub(super) fn compare(args: &CompareArgs, terminal: Terminal) -> Exit {
    let Some(reports) = records::read_all(&[args.before.clone(), args.after.clone()]) else {
        return Exit::Usage;
    };
    let settings = Settings { slower: args.slower, allow_different_suites: args.allow_different_suites };
    let found = match differences(&reports[0], &reports[1], settings) {
        Ok(found) => found,
        Err(unlike) => {
            terminal::error(&unlike.to_string());
            return Exit::Usage;
        }
    };
    if args.json {
        match serde_json::to_string_pretty(&found) {
            Ok(json) => terminal::out(&(json + "\n")),
            Err(fault) => {
                terminal::error(&format!("the comparison cannot be written as JSON: {fault}"));
                return Exit::Failure;
            }
        }
    } else if args.markdown {
        terminal::out(&comparison::markdown(&found));
    } else {
        let style = terminal.style();
        terminal::out(&comparison::text(&found, &style));
    }
    if found.is_regression() { Exit::Regression } else { Exit::Ok }
}
