//! One trial: what was required, what was there instead, and all that happened.

use maud::{Markup, html};

use super::super::{again, phrases};
use super::code::{line, prose};
use super::parts::{badge, class, level, spec, value, weight};
use super::{brief, sequence};
use threepid_record::model::{Finding, FindingKind, Outcome, Report, TrialRecord};

/// How a trial is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// With all that happened.
    Whole,
    /// With what was said, as one of many that passed.
    Brief,
    /// Without what happened, because the page would become too large.
    Findings,
}

/// The whole entry of one trial.
pub(super) fn entry(report: &Report, trial: &TrialRecord, id: &str, detail: Detail) -> Markup {
    let flow = phrases::flow(&trial.id);
    html! {
        details.trial id=(id) data-entry data-outcome=(class(trial.outcome)) data-level=(trial.level.word())
            data-flow=(flow) {
            summary {
                (badge(trial.outcome))
                h4.mono { (line(&trial.name())) }
                span.side { (level(trial.level)) " " (phrases::duration(trial.duration_ms)) }
                span.title { (prose(&trial.title)) }
                @if !matches!(trial.outcome, Outcome::Pass) { span.why { (line(&trial.reason.to_string())) } }
            }
            div.body {
                div.meta {
                    @if let Some(place) = &trial.spec { span { "Specification: " (spec(place)) } }
                    @if !trial.covers.is_empty() { span { "Covers: " (line(&trial.covers.join(", "))) } }
                    span { "Variant " code { (line(&trial.variant)) } ", API " code { (line(&trial.api)) } }
                    @if detail != Detail::Brief { a href={ "#" (id) } data-go=(id) { "Link to this trial" } }
                }
                @for choice in &trial.choices {
                    p { "Of several lawful answers at " b { (line(&choice.step)) } " it gave: " b { (line(&choice.chosen)) } }
                }
                (findings(trial))
                @if trial.transcript.entries.is_empty() {
                    @if trial.outcome != Outcome::Skip && trial.rule.is_none() { p.soft { "What happened was not recorded." } }
                } @else if detail == Detail::Whole {
                    (sequence::diagram(trial, id))
                } @else if detail == Detail::Brief {
                    (brief::diagram(trial, id))
                } @else {
                    p.soft { "What happened is left out, because this page would become too large; report.json has it." }
                }
                @if phrases::needs_attention(trial) { (repeat(report, trial)) }
            }
        }
    }
}

/// The command that does a trial again, all of it.
fn repeat(report: &Report, trial: &TrialRecord) -> Markup {
    html! {
        @if let Some(command) = again::command(report, trial) {
            h5 { "Do it all again" }
            div.repeat { pre tabindex="0" { (line(&command)) } button.copy type="button" data-copy="1" { "Copy" } }
            @if let Some(note) = again::note(report) { p.soft { (phrases::capital(&note)) "." } }
        }
    }
}

/// What is not as required, one block for each requirement: what explains the others first, then the gravest.
pub(super) fn findings(trial: &TrialRecord) -> Markup {
    let mut findings: Vec<&Finding> = trial.findings.iter().collect();
    findings.sort_by_key(|f| {
        let explains = trial.is_not_reached() && f.kind == FindingKind::Precondition;
        (f.kind == FindingKind::Unknown, !explains, f.level.gravity())
    });
    let groups = phrases::tally(findings.into_iter().map(|f| ((f.step_index, f.kind, f.level, &f.requirement), f)));
    html! {
        @for (_, members) in &groups {
            @let first = members[0];
            @if first.kind == FindingKind::Unknown {
                div.finding.unknown { p { b { "unknown" } " – " (prose(&first.requirement)) ": " (line(&first.actual)) } }
            } @else {
            div class={ "finding " (weight(first)) } {
                p { b { (weight(first)) } " – " (prose(&first.requirement)) }
                p.where {
                    "Step " b { (line(&first.step)) }
                    @if let Some(place) = &first.spec { ", " (spec(place)) }
                    @if let Some(place) = &first.place {
                        ", " code { (line(&place.file)) ":" (place.line) ":" (place.column) }
                    }
                }
                @for (name, text) in first.basis.parts() {
                    p.basis { b { (phrases::capital(name)) ": " } (prose(&text)) }
                }
                (against(members))
            }
            }
        }
    }
}

fn against(findings: &[&Finding]) -> Markup {
    html! {
        div.against {
            div.head { "what" } div.head { "expected" } div.head { "actual" }
            @for finding in findings {
                div { (value(&phrases::subject(finding))) }
                div.wanted { (value(&finding.expected)) }
                div.was { (value(&finding.actual)) }
            }
        }
    }
}
