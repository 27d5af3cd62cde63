//! Runs all scenarios on a reference homeserver with given defects and shapes.
//!
//! The preflight is run once, on a clean server: a defect like "sends no mail" must be caught by scenarios, and not
//! only by the preflight, which would end the run before any of them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;
use threepid::http::{Client, Origins, Shared};
use threepid::identity::IdentityServer;
use threepid::judge::{ContractJudge, Deviations};
use threepid::mail::{Extension, Limits, Sink, SinkOptions};
use threepid::model::{Level, Outcome, TrialRecord};
use threepid::plan::{VariantOffer, assign, plan};
use threepid::reference::{Defect, Shape};
use threepid::run::Context;
use threepid::scenario::Suite;
use threepid::suite::{
    self, Event, Session, SessionOptions, Settings, embedded_variants, start_embedded, start_identity,
};
use threepid::target::{AccountOptions, Accounts, Administrator, Profile, Target};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// How many defects or shapes are tested at the same time.
const SERVERS: usize = 8;

/// How long a mail is waited for. Mail is sent before requestToken answers, so all of it is there at once; only what
/// never comes is waited for this long. Half of it was too short once, on a machine with much else to do.
const MAIL: Duration = Duration::from_secs(6);

/// How much is run, and how it is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct What {
    /// The weakest level that makes a trial fail.
    pub(crate) fail_on: Level,
    /// Under r0 too.
    pub(crate) both_apis: bool,
    /// Only what runs on the plain variant.
    pub(crate) plain_only: bool,
}

impl Default for What {
    fn default() -> What {
        What { fail_on: Level::Security, both_apis: false, plain_only: false }
    }
}

pub(crate) struct Bench {
    suite: Arc<Suite>,
    sink: Sink,
    /// What the preflight found out about each variant of the clean server.
    clean: Vec<(VariantOffer, Session)>,
    accounts: AccountOptions,
}

impl Bench {
    pub(crate) async fn new() -> Bench {
        let suite =
            threepid::shipped::suite().map_err(|(sources, faults)| faults.render(&sources, false, 100)).unwrap();
        let listen = "127.0.0.1:0".parse().unwrap();
        let options = SinkOptions { listen, hostname: "threepid.test".to_owned(), limits: Limits::default() };
        let sink = Sink::start(options).await.unwrap();
        sink.hide_extensions(&[Extension::StartTls]);
        let profile = Profile::load("reference").unwrap();
        let accounts = AccountOptions {
            registration_shared_secret: profile.accounts.registration_shared_secret.clone(),
            ..AccountOptions::default()
        };
        let mut clean = Vec::new();
        for name in embedded_variants() {
            let identity = start_identity(sink.addr()).await.unwrap();
            let server = start_embedded(name, None, sink.addr(), None, Vec::new(), Vec::new(), Some(&identity));
            let server = server.await.unwrap();
            let gives = profile.resolve(name).unwrap().offers.into_iter().chain([name.to_owned()]).collect();
            let offer = VariantOffer { name: name.to_owned(), gives };
            clean.push((offer.clone(), open(&sink, &accounts, &offer, server.url(), identity).await));
            server.shutdown().await;
        }
        Bench { suite: Arc::new(suite), sink, clean, accounts }
    }

    /// The ids of all scenarios and rules.
    pub(crate) fn ids(&self) -> BTreeSet<String> {
        let scenarios = self.suite.scenarios.iter().map(|scenario| scenario.id.clone());
        scenarios.chain(self.suite.contract.rules.iter().map(|rule| rule.id.clone())).collect()
    }

    /// Scenarios whose trials are all skipped on the clean server, and rules that hold of nothing there.
    pub(crate) async fn skipped_on_the_clean_one(&self) -> BTreeSet<String> {
        let records = self.run(What { fail_on: Level::Convention, ..What::default() }, Vec::new(), Vec::new()).await;
        let ran: BTreeSet<&str> =
            records.iter().filter(|record| record.outcome != Outcome::Skip).map(|record| record.id.as_str()).collect();
        self.ids().into_iter().filter(|id| !ran.contains(id.as_str())).collect()
    }

    /// Runs everything once for each item; gives the records in the order of the items.
    pub(crate) async fn each<'i, T>(
        &self,
        items: &'i [&'static T],
        what: impl Fn(&'static T) -> What + 'i,
        switches: impl Fn(&'static T) -> (Vec<&'static Defect>, Vec<&'static Shape>) + 'i,
    ) -> Vec<Vec<TrialRecord>> {
        futures_util::stream::iter(items)
            .map(|item| {
                let (defects, shapes) = switches(item);
                self.run(what(item), defects, shapes)
            })
            .buffered(SERVERS)
            .collect()
            .await
    }

    /// Runs all scenarios, each on its variant; last come the rules, which judge what these exchanged.
    pub(crate) async fn run(
        &self,
        what: What,
        defects: Vec<&'static Defect>,
        shapes: Vec<&'static Shape>,
    ) -> Vec<TrialRecord> {
        let variants = if what.plain_only { 1 } else { self.clean.len() };
        let runs = (0..variants).map(|variant| self.run_variant(what, variant, defects.clone(), shapes.clone()));
        // Some variants are slow because they wait for something to expire; together they take as long as the slowest.
        let mut records: Vec<TrialRecord> = futures_util::future::join_all(runs).await.into_iter().flatten().collect();
        // All variants speak the same versions, which is all that a rule asks of a target.
        let target = &self.clean[0].1.target.info;
        let mut contract = ContractJudge::new(&self.suite, target, what.fail_on);
        records.iter().for_each(|record| contract.trial(record, target));
        records.extend(contract.records());
        records
    }

    async fn run_variant(
        &self,
        what: What,
        index: usize,
        defects: Vec<&'static Defect>,
        shapes: Vec<&'static Shape>,
    ) -> Vec<TrialRecord> {
        let (offer, clean) = &self.clean[index];
        let offers: Vec<VariantOffer> = self.clean.iter().map(|(offer, _)| offer.clone()).collect();
        let selected: Vec<(usize, Vec<usize>)> = (0..self.suite.scenarios.len())
            .filter(|scenario| assign(&self.suite.scenarios[*scenario], &offers) == Ok(index))
            .map(|scenario| (scenario, (0..self.suite.scenarios[scenario].cases.len()).collect()))
            .collect();
        if selected.is_empty() {
            return Vec::new();
        }
        // One for each server: they all have the same name, by which an identity server finds a homeserver.
        let identity = start_identity(self.sink.addr()).await.unwrap();
        // A shape changes what is offered, so it is asked; a defect must not end the run before any scenario.
        let probed = !shapes.is_empty();
        let server = start_embedded(&offer.name, None, self.sink.addr(), None, defects, shapes, Some(&identity));
        let server = server.await.unwrap();
        if !probed {
            ask_once(server.url()).await;
        }
        let session = match probed {
            true => open(&self.sink, &self.accounts, offer, server.url(), identity).await,
            false => self.like(clean, server.url(), identity).await,
        };
        let session = Arc::new(session);
        let mut apis = session.apis();
        if !what.both_apis {
            apis.truncate(1);
        }
        let planned = plan(&self.suite, &selected, &offer.name, &session.target.info, &apis);
        let settings = Arc::new(Settings {
            jobs: 32,
            fail_fast: false,
            failed: Default::default(),
            halt: Default::default(),
            fail_on: what.fail_on,
            deviations: Deviations::default(),
            snapshots: None,
        });
        let mut records = Vec::new();
        let never = CancellationToken::new();
        suite::run(planned, 1, &session, &settings, (&never, &never), |event| {
            if let Event::Record(record, _) = event {
                records.push(*record);
            }
        })
        .await;
        server.shutdown().await;
        records
    }

    /// A session at another server that is taken for the same target.
    async fn like(&self, clean: &Session, url: &str, identity: Arc<IdentityServer>) -> Session {
        let origins = Origins::parse(url, None).unwrap();
        let shared = Shared::with_pem(identity.authority().ca_pem().as_bytes(), "the authority").unwrap();
        let client = Client::new(&clean.context.http, &shared).unwrap();
        let accounts = Accounts::new(client, origins.clone(), "v3", self.accounts.clone());
        let administrator = match &clean.context.administrator {
            Some(other) => {
                let access_token = accounts.administrator().await.unwrap().access_token;
                Some(Arc::new(Administrator { section: other.section.clone(), access_token }))
            }
            None => None,
        };
        let target = Target {
            info: clean.target.info.clone(),
            origins: origins.clone(),
            apis: clean.target.apis.clone(),
            accounts,
            mail_delay: clean.target.mail_delay,
            exchanges: Vec::new(),
        };
        // All servers send to one sink: with the same seed they would send to the same addresses.
        let context = Context {
            origins,
            shared,
            identity: Some(identity),
            administrator,
            seed: rand::random(),
            ..clean.context.clone()
        };
        Session { target, context, variant: clean.variant.clone(), others: Arc::default() }
    }
}

/// Asks for one mail, as a preflight does: a defect may show only after the first.
async fn ask_once(url: &str) {
    let host = url.trim_start_matches("http://");
    let body = json!({"client_secret": "before.the.trials", "email": "before@threepid.test", "send_attempt": 1});
    let body = body.to_string();
    let request = format!(
        "POST /_matrix/client/v3/account/3pid/email/requestToken HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 "), "{}", String::from_utf8_lossy(&answer));
}

/// A session with a preflight of its own.
async fn open(
    sink: &Sink,
    accounts: &AccountOptions,
    offer: &VariantOffer,
    url: &str,
    identity: Arc<IdentityServer>,
) -> Session {
    let profile = Profile::load("reference").unwrap();
    let mut options = SessionOptions::of(&profile, &offer.name, url, sink.clone()).unwrap();
    options.identity = Some(identity);
    options.accounts = accounts.clone();
    options.limits.mail = MAIL;
    options.offers = offer.gives.clone();
    Session::open(options).await.unwrap()
}
