//! `threepid explain`: a behaviour as a person would tell it, and the book of all of them.

use super::args::ExplainArgs;
use super::exit::Exit;
use super::terminal::{self, Terminal};
use super::{load, records};
use threepid_engine::plan::Selection;
use threepid_engine::scenario::{RULES, Suite, nearest};
use threepid_views::explain::{Source, behaviour, book, rule, section, sections};
use threepid_views::report::write_file;

pub(super) fn explain(args: &ExplainArgs, terminal: Terminal) -> Exit {
    let suite = match load::suite(args.scenarios.scenarios.as_deref(), terminal) {
        Ok(suite) => suite,
        Err(exit) => return exit,
    };
    if let Some(anchor) = &args.spec {
        return match section(&suite, anchor) {
            Some(told) => {
                terminal::out(&told);
                Exit::Ok
            }
            None => nothing_at(&suite, anchor),
        };
    }
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
    let selection = Selection { filters, partition: None };
    match selection.of(&suite) {
        Ok(_) if args.id.as_deref().is_some_and(|id| id.starts_with(RULES)) => {
            let shown = selection.rules(&suite);
            let rules = suite.contract.rules.iter().filter(|rule| shown.contains(&rule.id));
            let told: Vec<String> = rules.map(rule).collect();
            terminal::out(&told.join("\n"));
            Exit::Ok
        }
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

/// Says that nothing is asked at a section, with the nearest that there is.
pub(super) fn nothing_at(suite: &Suite, anchor: &str) -> Exit {
    let all = sections(suite);
    let name = |anchor: &str| anchor.rsplit('#').next().unwrap_or_default().to_owned();
    let names: Vec<String> = all.iter().map(|(anchor, _)| name(anchor)).collect();
    let hint = match nearest(&name(anchor), names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`threepid list --spec` shows all sections".to_owned(),
    };
    terminal::error(&format!("nothing is asked at `{anchor}`; {hint}"));
    Exit::Nothing
}
