//! `threepid report`: views of saved records.

use std::path::Path;

use super::args::ReportArgs;
use super::exit::Exit;
use super::records;
use super::terminal::{self, Terminal};
use threepid_views::report::json::Saved;
use threepid_views::report::{self, WriteError};

pub(super) fn report(args: &ReportArgs, terminal: Terminal) -> Exit {
    let Some(records) = records::saved(&args.records) else {
        return Exit::Usage;
    };
    let records = report::merge(records);
    // A part is no verdict on the whole.
    let mut exit = if records.iter().any(|r| r.report.missing().is_some()) { Exit::Failure } else { Exit::Ok };
    let asked = [&args.html, &args.junit, &args.markdown, &args.json, &args.statement, &args.badge];
    if asked.iter().all(|file| file.is_none()) {
        let style = terminal.style();
        for record in &records {
            match records::as_at_the_end(record) {
                Ok(report) => terminal::out(&report::text::render(&report, &style, terminal.extent)),
                Err(fault) => {
                    terminal::error(&fault.to_string());
                    exit = Exit::Failure;
                }
            }
        }
        return exit;
    }
    // One that cannot be written does not keep the others from being written.
    let mut written = |result: Result<(), WriteError>| {
        if let Err(fault) = result {
            terminal::error(&fault.to_string());
            exit = Exit::Failure;
        }
    };
    if let Some(path) = &args.html {
        written(report::html::write(path, &records));
    }
    let mut of_one = Vec::new();
    for (option, file) in [
        ("--junit", &args.junit),
        ("--markdown", &args.markdown),
        ("--json", &args.json),
        ("--statement", &args.statement),
        ("--badge", &args.badge),
    ] {
        of_one.extend(file.as_ref().map(|file| (option, file)));
    }
    if of_one.is_empty() {
        return exit;
    }
    let [record] = &records[..] else {
        let options: Vec<&str> = of_one.iter().map(|(option, _)| *option).collect();
        terminal::error(&format!(
            "{} is for one run, and these are {}: give the slices of one run (the same target, suite and partition), or call it for each",
            options.join(", "),
            records.len()
        ));
        return Exit::Usage;
    };
    for (option, path) in of_one {
        written(view(option, path, record));
    }
    exit
}

fn view(option: &str, path: &Path, record: &Saved) -> Result<(), WriteError> {
    let report = &record.report;
    match option {
        "--junit" => report::junit::write(path, &records::as_at_the_end(record)?),
        "--markdown" => report::markdown::write(path, &records::as_at_the_end(record)?),
        "--statement" => report::statement::write(path, report),
        "--badge" => report::write_file(path, report::badge::render(report).as_bytes()),
        _ => report::json::write(path, record),
    }
}
