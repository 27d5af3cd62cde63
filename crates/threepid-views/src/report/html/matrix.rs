//! Several records side by side: behaviours × servers, what differs first.

use std::collections::HashSet;
use std::io::{self, Write};

use maud::{Markup, html};

use super::super::json::Record;
use super::super::phrases;
use super::code::{line, prose};
use super::overview::moment;
use super::page::{INSIDE, around, filters, page};
use super::parts::{self, badge, class, cut, errcode};
use super::trial::findings;
use threepid_record::model::{Event, Outcome, Report, TrialRecord, VisitEnd};

/// In what the servers differ, the most telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Outcome,
    Choice,
    Answer,
    Asked,
    Same,
}

const KINDS: [(Kind, &str, &str, &str); 5] = [
    (Kind::Outcome, "outcome", "outcome differs", "Where their outcomes differ"),
    (Kind::Choice, "choice", "choice differs", "Where they choose differently, and lawfully"),
    (Kind::Answer, "answer", "answer differs", "Where they answer differently, with the same outcome"),
    (Kind::Asked, "asked", "not asked of all", "Where not all could be asked"),
    (Kind::Same, "same", "the same", "Where they do the same"),
];

/// One behaviour: what each server did, in the order of the records.
struct Row<'r> {
    trials: Vec<Option<Shown<'r>>>,
    kind: Kind,
}

impl<'r> Row<'r> {
    fn any(&self) -> Option<&'r TrialRecord> {
        self.trials.iter().flatten().next().map(|shown| shown.trial)
    }
}

/// A trial, and all that is shown of what happened in it.
#[derive(Clone, Copy)]
struct Shown<'r> {
    trial: &'r TrialRecord,
    answers: &'r [Answer],
}

/// What was answered: the number of the step, its label, and the answer in a few words.
type Answer = (usize, String, String);

/// Writes the page.
pub(super) fn put(records: &[impl Record], out: &mut impl Write) -> io::Result<()> {
    let reports: Vec<&Report> = records.iter().map(Record::report).collect();
    let mut answered: Vec<Vec<Vec<Answer>>> = Vec::new();
    for record in records {
        let each = (0..record.report().trials.len()).map(|number| Ok(answers(&*record.trial(number)?)));
        answered.push(each.collect::<io::Result<_>>()?);
    }
    let rows = rows(&reports, &answered);
    let names = names(&reports);
    let flows = phrases::tally(rows.iter().filter_map(Row::any).map(|t| (phrases::flow(&t.id), ())));
    let flows: Vec<&str> = flows.into_iter().map(|(flow, _)| flow).collect();
    let mut taken = HashSet::new();
    let kinds: Vec<(&str, &str)> =
        KINDS.iter().filter(|k| rows.iter().any(|r| r.kind == k.0)).map(|k| (k.1, k.2)).collect();
    let content = html! {
        header.top {
            div.wrap {
                p.brand { "threepid" }
                h1 { (phrases::count(reports.len(), "server")) " side by side" }
                p.verdict.skip { (summary(&rows)) }
                @if reports.iter().any(|r| r.suite != reports[0].suite) {
                    p.verdict.error { "These records come from different suites of scenarios: a behaviour of the same name may have been tested differently." }
                }
            }
        }
        main.wrap {
            section aria-labelledby="overview" {
                h2 id="overview" { "Servers" }
                (servers(&reports, &names))
            }
            section aria-labelledby="trials" {
                h2 id="trials" { "Behaviours" }
                (filters(reports.iter().flat_map(|r| &r.trials), &flows, &kinds))
                (INSIDE)
                p.empty #empty hidden { "Nothing fits all that is chosen." }
            }
        }
    };
    around(out, page("Servers side by side: e-mail verification", &content), |out| {
        for (kind, word, _, title) in KINDS.into_iter().filter(|k| rows.iter().any(|row| row.kind == k.0)) {
            let table = html! {
                section data-group {
                    h3 { (title) }
                    div.scroll tabindex="0" {
                        table.matrix {
                            thead { tr {
                                th scope="col" { "Behaviour" }
                                @for name in &names { th scope="col" { (line(name)) } }
                            } }
                            (INSIDE)
                        }
                    }
                }
            };
            around(out, table, |out| {
                let mut rows = rows.iter().filter(|row| row.kind == kind);
                rows.try_for_each(|row| out.write_all(entry(row, word, &names, &mut taken).0.as_bytes()))
            })?;
        }
        Ok(())
    })
}

fn rows<'r>(reports: &[&'r Report], answered: &'r [Vec<Vec<Answer>>]) -> Vec<Row<'r>> {
    // An old release has another prefix than a new one, and is asked the same all the same.
    let one_prefix = reports.iter().all(|report| report.asked_under_one_prefix());
    let api = |t: &TrialRecord| if one_prefix { String::new() } else { t.api.clone() };
    let key = |t: &TrialRecord| (t.id.clone(), t.case.clone(), api(t), t.repetition);
    let all = phrases::tally(
        reports
            .iter()
            .zip(answered)
            .enumerate()
            .flat_map(|(at, (r, answered))| r.trials.iter().zip(answered).map(move |(t, a)| (t, a, at)))
            .map(|(trial, answers, at)| (key(trial), (at, Shown { trial, answers }))),
    );
    let mut rows: Vec<Row<'_>> = all
        .into_iter()
        .map(|(_, members)| {
            let mut trials = vec![None; reports.len()];
            for (at, trial) in members {
                trials[at].get_or_insert(trial);
            }
            let kind = kind(&trials);
            Row { trials, kind }
        })
        .collect();
    // Stable: within a kind they stay in the order of the plan.
    rows.sort_by_key(|row| row.kind);
    rows
}

fn kind(trials: &[Option<Shown<'_>>]) -> Kind {
    let asked: Vec<&Shown<'_>> = trials.iter().flatten().filter(|t| t.trial.outcome != Outcome::Skip).collect();
    let differ = |same: &dyn Fn(&Shown<'_>, &Shown<'_>) -> bool| asked.windows(2).any(|two| !same(two[0], two[1]));
    if differ(&|a, b| a.trial.outcome == b.trial.outcome) {
        Kind::Outcome
    } else if differ(&|a, b| a.trial.choices == b.trial.choices) {
        Kind::Choice
    } else if differ(&|a, b| a.answers == b.answers) {
        Kind::Answer
    } else if asked.len() < trials.len() && !asked.is_empty() {
        Kind::Asked
    } else {
        Kind::Same
    }
}

/// What was answered at each step, in a few words, up to the first race: what comes then is chance.
fn answers(trial: &TrialRecord) -> Vec<Answer> {
    let race = trial.transcript.race().unwrap_or(usize::MAX);
    let entries = trial.transcript.entries.iter().filter(|e| e.turn == 0 && e.step.is_none_or(|step| step < race));
    entries
        .filter_map(|entry| {
            let said = match &entry.event {
                Event::Exchange(exchange) => status(exchange),
                Event::Visit(visit) => {
                    let status = visit.answer().map(status).unwrap_or_default();
                    let end = match &visit.end {
                        VisitEnd::Page if visit.submitted => "page, form sent",
                        VisitEnd::Page => "page",
                        VisitEnd::Redirect(_) => "redirect",
                        VisitEnd::NotFollowed(_) => "not followed",
                        VisitEnd::Undecided(_) => "undecided",
                        VisitEnd::Failed => "failed",
                    };
                    format!("{status} {end}")
                }
                Event::Delivery(delivery) => {
                    let kinds: Vec<&str> =
                        delivery.mails.iter().flat_map(|m| &m.parts).map(|p| p.content_type.as_str()).collect();
                    format!("{} {}", phrases::count(delivery.mails.len(), "mail"), kinds.join(" + "))
                }
                Event::NoMailWindow(silence) if silence.mails.is_empty() => "no mail".to_owned(),
                Event::NoMailWindow(silence) => phrases::count(silence.mails.len(), "mail"),
                Event::RequestLogQuery(inquiry) => phrases::count(inquiry.requests.len(), "request"),
                Event::RepeatResult(rounds) if rounds.reached => {
                    format!("after {}", phrases::count(rounds.times, "round"))
                }
                Event::RepeatResult(rounds) => format!("not in {}", phrases::count(rounds.times, "round")),
                Event::Stop(_) => "stopped".to_owned(),
                // What the harness did itself is the same for all.
                _ => return None,
            };
            Some((entry.step?, entry.label.clone(), said))
        })
        .collect()
}

fn status(exchange: &threepid_record::model::Exchange) -> String {
    match &exchange.response {
        Some(response) => {
            format!("{} {}", response.status, errcode(exchange).map(|code| cut(&code)).unwrap_or_default())
        }
        None => "no answer".to_owned(),
    }
}

fn entry(row: &Row<'_>, kind: &str, names: &[String], taken: &mut HashSet<String>) -> Markup {
    let Some(first) = row.any() else {
        return html! {};
    };
    let name = TrialRecord { variant: "plain".to_owned(), ..stub(first) }.name();
    let id = parts::id(&name, taken);
    let outcomes: Vec<&str> = row.trials.iter().flatten().map(|t| class(t.trial.outcome)).collect();
    let levels: Vec<&str> = row.trials.iter().flatten().map(|t| t.trial.level.word()).collect();
    html! {
        tbody id=(id) data-entry data-outcome=(outcomes.join(" ")) data-level=(levels.join(" "))
            data-flow=(phrases::flow(&first.id)) data-kind=(kind) {
            tr {
                th scope="row" {
                    span.mono { (line(&name)) }
                    span.title { (prose(&first.title)) }
                }
                @for shown in &row.trials { td { (cell(shown.map(|shown| shown.trial))) } }
            }
            tr.more {
                td colspan=(names.len() + 1) {
                    details.fold {
                        summary { "What each answered" }
                        (answered(row, names))
                        @for (shown, name) in row.trials.iter().zip(names) {
                            @if let Some(Shown { trial, .. }) = shown {
                                @if !trial.findings.is_empty() { h5 { (line(name)) } (findings(trial)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What names a trial, without what happened in it.
fn stub(trial: &TrialRecord) -> TrialRecord {
    TrialRecord {
        transcript: threepid_record::model::Transcript::default(),
        findings: Vec::new(),
        choices: Vec::new(),
        ..trial.clone()
    }
}

fn cell(trial: Option<&TrialRecord>) -> Markup {
    let Some(trial) = trial else {
        return html! { span.soft { "not in this record" } };
    };
    html! {
        (badge(trial.outcome))
        @for choice in &trial.choices { span.choice { (line(&choice.step)) ": " b { (line(&choice.chosen)) } } }
        @if !matches!(trial.outcome, Outcome::Pass) { span.choice { (line(&cut(&trial.reason.to_string()))) } }
    }
}

/// Steps × servers.
fn answered(row: &Row<'_>, names: &[String]) -> Markup {
    let each: Vec<&[Answer]> = row.trials.iter().map(|shown| shown.map(|s| s.answers).unwrap_or_default()).collect();
    let mut steps: Vec<(usize, String)> = Vec::new();
    for (index, label, _) in each.iter().copied().flatten() {
        if !steps.iter().any(|(known, _)| known == index) {
            steps.push((*index, label.clone()));
        }
    }
    steps.sort_by_key(|(index, _)| *index);
    let said = |answers: &[Answer], step: usize| {
        answers
            .iter()
            .find(|(index, _, _)| *index == step)
            .map(|(_, _, said)| said.trim().to_owned())
            .unwrap_or_default()
    };
    html! {
        @if steps.is_empty() { p.soft { "Nothing was asked." } } @else {
            div.scroll tabindex="0" {
                table.answers {
                    thead { tr { th scope="col" { "Step" } @for name in names { th scope="col" { (line(name)) } } } }
                    tbody {
                        @for (index, label) in &steps {
                            @let cells: Vec<String> = each.iter().map(|answers| said(answers, *index)).collect();
                            @let told: Vec<&String> = cells.iter().filter(|cell| !cell.is_empty()).collect();
                            tr.unlike[told.windows(2).any(|two| two[0] != two[1])] {
                                th scope="row" { (index + 1) ". " (line(label)) }
                                @for cell in &cells { td { @if cell.is_empty() { "–" } @else { (line(cell)) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn summary(rows: &[Row<'_>]) -> String {
    let of = |kind: Kind| rows.iter().filter(|row| row.kind == kind).count();
    let mut parts = vec![phrases::count(rows.len(), "behaviour") + "."];
    for (kind, one, many) in [
        (Kind::Outcome, "differs in outcome", "differ in outcome"),
        (Kind::Choice, "differs in a lawful choice", "differ in a lawful choice"),
        (
            Kind::Answer,
            "is answered differently with the same outcome",
            "are answered differently with the same outcome",
        ),
        (Kind::Asked, "could not be asked of all", "could not be asked of all"),
        (Kind::Same, "is the same everywhere", "are the same everywhere"),
    ] {
        match of(kind) {
            0 => {}
            1 => parts.push(format!("1 {one}.")),
            n => parts.push(format!("{n} {many}.")),
        }
    }
    parts.join(" ")
}

/// A name for each column: the target, and its version if neither the name nor the target is the harness's own. Where
/// that is not enough, where it was reached tells them apart, and else when.
fn names(reports: &[&Report]) -> Vec<String> {
    let short = |report: &Report| {
        let title = report.target.title();
        match &report.target.server {
            Some(server) if !title.contains('@') && report.target.name != "reference" => format!("{title} ({server})"),
            _ => title,
        }
    };
    let at = |report: &Report| format!("{} at {}", short(report), report.target.url);
    let when = |report: &Report| format!("{}, {}", at(report), moment(&report.started));
    let ways: [&dyn Fn(&Report) -> String; 3] = [&short, &at, &when];
    let alone = |way: &dyn Fn(&Report) -> String, name: &str| reports.iter().filter(|r| way(r) == name).count() < 2;
    let name = |report: &Report| {
        let fits = ways.iter().map(|way| (way, way(report))).find(|(way, name)| alone(way, name));
        fits.map_or_else(|| when(report), |(_, name)| name)
    };
    reports.iter().copied().map(name).collect()
}

fn servers(reports: &[&Report], names: &[String]) -> Markup {
    let columns: Vec<Outcome> =
        parts::OUTCOMES.into_iter().filter(|outcome| reports.iter().any(|r| r.counts.having(*outcome) > 0)).collect();
    html! {
        div.scroll tabindex="0" {
            table.servers {
                thead { tr {
                    @for title in ["Server", "Says it is", "Speaks", "Run", "Suite"] { th scope="col" { (title) } }
                    @for outcome in &columns { th.n scope="col" { (phrases::outcome(*outcome).0.to_lowercase()) } }
                } }
                tbody {
                    @for (report, name) in reports.iter().zip(names) {
                        tr {
                            th scope="row" { (line(name)) }
                            td { (line(report.target.server.as_deref().unwrap_or("–"))) }
                            td { "up to " (line(report.target.versions.last().map_or("–", String::as_str))) }
                            td { (line(&moment(&report.started))) }
                            td.mono { (line(&report.suite)) }
                            @for outcome in &columns {
                                @let count = report.counts.having(*outcome);
                                td class={ "n " @if count == 0 { "zero" } @else { (class(*outcome)) } } { (count) }
                            }
                        }
                    }
                }
            }
        }
    }
}
