//! `threepid report`: views of saved records.

use std::path::Path;

use super::args::ReportArgs;
use super::exit::Exit;
use super::records;
use super::terminal::{self, Terminal};
use threepid_record::model::Report;
use threepid_views::report::{self, WriteError};

pub(super) fn report(args: &ReportArgs, terminal: Terminal) -> Exit {
    let Some(reports) = records::read_all(&args.records) else {
        return Exit::Usage;
    };
    let reports = report::merge(reports);
    // A part is no verdict on the whole.
    let mut exit = if reports.iter().any(|r| r.missing().is_some()) { Exit::Failure } else { Exit::Ok };
    let asked = [&args.html, &args.junit, &args.markdown, &args.json, &args.statement, &args.badge];
    if asked.iter().all(|file| file.is_none()) {
        let style = terminal.style();
        for report in &reports {
            terminal::out(&report::text::render(report, &style, terminal.extent));
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
        written(report::html::write(path, &reports));
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
    let [report] = &reports[..] else {
        let options: Vec<&str> = of_one.iter().map(|(option, _)| *option).collect();
        terminal::error(&format!(
            "{} is for one run, and these are {}: give the slices of one run (the same target, suite and partition), or call it for each",
            options.join(", "),
            reports.len()
        ));
        return Exit::Usage;
    };
    for (option, path) in of_one {
        written(view(option, path, report));
    }
    exit
}

fn view(option: &str, path: &Path, report: &Report) -> Result<(), WriteError> {
    match option {
        "--junit" => report::junit::write(path, report),
        "--markdown" => report::markdown::write(path, report),
        "--statement" => report::statement::write(path, report),
        "--badge" => report::write_file(path, report::badge::render(report).as_bytes()),
        _ => report::json::write(path, report),
    }
}
