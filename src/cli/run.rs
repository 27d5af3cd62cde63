//! `threepid run`: from arguments to trials to reports and an exit code.

use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use tokio_util::sync::CancellationToken;

use super::args::{ApiChoice, Format, RunArgs};
use super::exit::Exit;
use super::kept::Records;
use super::output::Output;
use super::progress::Progress;
use super::serve::{find_defects, find_shapes};
use super::start::Starter;
use super::terminal::{self, Terminal};
use super::{interrupt, load};
use crate::http::Shared;
use crate::mail::Sink;
use crate::model::{Report, TargetInfo};
use crate::plan::{Api, Planned, Selection, VariantOffer, assign, plan};
use crate::report::events::{self, Happened};
use crate::report::{WriteError, annotations, drafts, markdown, outputs, write_file};
use crate::scenario::Suite;
use crate::snapshots::Mode;
use crate::suite::{Authorities, Event, Settings, Snapshots, Station, known_deviations};
use crate::target::{Kind, Profile};

/// Where mail is taken when somebody else's homeserver has to know it beforehand.
const USUAL_SMTP: &str = "127.0.0.1:2525";

pub(super) async fn run(args: RunArgs, terminal: Terminal) -> Exit {
    let cancel = interrupt::token();
    match prepare(&args, terminal) {
        Ok(prepared) => prepared.run(&cancel).await,
        Err((exit, message)) => {
            if let Some(message) = message {
                terminal::error(&message);
            }
            exit
        }
    }
}

/// Why a run does not begin: an exit code, and a message unless all has been said.
type Refused = (Exit, Option<String>);

fn usage(message: impl ToString) -> Refused {
    (Exit::Usage, Some(message.to_string()))
}

/// A selected scenario and its selected cases, by their places in the suite.
type Selected = (usize, Vec<usize>);

/// Everything that can be known before anything is started.
struct Prepared<'a> {
    args: &'a RunArgs,
    terminal: Terminal,
    suite: Arc<Suite>,
    profile: Profile,
    settings: Arc<Settings>,
    /// Variant by variant: its name, and the selected scenarios that run on it.
    groups: Vec<(String, Vec<Selected>)>,
    /// Scenarios that no variant can run, with the reason.
    unfit: Vec<(usize, Vec<usize>, String)>,
    seed: u64,
    /// Certificate authorities to trust.
    authorities: Option<Authorities>,
}

fn prepare(args: &RunArgs, terminal: Terminal) -> Result<Prepared<'_>, Refused> {
    let suite = Arc::new(load::suite(args.scenarios.scenarios.as_deref(), terminal).map_err(|exit| (exit, None))?);
    let profile = profile(args)?;
    let embedded = profile.kind == Kind::Embedded && args.homeserver.is_none();
    if !embedded && (!args.defect.is_empty() || !args.shape.is_empty()) {
        return Err(usage("--defect and --shape are for the reference homeserver (--target reference)"));
    }
    // Somebody may have written reasons into it.
    if let Some(path) = args.write_deviations.as_ref().filter(|path| path.exists()) {
        return Err(usage(format!(
            "{} is there already (--write-deviations): give a file that is not, and take over what you need",
            path.display()
        )));
    }
    let selection = Selection { filters: args.filters.clone(), partition: args.partition };
    let selected = selection.of(&suite).map_err(|nothing| (Exit::Nothing, Some(nothing.to_string())))?;
    let offers = offers(args, &profile)?;
    let mut groups: Vec<(String, Vec<Selected>)> =
        offers.iter().map(|offer| (offer.name.clone(), Vec::new())).collect();
    let mut unfit = Vec::new();
    for (scenario, cases) in selected {
        match assign(&suite.scenarios[scenario], &offers) {
            Ok(variant) => groups[variant].1.push((scenario, cases)),
            Err(reason) => unfit.push((scenario, cases, reason)),
        }
    }
    // Even if nothing can run on it: what the target is belongs into the record.
    if groups.iter().all(|(_, scenarios)| scenarios.is_empty()) {
        groups.truncate(1);
    } else {
        groups.retain(|(_, scenarios)| !scenarios.is_empty());
    }
    Ok(Prepared {
        args,
        terminal,
        settings: Arc::new(settings(args, &profile, &suite)?),
        suite,
        profile,
        groups,
        unfit,
        seed: args.seed.unwrap_or_else(rand::random),
        authorities: args.http.cacert.as_deref().map(authorities).transpose()?,
    })
}

fn profile(args: &RunArgs) -> Result<Profile, Refused> {
    match (&args.target, &args.homeserver) {
        (Some(name), _) => Profile::load(name).map_err(usage),
        (None, Some(_)) => Profile::parse(ANY_HOMESERVER, "--homeserver").map_err(usage),
        (None, None) => Profile::load("reference").map_err(usage),
    }
}

/// The certificate authorities in a file.
fn authorities(path: &Path) -> Result<Authorities, Refused> {
    let file = path.display().to_string();
    let pem = std::fs::read(path).map_err(|fault| usage(format!("cannot read {file} (--cacert): {fault}")))?;
    Shared::with_pem(&pem, &file).map_err(usage)?;
    Ok(Authorities { pem, file })
}

/// What is known of a homeserver of which only the address is given.
const ANY_HOMESERVER: &str =
    "name = \"homeserver\"\ndescription = \"a homeserver that was already running\"\nkind = \"external\"\n";

/// The variants to choose from, and what the configuration of each gives.
fn offers(args: &RunArgs, profile: &Profile) -> Result<Vec<VariantOffer>, Refused> {
    // A server that is already running is as it is.
    let names: Vec<&str> = match (&args.variant, &args.homeserver) {
        (Some(name), _) => vec![name.as_str()],
        (None, Some(_)) => vec![profile.variant_names()[0]],
        (None, None) => profile.variant_names(),
    };
    names
        .into_iter()
        .map(|name| {
            let resolved = profile.resolve(name).map_err(usage)?;
            let mut gives = resolved.offers;
            gives.extend(args.offers.iter().cloned());
            gives.push(name.to_owned());
            Ok(VariantOffer { name: name.to_owned(), gives })
        })
        .collect()
}

fn settings(args: &RunArgs, profile: &Profile, suite: &Suite) -> Result<Settings, Refused> {
    // Somebody's own scenarios need not be those that the profile speaks of.
    let of = args.scenarios.scenarios.is_none().then_some(suite);
    let deviations = known_deviations(profile, of).map_err(usage)?;
    Ok(Settings {
        jobs: usize::from(args.jobs),
        fail_fast: args.fail_fast,
        fail_on: args.fail_on.into(),
        deviations,
        snapshots: snapshots(args, &profile.name),
    })
}

/// What answers are compared with. Unasked, only what is there is looked at, and nothing is ever written.
fn snapshots(args: &RunArgs, target: &str) -> Option<Snapshots> {
    let mode = match args.snapshots {
        Some(mode) => mode.into(),
        None if std::env::var_os("CI").is_some_and(|value| !value.is_empty()) => {
            if args.snapshot_dir.join(target).is_dir() { Mode::Check } else { Mode::Off }
        }
        None => Mode::Off,
    };
    (mode != Mode::Off).then(|| Snapshots::new(args.snapshot_dir.clone(), mode, target))
}

impl Prepared<'_> {
    async fn run(self, cancel: &CancellationToken) -> Exit {
        let sink = match self.sink().await {
            Ok(sink) => sink,
            Err(message) => {
                terminal::error(&message);
                return Exit::Failure;
            }
        };
        let mut output = match self.args.output.as_deref().map(Output::create).transpose() {
            Ok(output) => output,
            Err(fault) => {
                terminal::error(&format!("{fault} (--output)"));
                return Exit::Failure;
            }
        };
        let begun = (SystemTime::now(), Instant::now());
        let at = humantime::format_rfc3339_millis(begun.0).to_string();
        self.tell(Happened::Started { suite: &self.suite.sources.hash(), seed: self.seed, at: &at });
        let mut records = Records::default();
        let mut target = None;
        let mut broken = None;
        for (variant, scenarios) in &self.groups {
            if cancel.is_cancelled() {
                break;
            }
            let starter = match self.starter(&sink) {
                Ok(starter) => starter,
                Err(message) => {
                    terminal::error(&message);
                    return Exit::Usage;
                }
            };
            let started = tokio::select! {
                started = starter.start(variant) => started,
                () = cancel.cancelled() => break,
            };
            let started = match started {
                Ok(started) => started,
                Err(message) => {
                    broken = Some(message);
                    break;
                }
            };
            let station = &started.station;
            if target.is_none() {
                target = Some(station.target.info.clone());
                self.tell(Happened::Target(&station.target.info));
                let unfit = self.unfit(station);
                self.trials(unfit, station, cancel, &mut records, &mut output).await;
            }
            match self.apis(station) {
                Ok(apis) => {
                    let planned = plan(&self.suite, scenarios, variant, &station.target.info, &apis, self.args.repeat);
                    self.trials(planned, station, cancel, &mut records, &mut output).await;
                }
                Err(message) => broken = Some(message),
            }
            started.stop().await;
        }
        sink.shutdown().await;
        self.finish(target, records, broken, begun, cancel.is_cancelled(), output)
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
        super::sink::open(listen, self.args.smtp_starttls).await
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
        })
    }

    /// The API versions to use.
    fn apis(&self, station: &Station) -> Result<Vec<Api>, String> {
        let offered = station.apis();
        let only = |api: Api| {
            if offered.contains(&api) {
                Ok(vec![api])
            } else {
                let info = &station.target.info;
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

    /// Trials that no variant can run.
    fn unfit(&self, station: &Station) -> Vec<Planned> {
        let mut planned = Vec::new();
        for (scenario, cases, reason) in &self.unfit {
            let selected = [(*scenario, cases.clone())];
            let apis: Vec<Api> = station.apis().into_iter().take(1).collect();
            for mut one in plan(&self.suite, &selected, &station.variant, &station.target.info, &apis, 1) {
                one.skip = Some(reason.clone());
                planned.push(one);
            }
        }
        planned
    }

    async fn trials(
        &self,
        planned: Vec<Planned>,
        station: &Arc<Station>,
        cancel: &CancellationToken,
        records: &mut Records,
        output: &mut Option<Output>,
    ) {
        if planned.is_empty() {
            return;
        }
        let mut progress = Progress::new(planned.len(), self.terminal);
        crate::suite::run(planned, station, &self.settings, cancel, |event| match event {
            Event::Ended(record) => {
                progress.ended(record);
                self.tell(Happened::Trial(record));
            }
            Event::Record(record) => {
                if let Some(output) = output {
                    output.trial(&record);
                }
                records.add(*record);
            }
        })
        .await;
        progress.done();
    }

    /// Tells a program what happened, if it is one that listens.
    fn tell(&self, happened: Happened<'_>) {
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
        records: Records,
        broken: Option<String>,
        begun: (SystemTime, Instant),
        interrupted: bool,
        output: Option<Output>,
    ) -> Exit {
        let mut exit = Exit::Ok;
        let counts = records.counts;
        if let Some(target) = target {
            let report = Report {
                schema: Report::SCHEMA,
                threepid: env!("CARGO_PKG_VERSION").to_owned(),
                suite: self.suite.sources.hash(),
                seed: self.seed,
                started: humantime::format_rfc3339_millis(begun.0).to_string(),
                duration_ms: begun.1.elapsed().as_secs_f64() * 1000.0,
                interrupted,
                target,
                counts: records.counts,
                trials: records.trials,
            };
            let style = crate::report::Style { colour: self.terminal.out_colour, width: self.terminal.width };
            if self.args.format == Format::Text {
                terminal::out(&crate::report::text::render(&report, &style));
            }
            exit = verdict(&report);
            for fault in self.surroundings(&report) {
                terminal::error(&fault.to_string());
                exit = Exit::Failure;
            }
            if let Some(output) = output {
                for fault in output.finish(&report) {
                    terminal::error(&format!("{fault} (--output)"));
                    exit = Exit::Failure;
                }
            }
        }
        self.tell(Happened::Finished {
            counts: &counts,
            duration_ms: begun.1.elapsed().as_secs_f64() * 1000.0,
            interrupted,
            error: broken.as_deref(),
        });
        if let Some(message) = broken {
            terminal::error(&message);
            exit = Exit::Failure;
        }
        if interrupted { Exit::Interrupted } else { exit }
    }
}

/// The exit code that the outcomes call for: "we could not tell" comes before "the server is wrong". A trial that was not
/// reached because of something that another trial failed for is no reason of its own.
pub(super) fn verdict(report: &Report) -> Exit {
    let counts = &report.counts;
    let not_reached = report.trials.iter().filter(|trial| trial.is_not_reached()).count();
    match counts.fail + counts.xpass {
        _ if counts.error > not_reached => Exit::Failure,
        0 if not_reached > 0 => Exit::Failure,
        0 => Exit::Ok,
        _ => Exit::NotConformant,
    }
}
