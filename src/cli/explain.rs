//! `threepid explain`: a behaviour as a person would tell it, and the book of all of them.

use super::args::ExplainArgs;
use super::exit::Exit;
use super::terminal::{self, Terminal};
use super::{load, records};
use threepid_engine::plan::Selection;
use threepid_views::explain::{Source, behaviour, book};
use threepid_views::report::write_file;

pub(super) fn explain(args: &ExplainArgs, terminal: Terminal) -> Exit {
    let suite = match load::suite(args.scenarios.scenarios.as_deref(), terminal) {
        Ok(suite) => suite,
        Err(exit) => return exit,
    };
    let record = match args.record.as_deref().map(records::read).transpose() {
        Ok(record) => record,
        Err(fault) => {
            terminal::error(&fault.to_string());
            return Exit::Usage;
        }
    };
    let source = Source { suite: &suite, record: record.as_ref() };
    if let Some(folder) = &args.output {
        let pages = book(source);
        for page in &pages {
            if let Err(fault) = write_file(&folder.join(&page.path), page.text.as_bytes()) {
                terminal::error(&fault.to_string());
                return Exit::Failure;
            }
        }
        terminal::out(&format!("{} pages in {}: begin with README.md\n", pages.len(), folder.display()));
        return Exit::Ok;
    }
    let filters: Vec<String> = args.id.iter().cloned().collect();
    match (Selection { filters, partition: None }).of(&suite) {
        Ok(selected) => {
            let told: Vec<String> =
                selected.iter().map(|(scenario, _)| behaviour(source, &suite.scenarios[*scenario])).collect();
            terminal::out(&told.join("\n"));
            Exit::Ok
        }
        Err(nothing) => {
            terminal::error(&nothing.to_string());
            Exit::Nothing
        }
    }
}
