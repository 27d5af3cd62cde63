//! `threepid run`: from arguments to trials to reports and an exit code.

mod doctor;
mod kept;
mod not_run;
mod notes;
mod prepare;
mod repeat;
mod several;
mod variants;

use std::time::{Instant, SystemTime};

pub(super) use doctor::doctor;
use kept::Kept;
pub(super) use prepare::Known;
use prepare::{One, Prepared, prepare, said};
pub(super) use several::{folder_of, several};
use variants::{Outcome, Together};

use super::args::{ApiChoice, Format, RunArgs};
use super::exit::Exit;
use super::interrupt::Interrupt;
use super::output::Output;
use super::serve::{find_defects, find_shapes};
use super::start::Starter;
use super::terminal::{self, Terminal};
use crate::suite::Session;
use crate::target::{Kind, Watch};
use threepid_engine::plan::{Api, Planned, plan};
use threepid_record::model::{Report, TargetInfo};
use threepid_views::report::events::{self, RunEvent};
use threepid_views::report::{WriteError, annotations, drafts, markdown, outputs, text, visible, write_file};
use threepid_wire::mail::Sink;

/// Where mail is taken when somebody else's homeserver has to know it beforehand.
const USUAL_SMTP: &str = "127.0.0.1:2525";

pub(super) async fn run(args: RunArgs, terminal: Terminal) -> Exit {
    let interrupt = Interrupt::listen();
    let seed = args.seed.unwrap_or_else(crate::random::number);
    if args.target.len() > 1 {
        return several(&args, &args.target, Known::Excused, seed, terminal, &interrupt).await;
    }
    let target = args.target.first().cloned();
    let one = One { target, output: args.output.clone(), seed, deviations: Known::Excused };
    match prepare(&args, &one, terminal) {
        Ok(prepared) => prepared.run(&interrupt).await,
        Err(refused) => said(refused),
    }
}

impl Prepared<'_> {
    async fn run(self, interrupt: &Interrupt) -> Exit {
        let cancel = &interrupt.stop;
        let sink = match self.sink().await {
            Ok(sink) => sink,
            Err(message) => {
                terminal::error(&message);
                return Exit::Failure;
            }
        };
        let output = match self.output.as_deref().map(Output::create).transpose() {
            Ok(output) => output,
            Err(fault) => {
                terminal::error(&format!("{fault} (--output)"));
                return Exit::Failure;
            }
        };
        let begun = (SystemTime::now(), Instant::now());
        let at = super::clock::stamp(begun.0);
        self.tell(RunEvent::Started { suite: &self.suite.sources.hash(), seed: self.seed, at: &at });
        let mut kept = Kept::new(output, self.only_rules);
        let waited = match self.starter(&sink) {
            Ok(starter) => tokio::select! {
                waited = starter.wait() => waited.err(),
                () = cancel.cancelled() => None,
            },
            Err(message) => {
                terminal::error(&message);
                return Exit::Usage;
            }
        };
        let Outcome { target, broken } = Together::new(&self, interrupt, &sink, &mut kept, waited).run().await;
        interrupt.unless_now(self.browser.stop()).await;
        interrupt.unless_now(sink.shutdown()).await;
        self.orphans(broken.is_none() && !cancel.is_cancelled());
        kept.rules(&self, |record| self.tell(RunEvent::Trial(record)));
        self.finish(target, kept, broken, begun, cancel.is_cancelled())
    }

    /// Where mail is taken.
    async fn sink(&self) -> Result<Sink, String> {
        let external = self.args.homeserver.is_some() || self.profile.kind == Kind::External;
        let listen = match self.args.smtp_listen {
            Some(listen) => listen,
            None => {
                let usual = if external { USUAL_SMTP } else { "127.0.0.1:0" };
                usual.parse().map_err(|fault| format!("{usual}: {fault}"))?
            }
        };
        super::sink::open(listen, self.args.smtp_starttls, &self.args.smtp).await
    }

    fn starter<'s>(&'s self, sink: &'s Sink) -> Result<Starter<'s>, String> {
        Ok(Starter {
            args: self.args,
            profile: &self.profile,
            defects: find_defects(&self.args.defect)?,
            shapes: find_shapes(&self.args.shape)?,
            sink,
            seed: self.seed,
            authorities: self.authorities.as_ref(),
            watch: Watch::default(),
            browser: &self.browser,
        })
    }

    /// The API versions to use.
    fn apis(&self, session: &Session) -> Result<Vec<Api>, String> {
        let offered = session.apis();
        let only = |api: Api| {
            if offered.contains(&api) {
                Ok(vec![api])
            } else {
                let info = &session.target.info;
                Err(format!(
                    "the target does not serve {api} (--api): its /versions lists {}",
                    info.versions.join(", ")
                ))
            }
        };
        match self.args.api {
            ApiChoice::Auto => Ok(offered.into_iter().take(1).collect()),
            ApiChoice::Both => Ok(offered),
            ApiChoice::V3 => only(Api::V3),
            ApiChoice::R0 => only(Api::R0),
        }
    }

    /// How many trials all variants have together, as far as the first lets know.
    fn planned(&self, session: &Session) -> usize {
        let apis = self.apis(session).unwrap_or_default();
        let info = &session.target.info;
        let each = self.groups.iter();
        let all: usize =
            each.map(|(variant, scenarios)| plan(&self.suite, scenarios, variant, info, &apis).len()).sum();
        all * self.args.repeat as usize + self.unfit(session).len()
    }

    /// Trials that no variant can run.
    fn unfit(&self, session: &Session) -> Vec<Planned> {
        let mut planned = Vec::new();
        for (scenario, cases, reason) in &self.unfit {
            let selected = [(*scenario, cases.clone())];
            let apis: Vec<Api> = session.apis().into_iter().take(1).collect();
            for mut one in plan(&self.suite, &selected, &session.variant, &session.target.info, &apis) {
                one.skip = Some(reason.clone());
                planned.push(one);
            }
        }
        planned
    }

    /// Tells a program what happened, if it is one that listens.
    fn tell(&self, happened: RunEvent<'_>) {
        if self.args.format == Format::Json {
            terminal::out(&events::json(happened));
        }
    }

    /// What the place where it runs asks for besides: the drafts of deviations, and what a CI system shows. Gives
    /// everything that could not be written.
    fn surroundings(&self, report: &Report) -> Vec<WriteError> {
        let mut faults = Vec::new();
        if let Some(path) = &self.args.write_deviations {
            faults.extend(write_file(path, drafts::render(report).as_bytes()).err());
        }
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        if let Some(path) = set("GITHUB_STEP_SUMMARY") {
            faults.extend(markdown::append(path.as_ref(), report).err());
        }
        if let Some(path) = set("GITHUB_OUTPUT") {
            faults.extend(outputs::append(path.as_ref(), report).err());
        }
        if set("GITHUB_ACTIONS").is_some() {
            let folder = self.args.scenarios.scenarios.as_deref().unwrap_or("scenarios".as_ref());
            // The runner reads both streams, and results must stay what they are.
            terminal::err(&annotations::render(report, &folder.to_string_lossy()));
        }
        faults
    }

    fn finish(
        &self,
        target: Option<TargetInfo>,
        kept: Kept,
        broken: Option<String>,
        begun: (SystemTime, Instant),
        interrupted: bool,
    ) -> Exit {
        let Kept { records, output, .. } = kept;
        let tested = target.is_some();
        let (counts, left_out) = (records.counts, records.left_out);
        let report = Report {
            schema: Report::SCHEMA,
            threepid: env!("CARGO_PKG_VERSION").to_owned(),
            suite: self.suite.sources.hash(),
            seed: self.seed,
            started: super::clock::stamp(begun.0),
            duration_ms: begun.1.elapsed().as_secs_f64() * 1000.0,
            interrupted,
            error: broken.clone(),
            slices: self.slices(),
            browser: self.browser.used(),
            snapshots: self.settings.snapshots.as_ref().map(|snapshots| snapshots.mode().to_owned()),
            repeat: repeat::arguments(
                self.args,
                self.target.as_deref(),
                target.as_ref().unwrap_or(&self.unknown_target()),
            ),
            target: target.unwrap_or_else(|| self.unknown_target()),
            counts,
            trials: records.trials,
        };
        let mut exit = if tested { verdict(&report) } else { Exit::Ok };
        // Without a target there is one thing to say, and it is said below.
        if tested && self.args.format == Format::Text {
            terminal::out(&text::outcome(&report, &self.terminal.style(), self.terminal.extent));
        }
        for fault in if tested || broken.is_some() { self.surroundings(&report) } else { Vec::new() } {
            terminal::error(&fault.to_string());
            exit = Exit::Failure;
        }
        if let Some(fault) = self.settings.snapshots.as_ref().and_then(|snapshots| snapshots.fault()) {
            terminal::error(&format!("{fault} (--snapshots)"));
            exit = Exit::Failure;
        }
        let taken = self.taken(&report);
        // An older record that stayed there would be taken for this run's.
        for fault in output.map(|output| output.finish(report)).unwrap_or_default() {
            terminal::error(&format!("{fault} (--output)"));
            exit = Exit::Failure;
        }
        if let Some(folder) = self.output.as_ref().filter(|_| tested) {
            let page = folder.join("report.html");
            if page.is_file() {
                terminal::err(&format!("the report: {}\n", visible(&page.display().to_string())));
            }
        }
        self.tell(RunEvent::Finished {
            counts: &counts,
            duration_ms: begun.1.elapsed().as_secs_f64() * 1000.0,
            interrupted,
            error: broken.as_deref(),
        });
        taken.iter().for_each(|note| terminal::err(note));
        self.left_out(left_out);
        if let Some(message) = broken {
            terminal::error(&message);
            exit = Exit::Failure;
        }
        if interrupted { Exit::Interrupted } else { exit }
    }
}

/// The exit code that the outcomes call for: what is proven wrong is wrong, whatever else could not be told; the report says
/// both. A trial that was not reached because of something that another trial failed for is no reason of its own. A run in
/// which mail was to be tested and was not, or nothing was tested at all, is not one that anybody could call conformant.
pub(super) fn verdict(report: &Report) -> Exit {
    let counts = &report.counts;
    match counts.fail + counts.xpass {
        _ if report.error.is_some() => Exit::Failure,
        0 if counts.error > 0 => Exit::Failure,
        0 if counts.skip > 0 && report.without_mail().is_some() => Exit::Failure,
        // A slice may have nothing but what is not offered; together they are judged.
        0 if report.asked_nothing() && report.slices.is_empty() => Exit::Failure,
        0 => Exit::Ok,
        _ => Exit::NotConformant,
    }
}
