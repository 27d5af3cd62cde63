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
mod parts;
mod sanitized_html;
mod sequence;
mod trial;

use std::collections::HashSet;
use std::path::Path;

use base64::Engine as _;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use self::code::line;
use self::parts::{OUTCOMES, class};
use self::trial::Detail;
use super::{WriteError, phrases, write_file};
use threepid_record::model::{Level, Report, TrialRecord};

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

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

/// The form that the script filters by. It is there only where the script is.
fn filters<'t>(trials: impl IntoIterator<Item = &'t TrialRecord>, flows: &[&str], kinds: &[(&str, &str)]) -> Markup {
    let (mut outcomes, mut levels) = (HashSet::new(), HashSet::new());
    for trial in trials {
        outcomes.insert(trial.outcome);
        levels.insert(trial.level);
    }
    let chip = |name: &str, value: &str, label: &str| {
        html! { label.chip { input type="checkbox" name=(name) value=(value); span { (label) } } }
    };
    html! {
        div.controls {
            form #filters hidden role="search" aria-label="Filter" {
                input type="search" name="text" placeholder="Find in names, bodies, mails …" aria-label="Text"
                    autocomplete="off" spellcheck="false";
                fieldset.chips {
                    legend { "Outcome" }
                    @for outcome in OUTCOMES.into_iter().filter(|o| outcomes.contains(o)) {
                        (chip("outcome", class(outcome), &phrases::outcome(outcome).0.to_lowercase()))
                    }
                }
                fieldset.chips {
                    legend { "Level" }
                    @for level in Level::ALL.into_iter().filter(|l| levels.contains(l)) {
                        (chip("level", level.word(), level.word()))
                    }
                }
                @if !kinds.is_empty() {
                    fieldset.chips {
                        legend { "Difference" }
                        @for (kind, label) in kinds { (chip("kind", kind, label)) }
                    }
                }
                select name="flow" aria-label="Flow" {
                    option value="" { "all flows" }
                    @for flow in flows { option value=(flow) { (line(flow)) } }
                }
                span.shown #shown role="status" {}
                button.plain #reset type="button" { "Show all" }
            }
        }
    }
}

/// The whole document around its content.
fn page(title: &str, content: &Markup) -> Markup {
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; img-src data:; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'",
        hash(SCRIPT),
        hash(STYLE)
    );
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                link rel="icon" href="data:,";
                title { (line(title)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.jump href="#trials" { "Skip to the trials" }
                (content)
                footer.wrap {
                    p {
                        "Made by threepid. Secrets are replaced by " mark { "REDACTED-…" }
                        "; the same secret has the same number throughout a trial."
                    }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

/// The hash by which a content security policy knows an inline script or style.
fn hash(text: &str) -> String {
    format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text.as_bytes())))
}

#[cfg(test)]
mod tests;
