//! A target that is up and probed, and what its trials share.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::time::Instant;
use url::Url;

use crate::browser::Browser;
use crate::identity::IdentityServer;
use crate::run::{CLEANING, Context, Limits, MAIL_DOMAIN};
use crate::target::{
    AccountOptions, Administration, Administrator, Found, ProbeMail, ProbeMailbox, ProbeOptions, Profile, ProfileError,
    Target, Watch, probe,
};
use threepid_engine::plan::Api;
use threepid_engine::scenario::AccountChange;
use threepid_record::model::{Arrival, Mail, TargetInfo};
use threepid_record::redact::Others;
use threepid_record::redact::collect::{Collector, Secret};
use threepid_wire::http::{Client, HttpOptions, Origins, Shared};
use threepid_wire::mail::{Mailbox, Sink, TEXT_LIMIT, read_mail};

/// A target with everything that trials on it need.
pub struct Session {
    /// The target as the preflight found it.
    pub target: Target,
    /// What trials share.
    pub context: Context,
    /// The variant's name.
    pub variant: String,
    /// What is secret in the whole run.
    pub others: Arc<Others>,
}

/// What a session is opened with.
pub struct SessionOptions {
    /// The target's name.
    pub name: String,
    /// The variant's name.
    pub variant: String,
    /// Where the target is.
    pub url: String,
    /// The address that its links carry, if it is another.
    pub public_url: Option<String>,
    /// Where its mail arrives.
    pub sink: Sink,
    /// How accounts come to be.
    pub accounts: AccountOptions,
    /// Where the target's SMTP settings are, for messages.
    pub mail_hint: Option<String>,
    /// What cannot be probed and is there all the same.
    pub offers: Vec<String>,
    /// What the target's administrator does to accounts.
    pub administration: Administration,
    /// Limits of HTTP exchanges.
    pub http: HttpOptions,
    /// How long things may take.
    pub limits: Limits,
    /// The seed of all values that the harness makes.
    pub seed: u64,
    /// The identity server that the target was set up to trust.
    pub identity: Option<Arc<IdentityServer>>,
    /// Certificate authorities to trust besides the system's.
    pub authorities: Option<Authorities>,
    /// What is secret in the whole run, of which this may be one variant.
    pub others: Arc<Others>,
    /// Where the preflight notes what it finds.
    pub watch: Watch,
    /// What opens pages that plain HTTP cannot decide.
    pub browser: Arc<Browser>,
}

/// A file with certificate authorities.
#[derive(Debug, Clone)]
pub struct Authorities {
    /// What is in it.
    pub pem: Vec<u8>,
    /// Its name, for messages.
    pub file: String,
}

impl SessionOptions {
    /// The defaults, with a random seed.
    pub fn new(name: &str, variant: &str, url: &str, sink: Sink) -> SessionOptions {
        SessionOptions {
            name: name.to_owned(),
            variant: variant.to_owned(),
            url: url.to_owned(),
            public_url: None,
            sink,
            accounts: AccountOptions::default(),
            mail_hint: None,
            offers: Vec::new(),
            administration: Administration::default(),
            http: HttpOptions::default(),
            limits: Limits::default(),
            seed: crate::random::number(),
            identity: None,
            authorities: None,
            others: Arc::default(),
            watch: Watch::default(),
            browser: Arc::new(Browser::off()),
        }
    }

    /// What a profile says of one of its variants, at this address.
    ///
    /// # Errors
    ///
    /// If the profile has no such variant.
    pub fn of(profile: &Profile, variant: &str, url: &str, sink: Sink) -> Result<SessionOptions, ProfileError> {
        let resolved = profile.resolve(variant)?;
        Ok(SessionOptions {
            accounts: AccountOptions {
                chain: resolved.accounts,
                registration_token: profile.accounts.registration_token.clone(),
                registration_shared_secret: profile.accounts.registration_shared_secret.clone(),
                ..AccountOptions::default()
            },
            mail_hint: profile.mail_hint.clone(),
            offers: resolved.offers,
            administration: profile.administration.clone(),
            ..SessionOptions::new(&profile.label(), variant, url, sink)
        })
    }
}

impl Session {
    /// Probes the target.
    ///
    /// # Errors
    ///
    /// A message that says what was tried, what was seen, and what to set.
    pub async fn open(options: SessionOptions) -> Result<Session, String> {
        let others = Arc::clone(&options.others);
        let given = options.accounts.secrets();
        let mut address = Collector::default();
        [Some(&options.url), options.public_url.as_ref()].into_iter().flatten().for_each(|url| address.query(url));
        others.learn(given.iter().chain(&address.into_secrets()));
        let watch = options.watch.clone();
        let opened = Session::probed(options).await;
        // What the target answered may have any of them in it.
        watch.note(|found| without_secrets(found, &others));
        opened.map_err(|message| others.redactor().text(&message).into_owned())
    }

    async fn probed(options: SessionOptions) -> Result<Session, String> {
        let others = options.others;
        let own = options.identity.as_ref().map(|server| server.ca_pem().as_bytes());
        let given = options.authorities.as_ref().map(|given| (&given.pem[..], &*given.file));
        let all = own.map(|pem| (pem, "the identity server's authority")).into_iter().chain(given);
        let shared = Shared::with_all(all).map_err(|fault| fault.to_string())?;
        let origins = Origins::parse(&options.url, options.public_url.as_deref()).map_err(|fault| fault.to_string())?;
        let client = Client::new(&options.http, &shared)
            .map_err(|fault| format!("the HTTP client could not be made: {fault}"))?;
        let mut probing = ProbeOptions::new(options.name, origins.clone(), MAIL_DOMAIN);
        probing.accounts = options.accounts;
        // A trial's accounts are made ready before it, and clean after it.
        let around = probing.accounts.patience.saturating_mul(2);
        probing.accounts.turn = options.limits.trial.saturating_add(CLEANING).saturating_add(around);
        probing.mail_timeout = options.limits.mail;
        probing.mail_hint = options.mail_hint;
        let is_administered = ADMINISTERED.iter().any(|need| options.offers.iter().any(|offer| offer == need));
        probing.offers = options.offers;
        probing.watch = options.watch;
        let mailroom = Mailroom { sink: options.sink.clone(), origins: origins.known() };
        let mut target = probe(&probing, &client, &mailroom).await.map_err(|fault| fault.to_string())?;
        let mut found = Collector::default();
        target.exchanges.iter().for_each(|exchange| found.exchange(exchange));
        others.learn(&found.into_secrets());
        others.redactor().target(&mut target.info);
        let administrator = match is_administered {
            true => Some(administrator(&target, options.administration).await?),
            false => None,
        };
        administrator.iter().for_each(|it| others.learn(&[Secret::known("access_token", &it.access_token)]));
        let mut limits = options.limits;
        // A window that is over before mail can come would prove nothing.
        limits.quiet = limits.quiet.max(target.mail_delay * QUIET_PER_DELAY);
        let context = Context {
            http: options.http,
            shared,
            origins,
            sink: options.sink,
            limits,
            seed: options.seed,
            identity: options.identity,
            administrator: administrator.map(Arc::new),
            browser: options.browser,
        };
        Ok(Session { target, context, variant: options.variant, others })
    }

    /// The API versions that the target serves, newest first.
    pub fn apis(&self) -> Vec<Api> {
        [Api::V3, Api::R0].into_iter().filter(|api| self.target.apis.contains(&api.to_string())).collect()
    }
}

/// What takes an administrator.
const ADMINISTERED: [&str; 2] = [AccountChange::Lock.need(), AccountChange::Suspend.need()];

async fn administrator(target: &Target, section: Administration) -> Result<Administrator, String> {
    let account = target.accounts.administrator().await;
    let account = account.map_err(|outcome| {
        format!(
            "no administrator, who is needed for what the variant offers: {outcome}; take `account-locks` and \
                 `account-suspension` out of its `offers`, or give `registration_shared_secret`"
        )
    })?;
    Ok(Administrator { section, access_token: account.access_token })
}

/// Takes the secrets out of what is shown of the preflight, and what is only of use for finding them.
fn without_secrets(found: &mut Found, others: &Others) {
    let exchanges = std::mem::take(&mut found.exchanges);
    // Of one that came to its end they are known already.
    if found.missing.is_some() {
        let mut secrets = Collector::default();
        exchanges.iter().for_each(|exchange| secrets.exchange(exchange));
        others.learn(&secrets.into_secrets());
    }
    let mut shown = TargetInfo {
        name: String::new(),
        url: String::new(),
        public_url: String::new(),
        versions: std::mem::take(&mut found.versions),
        server: found.server.take(),
        abilities: std::mem::take(&mut found.abilities),
        defects: Vec::new(),
        shapes: Vec::new(),
    };
    others.redactor().target(&mut shown);
    (found.versions, found.server, found.abilities) = (shown.versions, shown.server, shown.abilities);
}

/// How many times longer than the probe mail took a window is in which no mail may come.
const QUIET_PER_DELAY: u32 = 3;

/// The sink, as the preflight uses it.
struct Mailroom {
    sink: Sink,
    /// The addresses under which the target is known.
    origins: Vec<Url>,
}

impl ProbeMail for Mailroom {
    fn open(&self, address: &str) -> Box<dyn ProbeMailbox + '_> {
        Box::new(Watched { mailbox: self.sink.mailbox(address), origins: &self.origins })
    }

    fn listens_on(&self) -> String {
        format!("{}, {}", self.sink.addr(), self.sink.manner())
    }

    fn strays(&self) -> Vec<Arrival> {
        self.sink.strays()
    }

    fn unsent(&self) -> Option<String> {
        self.sink.unsent().map(|unsent| unsent.to_string())
    }
}

struct Watched<'a> {
    mailbox: Mailbox,
    origins: &'a [Url],
}

impl ProbeMailbox for Watched<'_> {
    fn first(&mut self, deadline: Instant) -> Pin<Box<dyn Future<Output = Option<Mail>> + Send + '_>> {
        Box::pin(async move {
            let received = self.mailbox.receive(1, deadline).await;
            received.first().map(|mail| read_mail(mail, self.origins, TEXT_LIMIT))
        })
    }

    fn refused(&self) -> Option<String> {
        self.mailbox.refused()
    }
}
