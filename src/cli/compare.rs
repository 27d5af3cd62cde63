//! `threepid compare`: what is different between two saved records.

use super::args::CompareArgs;
use super::exit::Exit;
use super::records;
use super::terminal::{self, Terminal};
use threepid_record::compare::{Settings, compare_with, differences};
use threepid_views::report::comparison;
use threepid_views::report::json::Record as _;

pub(super) fn compare(args: &CompareArgs, terminal: Terminal) -> Exit {
    let Some(records) = records::saved(&[args.before.clone(), args.after.clone()]) else {
        return Exit::Usage;
    };
    let [before, after] = &records[..] else { return Exit::Usage };
    let settings = Settings { slower: args.slower, allow_different_suites: args.allow_different_suites };
    let mut unread = None;
    let found = compare_with(&before.report, &after.report, settings, |old, new| {
        let whole = before.trial(old).and_then(|old| Ok((old, after.trial(new)?)));
        whole.map(|(old, new)| differences(&old, &new)).unwrap_or_else(|fault| {
            unread = Some(fault);
            Vec::new()
        })
    });
    if let Some(fault) = unread {
        terminal::error(&format!("the records cannot be read to their ends: {fault}"));
        return Exit::Failure;
    }
    let found = match found {
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
