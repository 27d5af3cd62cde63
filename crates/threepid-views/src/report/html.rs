//! `report.html`: one file that shows a run, or several runs side by side, without a network.
//!
//! Takes one record and gives every trial as a sequence between client, homeserver and mail; takes several and gives
//! behaviours × servers. The page's own script and style are the only ones its content security policy lets run; what a
//! server said becomes text, never markup. It never writes an address from a server as a link.

mod code;
mod exchange;
mod mail;
mod matrix;
mod overview;
mod page;
mod parts;
mod sanitized_html;
mod sequence;
mod trial;

use std::collections::HashSet;
use std::path::Path;

use maud::{Markup, PreEscaped, html};

use self::code::line;
use self::page::{filters, page};
use self::trial::Detail;
use super::{WriteError, phrases, write_file};
use threepid_record::model::Report;

/// How large a page may become, near enough; past it what happened in trials is left out, first of those that passed.
const MOST_BYTES: usize = 24 * 1024 * 1024;

/// The page of one record, or of several side by side.
pub fn render(reports: &[Report]) -> String {
    match reports {
        [report] => single(report),
        several => matrix::render(several),
    }
    .into_string()
}

/// Writes the page.
///
/// # Errors
///
/// If the file cannot be written; then what stood there before still does.
pub fn write(path: &Path, reports: &[Report]) -> Result<(), WriteError> {
    write_file(path, render(reports).as_bytes())
}

fn single(report: &Report) -> Markup {
    let mut taken = HashSet::new();
    let ids: Vec<String> = report.trials.iter().map(|trial| parts::id(&trial.name(), &mut taken)).collect();
    let blocks = blocks(report, &ids);
    let flows = phrases::tally(report.trials.iter().enumerate().map(|(index, t)| (phrases::flow(&t.id), index)));
    let attention: Vec<usize> =
        (0..report.trials.len()).filter(|index| phrases::needs_attention(&report.trials[*index])).collect();
    let title = format!("{}: e-mail verification", report.target.title());
    let content = html! {
        (overview::top(report))
        main.wrap {
            (overview::overview(report))
            @if !attention.is_empty() {
                section aria-labelledby="attention" {
                    h2 id="attention" { "To look at" }
                    ul.plainlist {
                        @for index in attention {
                            @let trial = &report.trials[index];
                            li {
                                (parts::badge(trial.outcome)) " "
                                a.mono href={ "#" (ids[index]) } data-go=(ids[index]) { (line(&trial.name())) }
                                ": " (line(&trial.reason))
                            }
                        }
                    }
                }
            }
            section aria-labelledby="trials" {
                h2 id="trials" { "All trials" }
                (filters(&report.trials, &flows.iter().map(|(flow, _)| *flow).collect::<Vec<_>>(), &[]))
                @for (flow, members) in &flows {
                    section data-group {
                        h3 { (line(flow)) }
                        @for index in members { (blocks[*index]) }
                    }
                }
                p.empty #empty hidden { "Nothing fits all that is chosen." }
            }
        }
    };
    page(&title, &content)
}

/// The entries of all trials; those that need attention have the first right to the room there is.
fn blocks(report: &Report, ids: &[String]) -> Vec<Markup> {
    let mut order: Vec<usize> = (0..report.trials.len()).collect();
    order.sort_by_key(|index| !phrases::needs_attention(&report.trials[*index]));
    let mut blocks: Vec<Markup> = report.trials.iter().map(|_| PreEscaped(String::new())).collect();
    let mut size = 0;
    for index in order {
        let (trial, id) = (&report.trials[index], &ids[index]);
        let detail = if size < MOST_BYTES { Detail::Whole } else { Detail::Findings };
        let block = trial::entry(trial, id, detail);
        size += block.0.len();
        blocks[index] = block;
    }
    blocks
}

#[cfg(test)]
mod tests;
