//! The same trials as tests of `cargo test` and `cargo nextest`.
//!
//! Takes where the target is; gives trials for `libtest-mimic`, which lists, filters and runs them. A homeserver
//! project depends on this crate and writes:
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     threepid::libtest::main(threepid::libtest::Against::homeserver("http://127.0.0.1:8008"))
//! }
//! ```
//!
//! with `harness = false` for that test. Listing starts nothing; the target is probed when the first trial runs. What
//! the target does not offer is reported as ignored, with the reason.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Failed};
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use crate::judge::Deviations;
use crate::mail::{Extension, Limits, Sink, SinkOptions};
use crate::model::{Level, Outcome};
use crate::plan::{Api, VariantOffer, assign, plan};
use crate::reference::Running;
use crate::report::Style;
use crate::run::Limits as RunLimits;
use crate::scenario::Suite;
use crate::suite::{Settings, Station, StationOptions, run_one, start_embedded, start_identity};
use crate::target::Profile;

/// What the trials are run against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Against {
    /// The reference homeserver in this crate.
    Reference,
    /// A homeserver that is already running.
    Homeserver {
        /// Where it is.
        url: String,
        /// The address that its links carry, if it is another.
        public_url: Option<String>,
        /// Where its mail is taken.
        smtp_listen: SocketAddr,
    },
}

impl Against {
    /// A homeserver at this address, whose mail goes to port 2525 of this machine.
    pub fn homeserver(url: impl Into<String>) -> Against {
        let smtp_listen = SocketAddr::from(([127, 0, 0, 1], 2525));
        Against::Homeserver { url: url.into(), public_url: None, smtp_listen }
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
            // As a trial of its own, so that whoever runs the tests sees it where they look.
            let broken = libtest_mimic::Trial::test("suite", move || Err(Failed::from(message)));
            libtest_mimic::run(&arguments, vec![broken]).exit_code()
        }
    }
}

/// The trials: each scenario and row under v3, and under r0 if the target has it.
///
/// # Errors
///
/// If the shipped scenarios are not sound or the system gives no threads.
pub fn trials(against: Against) -> Result<Vec<libtest_mimic::Trial>, String> {
    let suite = Suite::shipped().map_err(|(sources, faults)| faults.render(&sources, false, 100))?;
    let suite = Arc::new(suite);
    let stage = Arc::new(Stage::new(against)?);
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
struct Stage {
    against: Against,
    runtime: Runtime,
    offers: Vec<VariantOffer>,
    stations: BTreeMap<String, OnceCell<Result<Up, String>>>,
    settings: Settings,
}

/// A variant that is up.
struct Up {
    station: Station,
    /// Held so that it lives as long as the trials do.
    _server: Option<Running>,
}

impl Stage {
    fn new(against: Against) -> Result<Stage, String> {
        let offers: Vec<VariantOffer> = match &against {
            Against::Reference => crate::suite::embedded_variants()
                .into_iter()
                .map(|name| {
                    let offers = crate::suite::embedded_offers(name).iter().copied();
                    VariantOffer { name: name.to_owned(), gives: offers.chain([name]).map(str::to_owned).collect() }
                })
                .collect(),
            Against::Homeserver { .. } => vec![VariantOffer { name: "plain".to_owned(), gives: Vec::new() }],
        };
        Ok(Stage {
            runtime: Runtime::new().map_err(|fault| format!("the system gives no threads: {fault}"))?,
            stations: offers.iter().map(|offer| (offer.name.clone(), OnceCell::new())).collect(),
            offers,
            against,
            settings: Settings {
                jobs: 1,
                fail_fast: false,
                fail_on: Level::Security,
                deviations: Deviations::default(),
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
        if !up.station.apis().contains(&api) {
            return Ok(Completion::ignored_with(format!("the target does not serve {api}")));
        }
        let planned = plan(suite, &[(scenario, vec![row])], variant, &up.station.target.info, &[api], 1);
        let Some(planned) = planned.first() else { return Err(Failed::from("nothing was planned")) };
        let record = self.runtime.block_on(run_one(planned, &up.station, &self.settings, &CancellationToken::new()));
        match record.outcome {
            Outcome::Pass | Outcome::Xfail => Ok(Completion::Completed),
            Outcome::Skip => Ok(Completion::ignored_with(record.reason)),
            Outcome::Fail | Outcome::Error | Outcome::Xpass => {
                Err(Failed::from(crate::report::text::trial(&record, &Style { colour: false, width: 100 })))
            }
        }
    }

    async fn start(&self, variant: &str) -> Result<Up, String> {
        let listen = match &self.against {
            Against::Reference => SocketAddr::from(([127, 0, 0, 1], 0)),
            Against::Homeserver { smtp_listen, .. } => *smtp_listen,
        };
        let options = SinkOptions { listen, hostname: "threepid.test".to_owned(), limits: Limits::default() };
        let sink = Sink::start(options).await.map_err(|fault| fault.to_string())?;
        sink.hide_extensions(&[Extension::StartTls]);
        let mut identity = None;
        let (server, url, public_url, name) = match &self.against {
            Against::Reference => {
                let trusted = start_identity(sink.addr()).await.map_err(|fault| fault.to_string())?;
                let trusted = identity.insert(trusted);
                let running = start_embedded(variant, None, sink.addr(), None, Vec::new(), Vec::new(), Some(trusted))
                    .await
                    .map_err(|fault| fault.to_string())?;
                let url = running.url().to_owned();
                (Some(running), url, None, "reference")
            }
            Against::Homeserver { url, public_url, .. } => (None, url.clone(), public_url.clone(), "homeserver"),
        };
        let mut options = StationOptions::new(name, variant, &url, sink);
        options.public_url = public_url;
        options.limits = RunLimits::default();
        options.identity = identity;
        if name == "reference" {
            let profile = Profile::load("reference").map_err(|fault| fault.to_string())?;
            options.offers = profile.resolve(variant).map_err(|fault| fault.to_string())?.offers;
            options.accounts.registration_shared_secret = profile.accounts.registration_shared_secret;
        }
        Ok(Up { station: Station::open(options).await?, _server: server })
    }
}
