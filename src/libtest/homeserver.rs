//! What a homeserver's author says about the server under test.
//!
//! Takes an address or a way to start the server, and what cannot be seen from outside; gives it on when the first trial
//! runs. It starts nothing itself and reads no file but the profile.

use std::any::Any;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::target::{Profile, ProfileError};
use threepid_engine::plan::VariantOffer;
use threepid_record::model::Ability;

/// What is known of a homeserver that has no profile.
const UNKNOWN: &str = "name = \"homeserver\"\ndescription = \"the homeserver under test\"\nkind = \"external\"\n";

/// What goes wrong while a homeserver is started.
pub type StartError = Box<dyn std::error::Error + Send + Sync>;

type Start = dyn Fn(SocketAddr) -> Result<Started, StartError> + Send + Sync;

/// A homeserver to test: one that runs already, or one that is started when the first trial needs it.
#[derive(Clone)]
pub struct Homeserver {
    source: Source,
    pub(super) public_url: Option<String>,
    pub(super) smtp_listen: SocketAddr,
    profile: Option<PathBuf>,
    offers: Vec<String>,
}

#[derive(Clone)]
enum Source {
    At(String),
    Starting(Arc<Start>),
}

/// A homeserver that was started.
pub struct Started {
    pub(super) url: String,
    /// Whoever holds it keeps the server alive.
    pub(super) keep: Box<dyn Any + Send + Sync>,
}

impl Started {
    /// It is reached at `url`, and lives until `keep` is dropped: a runtime, a child process that is killed when it is
    /// dropped, or `()` if it ends by itself.
    pub fn new(url: impl Into<String>, keep: impl Any + Send + Sync) -> Started {
        Started { url: url.into(), keep: Box::new(keep) }
    }
}

impl Homeserver {
    /// One that is running already, whose mail goes to port 2525 of this machine.
    pub fn at(url: impl Into<String>) -> Homeserver {
        Homeserver::new(Source::At(url.into()), 2525)
    }

    /// One that `start` starts, once and only if a trial runs. It is told the address that the homeserver must send its
    /// mail to: a free port, so that several test processes do not meet.
    ///
    /// `start` may take its time and may block; it gives the server when that answers.
    pub fn starting(start: impl Fn(SocketAddr) -> Result<Started, StartError> + Send + Sync + 'static) -> Homeserver {
        Homeserver::new(Source::Starting(Arc::new(start)), 0)
    }

    fn new(source: Source, smtp_port: u16) -> Homeserver {
        Homeserver {
            source,
            public_url: None,
            smtp_listen: SocketAddr::from(([127, 0, 0, 1], smtp_port)),
            profile: None,
            offers: Vec::new(),
        }
    }

    /// The address that its links carry, if it is not the one where it is reached.
    #[must_use]
    pub fn public_url(mut self, url: impl Into<String>) -> Homeserver {
        self.public_url = Some(url.into());
        self
    }

    /// Where its mail is taken.
    #[must_use]
    pub fn smtp_listen(mut self, address: SocketAddr) -> Homeserver {
        self.smtp_listen = address;
        self
    }

    /// A profile (`*.toml`, or the name of one in this crate), as `threepid run --target` takes it: known deviations,
    /// what the configuration offers, how accounts come to be. How it says that a server is started is not looked at.
    #[must_use]
    pub fn profile(mut self, file: impl Into<PathBuf>) -> Homeserver {
        self.profile = Some(file.into());
        self
    }

    /// Something that it is configured for and that cannot be probed, as scenarios name it under `needs`.
    #[must_use]
    pub fn offers(mut self, need: impl Into<String>) -> Homeserver {
        self.offers.push(need.into());
        self
    }

    /// What is known beforehand, with what it offers besides.
    pub(super) fn known(&self) -> Result<(Profile, Vec<String>), ProfileError> {
        let profile = match &self.profile {
            Some(file) => Profile::load(&file.to_string_lossy())?,
            None => Profile::parse(UNKNOWN, "a homeserver without a profile")?,
        };
        let mut offers = profile.resolve(variant(&profile))?.offers;
        offers.extend(self.offers.iter().cloned());
        // A server that was set up by somebody else cannot trust an authority that would be made now.
        offers.retain(|offer| offer != Ability::IDENTITY_SERVER);
        Ok((profile, offers))
    }

    /// Starts it, unless it runs already.
    pub(super) fn start(&self, smtp: SocketAddr) -> Result<Started, StartError> {
        match &self.source {
            Source::At(url) => Ok(Started::new(url, ())),
            Source::Starting(start) => start(smtp),
        }
    }
}

/// What a variant gives: its configuration, and its own name.
pub(super) fn offer(name: &str, gives: impl Iterator<Item = String>) -> VariantOffer {
    VariantOffer { name: name.to_owned(), gives: gives.chain([name.to_owned()]).collect() }
}

/// The one variant that there is of a server that is as it is.
pub(super) fn variant(profile: &Profile) -> &str {
    profile.variant_names()[0]
}

impl fmt::Debug for Homeserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source: &dyn fmt::Debug = match &self.source {
            Source::At(url) => url,
            Source::Starting(_) => &"started by the first trial",
        };
        f.debug_struct("Homeserver")
            .field("source", source)
            .field("public_url", &self.public_url)
            .field("smtp_listen", &self.smtp_listen)
            .field("profile", &self.profile)
            .field("offers", &self.offers)
            .finish()
    }
}

impl fmt::Debug for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started").field("url", &self.url).finish_non_exhaustive()
    }
}
