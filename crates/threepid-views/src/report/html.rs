//! `report.html`: one file that shows a run, or several runs side by side, without a network.
//!
//! Takes one record and gives every trial as a sequence between client, homeserver and mail; takes several and gives
//! behaviours × servers. The page's own script and style are the only ones its content security policy lets run; what a
//! server said becomes text, never markup. It never writes an address from a server as a link.

mod attention;
mod brief;
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
use std::io::{self, BufWriter, IntoInnerError, Write};
use std::path::Path;

use maud::{Markup, PreEscaped, html};

use self::code::line;
use self::page::{INSIDE, around, filters, page};
use self::trial::Detail;
use super::file::AtomicFile;
use super::json::Record;
use super::{WriteError, phrases};
use threepid_record::model::{Outcome, Report};

/// How large a page may become, near enough; past it what happened in trials is left out, first of those that passed.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// How large trials that passed may become together to be shown with headers, sources and commands; past it all of them
/// are shown without. A page of the whole suite has to open at once on a phone.
const MOST_PASSED_BYTES: usize = 256 * 1024;

/// The page of one record, or of several side by side.
pub fn render(reports: &[Report]) -> String {
    let mut page = Vec::new();
    // Nothing is written but text, and into memory.
    let _ = put(reports, &mut page);
    String::from_utf8(page).unwrap_or_default()
}

/// Writes the page.
///
/// # Errors
///
/// If the file cannot be written, or a trial cannot be read; then what stood there before still does.
pub fn write(path: &Path, records: &[impl Record]) -> Result<(), WriteError> {
    let mut file = BufWriter::new(AtomicFile::create(path)?);
    let written = put(records, &mut file).and_then(|()| file.into_inner().map_err(IntoInnerError::into_error));
    written.map_err(WriteError::new("write", path))?.finish()
}

fn put(records: &[impl Record], page: &mut impl Write) -> io::Result<()> {
    match records {
        [record] => single(record, page),
        several => matrix::put(several, page),
    }
}

fn single(record: &impl Record, out: &mut impl Write) -> io::Result<()> {
    let report = record.report();
    let mut taken = HashSet::new();
    let ids: Vec<String> = report.trials.iter().map(|trial| parts::id(&trial.name(), &mut taken)).collect();
    let (blocks, brief) = blocks(record, &ids)?;
    let flows = phrases::tally(report.trials.iter().enumerate().map(|(index, t)| (phrases::flow(&t.id), index)));
    let title = format!("{}: e-mail verification", report.target.title());
    let content = html! {
        (overview::top(report))
        main.wrap {
            (overview::overview(report))
            (attention::attention(report, &ids))
            section aria-labelledby="trials" {
                h2 id="trials" { "All trials" }
                (filters(&report.trials, &flows.iter().map(|(flow, _)| *flow).collect::<Vec<_>>(), &[]))
                @if brief {
                    p.soft { "Trials that passed are shown in short; report.json has their headers, whole mails and pages." }
                }
                (INSIDE)
                p.empty #empty hidden { "Nothing fits all that is chosen." }
            }
        }
    };
    around(out, page(&title, &content), |out| {
        for (flow, members) in &flows {
            let group = html! { section data-group { h3 { (line(flow)) } (INSIDE) } };
            around(out, group, |out| members.iter().try_for_each(|index| out.write_all(blocks[*index].0.as_bytes())))?;
        }
        Ok(())
    })
}

/// The entries of all trials, and whether those that passed are shown in short; those that need attention have the first
/// right to the room there is.
fn blocks(record: &impl Record, ids: &[String]) -> io::Result<(Vec<Markup>, bool)> {
    let report = record.report();
    let mut order: Vec<usize> = (0..report.trials.len()).collect();
    order.sort_by_key(|index| !phrases::needs_attention(&report.trials[*index]));
    let (mut room, mut brief) = (MOST_PASSED_BYTES, false);
    for index in (0..ids.len()).filter(|index| report.trials[*index].outcome == Outcome::Pass) {
        let taken = trial::entry(report, &*record.trial(index)?, &ids[index], Detail::Whole).0.len();
        brief = taken > room;
        if brief {
            break;
        }
        room -= taken;
    }
    let mut blocks: Vec<Markup> = report.trials.iter().map(|_| PreEscaped(String::new())).collect();
    let mut size = 0;
    for index in order {
        let (trial, id) = (record.trial(index)?, &ids[index]);
        let detail = match trial.outcome {
            _ if size >= MOST_BYTES => Detail::Findings,
            Outcome::Pass if brief => Detail::Brief,
            _ => Detail::Whole,
        };
        let block = trial::entry(report, &trial, id, detail);
        size += block.0.len();
        blocks[index] = block;
    }
    Ok((blocks, brief))
}

#[cfg(test)]
mod tests;
