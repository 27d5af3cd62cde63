//! The same trials as tests of `cargo test` and `cargo nextest`.
//!
//! Takes where the target is, or how it is started; gives trials for `libtest-mimic`, which lists, filters and runs them. A
//! homeserver project depends on this crate and writes a test with `harness = false`:
//!
//! ```no_run
//! use threepid::libtest::{Against, Homeserver, Started, StartError};
//!
//! fn main() -> std::process::ExitCode {
//!     let homeserver = Homeserver::starting(start).profile("tests/threepid.toml");
//!     threepid::libtest::main(Against::Homeserver(homeserver))
//! }
//!
//! /// Starts the homeserver, whose mail must go to `smtp`.
//! fn start(smtp: std::net::SocketAddr) -> Result<Started, StartError> {
//! # struct MyHomeserver { url: String }
//! # impl MyHomeserver { fn start(_: std::net::SocketAddr) -> Result<MyHomeserver, StartError> { todo!() } }
//!     let mine = MyHomeserver::start(smtp)?;
//!     Ok(Started::new(mine.url.clone(), mine))
//! }
//! ```
//!
//! `examples/homeserver/` is such a project. Listing starts nothing; the target is started and probed when the first
//! trial runs. What the target does not offer is reported as ignored, with the reason. With `cargo nextest` each trial
//! is a process of its own, which starts the target for itself.

mod homeserver;
#[cfg(feature = "reference")]
mod reference;

use std::any::Any;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Failed};
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use crate::browser::{Browser, Choice};
use crate::suite::{Session, SessionOptions, Settings, known_deviations, run_one};
use crate::target::Profile;
use threepid_engine::judge::ContractJudge;
use threepid_engine::plan::{Api, VariantOffer, assign, plan};
use threepid_engine::scenario::Suite;
use threepid_record::model::{Level, Outcome, TargetInfo, TrialRecord};
use threepid_views::report::Style;
use threepid_wire::mail::{Extension, Limits, Sink, SinkOptions};

use homeserver::offer;
pub use homeserver::{Homeserver, StartError, Started};

/// What the trials are run against.
#[derive(Debug, Clone)]
pub enum Against {
    /// The reference homeserver of this project.
    #[cfg(feature = "reference")]
    Reference,
    /// Another homeserver.
    Homeserver(Homeserver),
}

impl Against {
    /// A homeserver that is running at this address, whose mail goes to port 2525 of this machine.
    pub fn homeserver(url: impl Into<String>) -> Against {
        Against::Homeserver(Homeserver::at(url))
    }
}

/// Runs the trials with the arguments of the command line.
pub fn main(against: Against) -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Trials wait for a server, not for a core.
    arguments.test_threads.get_or_insert(16);
    match trials(against) {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(message) => {
            // As a trial of its own, so that whoever runs the tests sees it where they look, whatever they asked for.
            arguments.filter = None;
            arguments.skip.clear();
            let broken = libtest_mimic::Trial::test("suite", move || Err(Failed::from(message)));
            libtest_mimic::run(&arguments, vec![broken]).exit_code()
        }
    }
}

/// The trials: each scenario and row under v3, and under r0 if the target has it.
///
/// # Errors
///
/// If the shipped scenarios are not sound, the profile is not or speaks of a scenario that is not there, or no thread
/// can be started.
pub fn trials(against: Against) -> Result<Vec<libtest_mimic::Trial>, String> {
    let suite = crate::shipped::suite().map_err(|(sources, faults)| faults.lines(&sources))?;
    let suite = Arc::new(suite);
    let stage = Arc::new(TargetSession::new(against, &suite)?);
    let mut trials = Vec::new();
    for (index, scenario) in suite.scenarios.iter().enumerate() {
        for (row, case) in scenario.cases.iter().enumerate() {
            for api in [Api::V3, Api::R0] {
                let mut name = scenario.id.clone();
                if let Some(case) = &case.name {
                    name.push_str(&format!("[{case}]"));
                }
                if api == Api::R0 {
                    name.push_str(" (r0)");
                }
                let (suite, stage) = (Arc::clone(&suite), Arc::clone(&stage));
                trials.push(libtest_mimic::Trial::ignorable_test(name, move || stage.run(&suite, index, row, api)));
            }
        }
    }
    Ok(trials)
}

/// The target's variants, each started when the first trial needs it.
struct TargetSession {
    against: Against,
    profile: Profile,
    runtime: Runtime,
    offers: Vec<VariantOffer>,
    /// What another homeserver offers that cannot be probed.
    declared: Vec<String>,
    stations: BTreeMap<String, OnceCell<Result<Up, String>>>,
    settings: Settings,
    /// What opens pages that plain HTTP cannot decide.
    browser: Arc<Browser>,
}

/// A variant that is up.
struct Up {
    session: Session,
    /// Held so that it lives as long as the trials do.
    _server: Box<dyn Any + Send + Sync>,
}

impl TargetSession {
    fn new(against: Against, suite: &Suite) -> Result<TargetSession, String> {
        let (profile, offers, declared) = match &against {
            #[cfg(feature = "reference")]
            Against::Reference => reference::known()?,
            Against::Homeserver(homeserver) => {
                let (profile, offers) = homeserver.known().map_err(|fault| fault.to_string())?;
                let offer = offer(homeserver::variant(&profile), offers.iter().cloned());
                (profile, vec![offer], offers)
            }
        };
        let deviations =
            known_deviations(&profile, Some(suite)).map_err(|fault| format!("{}: {fault}", profile.file))?;
        Ok(TargetSession {
            runtime: Runtime::new().map_err(|fault| format!("cannot start the async runtime: {fault}"))?,
            stations: offers.iter().map(|offer| (offer.name.clone(), OnceCell::new())).collect(),
            profile,
            offers,
            declared,
            against,
            browser: Arc::new(Browser::find(&Choice::Auto).map_err(|fault| fault.to_string())?),
            settings: Settings {
                jobs: 1,
                fail_fast: false,
                failed: Default::default(),
                halt: Default::default(),
                fail_on: Level::Security,
                deviations,
                #[cfg(feature = "cli")]
                snapshots: None,
            },
        })
    }

    fn run(&self, suite: &Arc<Suite>, scenario: usize, row: usize, api: Api) -> Result<Completion, Failed> {
        let variant = match assign(&suite.scenarios[scenario], &self.offers) {
            Ok(variant) => &self.offers[variant].name,
            Err(reason) => return Ok(Completion::ignored_with(reason)),
        };
        let Some(cell) = self.stations.get(variant) else { return Err(Failed::from("an unknown variant")) };
        let up = self.runtime.block_on(cell.get_or_init(|| self.start(variant)));
        let up = up.as_ref().map_err(Failed::from)?;
        if !up.session.apis().contains(&api) {
            return Ok(Completion::ignored_with(format!("the target does not serve {api}")));
        }
        let planned = plan(suite, &[(scenario, vec![row])], variant, &up.session.target.info, &[api]);
        let Some(planned) = planned.first() else { return Err(Failed::from("nothing was planned")) };
        let record = self.runtime.block_on(run_one(planned, &up.session, &self.settings, &CancellationToken::new()));
        match record.outcome {
            Outcome::Skip => Ok(Completion::ignored_with(record.reason.to_string())),
            outcome if outcome.needs_attention() => {
                Err(Failed::from(threepid_views::report::text::trial(&record, &Style { colour: false, width: 100 })))
            }
            _ => self.held(suite, &record, &up.session.target.info),
        }
    }

    /// The rules over all exchanges, of this trial alone: each trial may be a process of its own.
    fn held(&self, suite: &Arc<Suite>, record: &TrialRecord, target: &TargetInfo) -> Result<Completion, Failed> {
        let mut contract = ContractJudge::new(suite, target, self.settings.fail_on);
        contract.trial(record, target);
        let mut broken = contract.records();
        broken.iter_mut().for_each(|rule| self.settings.deviations.apply(rule));
        broken.retain(|rule| rule.outcome == Outcome::Fail);
        let style = Style { colour: false, width: 100 };
        let told = broken.iter().map(|rule| threepid_views::report::text::trial(rule, &style));
        match told.collect::<Vec<_>>() {
            told if told.is_empty() => Ok(Completion::Completed),
            told => Err(Failed::from(told.join("\n"))),
        }
    }

    async fn start(&self, variant: &str) -> Result<Up, String> {
        let listen = match &self.against {
            #[cfg(feature = "reference")]
            Against::Reference => SocketAddr::from(([127, 0, 0, 1], 0)),
            Against::Homeserver(homeserver) => homeserver.smtp_listen,
        };
        let options = SinkOptions { listen, hostname: "threepid.test".to_owned(), limits: Limits::default() };
        let sink = Sink::start(options).await.map_err(|fault| fault.to_string())?;
        sink.hide_extensions(&[Extension::StartTls]);
        let (started, identity) = match &self.against {
            #[cfg(feature = "reference")]
            Against::Reference => reference::start(variant, sink.addr()).await?,
            Against::Homeserver(homeserver) => (start_other(homeserver.clone(), sink.addr()).await?, None),
        };
        let mut options =
            SessionOptions::of(&self.profile, variant, &started.url, sink).map_err(|fault| fault.to_string())?;
        options.browser = Arc::clone(&self.browser);
        options.identity = identity;
        match &self.against {
            #[cfg(feature = "reference")]
            Against::Reference => {}
            Against::Homeserver(homeserver) => {
                options.offers = self.declared.clone();
                options.public_url = homeserver.public_url.clone().or_else(|| self.profile.public_url.clone());
            }
        }
        Ok(Up { session: Session::open(options).await?, _server: started.keep })
    }
}

/// Starts a homeserver where it may block, and may run a runtime of its own.
async fn start_other(homeserver: Homeserver, smtp: SocketAddr) -> Result<Started, String> {
    match tokio::task::spawn_blocking(move || homeserver.start(smtp)).await {
        Ok(Ok(started)) => Ok(started),
        Ok(Err(fault)) => Err(format!("the homeserver did not start: {}", causes(&*fault))),
        Err(panic) => Err(format!("the homeserver did not start: {panic}")),
    }
}

/// A fault with what caused it.
fn causes(fault: &(dyn std::error::Error + 'static)) -> String {
    let mut text = fault.to_string();
    let mut next = fault.source();
    while let Some(cause) = next {
        text.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    text
}
