//! What needs attention, by cause: the gravest first, each with the trials that it cost.
//!
//! Takes the record and the names under which its trials stand in the page; gives a list of links. It decides nothing: what
//! belongs together, `causes` says.

use std::collections::HashMap;
use std::ptr;

use maud::{Markup, html};

use super::super::causes::{Cause, causes};
use super::super::phrases;
use super::code::line;
use super::parts;
use threepid_record::model::{Report, TrialRecord};

/// The section, or nothing where all went well.
pub(super) fn attention(report: &Report, ids: &[String]) -> Markup {
    let causes = causes(report);
    let ids: HashMap<*const TrialRecord, &str> =
        report.trials.iter().map(ptr::from_ref).zip(ids.iter().map(String::as_str)).collect();
    let link = |trial: &TrialRecord| {
        let id = ids.get(&ptr::from_ref(trial)).copied().unwrap_or_default();
        html! { a.mono href={ "#" (id) } data-go=(id) { (line(&trial.name())) } }
    };
    let others = |said: &str, trials: &[&TrialRecord]| {
        html! {
            @if !trials.is_empty() {
                br; span.soft { (said) " " (phrases::count(trials.len(), "trial")) ": " }
                @for (index, trial) in trials.iter().enumerate() {
                    @if index > 0 { ", " }
                    (link(trial))
                }
            }
        }
    };
    html! {
        @if !causes.is_empty() {
            section aria-labelledby="attention" {
                h2 id="attention" { "To look at" }
                @if causes.len() < causes.iter().map(Cause::cost).sum() {
                    p.soft { "By cause, the gravest first: trials that met the same thing stand together." }
                }
                ol.plainlist {
                    @for cause in &causes {
                        @if let Some(shown) = cause.shown() {
                            @let (alike, built_on) = cause.others();
                            li {
                                (parts::badge(shown.outcome)) " " (link(shown)) ": "
                                @if let Some(at) = cause.at.as_deref().filter(|at| !shown.reason.words.contains(at)) {
                                    span.mono { (line(at)) } ", "
                                }
                                (line(&shown.reason.to_string()))
                                (others("the same in", alike))
                                (others("not reached because of it:", built_on))
                            }
                        }
                    }
                }
            }
        }
    }
}
