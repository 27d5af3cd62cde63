//! Starts a target and probes it: from a profile and a variant to a session.

use std::path::Path;
use std::sync::Arc;

use super::args::{ProvisionArgs, RunArgs};
use super::identity::IdentityFixture;
use super::start_options::{show, start_options};
use crate::browser::Browser;
use crate::run::Limits;
use crate::suite::{Authorities, Session, SessionOptions, start_embedded};
use crate::target::{AccountOptions, Kind, Managed, Missing, Profile, Watch, parse_given};
use threepid_engine::scenario::NEEDS;
use threepid_record::model::Ability;
use threepid_reference::{Defect, Running, Shape};
use threepid_wire::mail::Sink;

/// A server that this program started, or one that somebody else did.
pub(super) enum Server {
    Embedded(Running),
    Managed(Box<Managed>),
    External,
}

impl Server {
    /// Ends it, if this program started it.
    pub(super) async fn stop(self) {
        match self {
            Server::Embedded(running) => running.shutdown().await,
            Server::Managed(managed) => {
                managed.stop().await;
            }
            Server::External => {}
        }
    }
}

/// A variant that runs, with all that belongs to it.
pub(super) struct Started {
    pub(super) session: Arc<Session>,
    server: Server,
    identity: Option<IdentityFixture>,
}

impl Started {
    /// Ends the logins to given accounts, the server, then the identity server that it may still be talking to. Says which
    /// given accounts are not as they were.
    pub(super) async fn stop(self) -> Vec<String> {
        let notes = self.session.target.accounts.close().await;
        self.server.stop().await;
        if let Some(identity) = self.identity {
            identity.close().await;
        }
        notes
    }
}

/// What every start of a run shares.
pub(super) struct Starter<'a> {
    pub(super) args: &'a RunArgs,
    pub(super) profile: &'a Profile,
    pub(super) defects: Vec<&'static Defect>,
    pub(super) shapes: Vec<&'static Shape>,
    pub(super) sink: &'a Sink,
    pub(super) seed: u64,
    /// Certificate authorities to trust (`--cacert`).
    pub(super) authorities: Option<&'a Authorities>,
    /// Where the preflight notes what it finds.
    pub(super) watch: Watch,
    /// What opens pages that plain HTTP cannot decide (`--browser`).
    pub(super) browser: &'a Arc<Browser>,
}

impl Starter<'_> {
    /// Starts one variant and probes it.
    ///
    /// # Errors
    ///
    /// A message that says what was tried, what was seen, and what to set.
    pub(super) async fn start(&self, variant: &str) -> Result<Started, String> {
        let identity = match (&self.args.homeserver, self.profile.kind) {
            // Somebody else's server cannot trust an authority that is made now.
            (Some(_), _) | (None, Kind::External) => None,
            (None, Kind::Embedded | Kind::Managed) => {
                let resolved = self.profile.resolve(variant).map_err(|fault| fault.to_string())?;
                IdentityFixture::open_for(&resolved, self.sink, &self.args.start).await?
            }
        };
        let (server, url, public_url) = self.server(variant, identity.as_ref()).await?;
        let session = match self.session(variant, &url, public_url.clone(), identity.as_ref()).await {
            Err(message) if self.may_lead_on() => match self.led_on(&url).await? {
                Some(next) => self.session(variant, &next, public_url, None).await,
                None => Err(message),
            },
            other => other,
        };
        match session {
            Ok(session) => Ok(Started { session: Arc::new(session), server, identity }),
            Err(message) => {
                let log = match &server {
                    Server::Managed(managed) => format!("\nthe last lines it wrote:\n{}", managed.log_tail()),
                    _ => String::new(),
                };
                server.stop().await;
                Err(format!("{message}{log}"))
            }
        }
    }

    /// Whether what was given is no homeserver, so that it may say where one is. One that lacks something else is the right
    /// one.
    fn may_lead_on(&self) -> bool {
        self.args.homeserver.is_some() && self.watch.found().missing == Some(Missing::Homeserver)
    }

    async fn server(
        &self,
        variant: &str,
        identity: Option<&IdentityFixture>,
    ) -> Result<(Server, String, Option<String>), String> {
        let smtp = self.sink.addr();
        match (&self.args.homeserver, self.profile.kind) {
            (Some(given), _) => Ok((Server::External, self.reached(given).await?, self.args.public_url.clone())),
            (None, Kind::External) => match &self.profile.homeserver {
                Some(url) => {
                    let public = self.args.public_url.clone().or_else(|| self.profile.public_url.clone());
                    Ok((Server::External, url.clone(), public))
                }
                None => Err(format!("the profile `{}` names no homeserver: give --homeserver URL", self.profile.name)),
            },
            (None, Kind::Embedded) => {
                let (defects, shapes) = (self.defects.clone(), self.shapes.clone());
                let running = start_embedded(
                    variant,
                    None,
                    smtp,
                    None,
                    defects,
                    shapes,
                    identity.map(|identity| &*identity.server),
                )
                .await
                .map_err(|fault| fault.to_string())?;
                let url = running.url().to_owned();
                Ok((Server::Embedded(running), url, None))
            }
            (None, Kind::Managed) => {
                let mut options = start_options(&self.args.start, smtp);
                options.values = identity.map(|identity| identity.values.clone()).unwrap_or_default();
                let managed =
                    Managed::start(self.profile, variant, &options, &show).await.map_err(|fault| fault.to_string())?;
                let (url, public) = (managed.url.clone(), managed.public_url.clone());
                Ok((Server::Managed(Box::new(managed)), url, Some(public)))
            }
        }
    }

    async fn session(
        &self,
        variant: &str,
        url: &str,
        public_url: Option<String>,
        identity: Option<&IdentityFixture>,
    ) -> Result<Session, String> {
        let args = self.args;
        let mut options =
            SessionOptions::of(self.profile, variant, url, self.sink.clone()).map_err(|f| f.to_string())?;
        options.public_url = public_url;
        provision(&mut options.accounts, &args.provision)?;
        // A variant that is named like a need is the configuration that the need asks for.
        let own = NEEDS.iter().filter(|need| need.configured && need.name == variant).map(|need| need.name.to_owned());
        options.offers.extend(own.chain(args.offers.iter().cloned()));
        if identity.is_none() {
            // Whoever says so cannot mean the one of this run.
            options.offers.retain(|offer| offer != Ability::IDENTITY_SERVER);
        }
        options.identity = identity.map(|identity| Arc::clone(&identity.server));
        options.http.request_timeout = args.http.request_timeout;
        options.http.connect_timeout = args.http.connect_timeout;
        options.http.body_limit = args.http.body_limit as usize;
        options.authorities = self.authorities.cloned();
        options.limits = Limits {
            mail: args.mail_timeout,
            quiet: args.quiet_window,
            trial: args.timeout,
            rate_limit: args.rate_limit_wait,
            mail_text: args.mail_text_limit as usize,
        };
        options.seed = self.seed;
        options.watch = self.watch.clone();
        options.browser = Arc::clone(self.browser);
        Session::open(options).await
    }
}

/// How accounts come to be, by the arguments where they say.
fn provision(accounts: &mut AccountOptions, args: &ProvisionArgs) -> Result<(), String> {
    if let Some(path) = &args.accounts {
        accounts.given = given(path)?;
    }
    for (arg, of_profile) in [
        (&args.registration_token, &mut accounts.registration_token),
        (&args.registration_shared_secret, &mut accounts.registration_shared_secret),
    ] {
        *of_profile = arg.clone().or(of_profile.take());
    }
    accounts.may_be_used_up = args.accounts_may_be_used_up;
    accounts.patience = args.account_timeout;
    Ok(())
}

pub(super) fn given(path: &Path) -> Result<Vec<crate::target::Given>, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|fault| format!("cannot read {} (--accounts): {fault}", path.display()))?;
    parse_given(&text, &path.display().to_string()).map_err(|fault| fault.to_string())
}
