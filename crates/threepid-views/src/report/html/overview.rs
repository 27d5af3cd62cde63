//! The top of the page: what was asked, what it means, and how it went by flow and level.

use maud::{Markup, html};

use super::super::summary::{Standing, flows};
use super::super::{conclusion, phrases, statement};
use super::code::line;
use super::parts::{OUTCOMES, class, meaning};
use threepid_record::model::{Counts, Outcome, Report};

/// What the target is, and what the run means.
pub(super) fn top(report: &Report) -> Markup {
    let target = &report.target;
    let kind = match Standing::of(report) {
        Standing::Broken => "fail",
        Standing::Unknown => "error",
        Standing::Clean | Standing::Noted => "pass",
        Standing::WithoutMail | Standing::Nothing => "skip",
    };
    let offered: Vec<&str> = target.abilities.iter().filter(|a| a.offered).map(|a| a.name.as_str()).collect();
    html! {
        header.top {
            div.wrap {
                p.brand { "threepid " (line(&report.threepid)) }
                h1 { (line(&target.title())) }
                p class={ "verdict " (kind) } { (line(&conclusion(report))) }
                dl.facts {
                    (fact("Server", target.server.as_deref().unwrap_or("unknown")))
                    (fact("Address", &target.url))
                    @if target.public_url != target.url { (fact("Its links carry", &target.public_url)) }
                    (fact("Run", &format!("{}, in {}", moment(&report.started), phrases::duration(report.duration_ms))))
                    (fact("Suite and seed", &format!("{}, {}", report.suite, report.seed)))
                    @if let Some(browser) = &report.browser { (fact("Browser", browser)) }
                    (fact("Speaks", &versions(&target.versions)))
                    div.wide { dt { "Offers" } dd { (line(&offered.join(", "))) } }
                    @if target.abilities.iter().any(|a| !a.offered) {
                        div.wide {
                            dt { "Lacks" }
                            dd { ul {
                                @for ability in target.abilities.iter().filter(|a| !a.offered) {
                                    li { (line(&ability.name)) ": " span.soft { (line(&ability.reason)) } }
                                }
                            } }
                        }
                    }
                }
            }
        }
    }
}

fn fact(name: &str, text: &str) -> Markup {
    html! { div { dt { (name) } dd { (line(text)) } } }
}

/// A time as people write it: `2026-11-23 12:00 UTC`.
pub(super) fn moment(rfc3339: &str) -> String {
    match (rfc3339.get(..10), rfc3339.get(11..16)) {
        (Some(day), Some(minute)) if rfc3339.ends_with('Z') => format!("{day} {minute} UTC"),
        _ => rfc3339.to_owned(),
    }
}

/// The first and the last of many versions; a list of twenty tells nobody more.
fn versions(versions: &[String]) -> String {
    match versions {
        [first, _, _, .., last] => format!("{first} to {last}"),
        few => few.join(", "),
    }
}

/// The outcomes as numbers, as a bar, by flow and by level.
pub(super) fn overview(report: &Report) -> Markup {
    // A column that nobody needs only makes the table wide.
    let usual = [Outcome::Fail, Outcome::Error, Outcome::Pass];
    let outcomes: Vec<Outcome> =
        OUTCOMES.into_iter().filter(|outcome| usual.contains(outcome) || report.counts.having(*outcome) > 0).collect();
    let columns: Vec<(String, &str)> =
        outcomes.iter().map(|outcome| (phrases::outcome(*outcome).0.to_lowercase(), class(*outcome))).collect();
    let verdicts = [("not met", "fail"), ("unknown", "error"), ("met", "pass"), ("not tested", "skip")];
    let verdicts = verdicts.map(|(word, class)| (word.to_owned(), class));
    html! {
        section aria-labelledby="overview" {
            h2 id="overview" { "Overview" }
            div.tiles {
                @for outcome in OUTCOMES {
                    @let count = report.counts.having(outcome);
                    @let kind = class(outcome);
                    @if count > 0 || !outcome.is_of_known_deviation() {
                        button type="button" disabled class={ "tile " (kind) @if count == 0 { " none" } }
                            data-filter={ "outcome=" (kind) } {
                            b { (count) } span { (meaning(outcome)) }
                        }
                    }
                }
            }
            (proportion(&report.counts))
            div.tables {
                (table("By flow, in trials", "flow", &columns, flows(report).into_iter().map(|(flow, counts)| {
                    (flow.to_owned(), outcomes.iter().map(|outcome| counts.having(*outcome)).collect())
                })))
                (table("By level, in expectations", "level", &verdicts, statement::levels(report).iter().map(|one| {
                    (one.level.word().to_owned(), vec![one.not_met, one.unknown, one.met, one.not_tested])
                })))
            }
        }
    }
}

/// A bar of the outcomes; the numbers beside it say the same in words.
fn proportion(counts: &Counts) -> Markup {
    let total = counts.total().max(1) as f64;
    let mut from = 0.0;
    let pieces: Vec<(f64, f64, &str)> = OUTCOMES
        .into_iter()
        .map(|outcome| {
            let width = counts.having(outcome) as f64 / total * 100.0;
            from += width;
            (from - width, width, class(outcome))
        })
        .collect();
    html! {
        svg.proportion viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true" {
            @for (x, width, kind) in pieces {
                @if width > 0.0 {
                    rect class=(kind) x=(format!("{x:.2}")) y="0" width=(format!("{width:.2}")) height="1" {}
                }
            }
        }
    }
}

/// A table of numbers: of each column its name and its class, of each row its name and the numbers.
fn table(
    title: &str,
    filter: &str,
    columns: &[(String, &str)],
    rows: impl Iterator<Item = (String, Vec<usize>)>,
) -> Markup {
    html! {
        div.scroll tabindex="0" {
            table {
                caption { (title) }
                thead { tr {
                    th scope="col" { (filter) }
                    @for (word, _) in columns { th.n scope="col" { (word) } }
                } }
                tbody {
                    @for (name, counts) in rows {
                        tr {
                            th scope="row" {
                                button type="button" disabled data-filter={ (filter) "=" (name) } { (line(&name)) }
                            }
                            @for ((_, class), count) in columns.iter().zip(counts) {
                                td class={ "n " @if count == 0 { "zero" } @else { (class) } } { (count) }
                            }
                        }
                    }
                }
            }
        }
    }
}
