//! What all trials of a run share. It is only handed on.

use std::sync::Arc;
use std::time::Duration;

use crate::browser::Browser;
use crate::identity::IdentityServer;
use crate::target::Administrator;
use threepid_wire::http::{HttpOptions, Origins, Shared};
use threepid_wire::mail::Sink;

/// What all trials of a run share.
#[derive(Clone)]
pub struct Context {
    /// Limits of HTTP exchanges.
    pub http: HttpOptions,
    /// TLS settings.
    pub shared: Shared,
    /// Where the target is.
    pub origins: Origins,
    /// Where its mail arrives.
    pub sink: Sink,
    /// How long things may take.
    pub limits: Limits,
    /// The seed of all values that the harness makes.
    pub seed: u64,
    /// The identity server that the target trusts, if there is one. `shared` trusts its authority.
    pub identity: Option<Arc<IdentityServer>>,
    /// Who can lock and suspend accounts on the target, if its profile says how.
    pub administrator: Option<Arc<Administrator>>,
    /// What opens pages that plain HTTP cannot decide.
    pub browser: Arc<Browser>,
}

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A wait for mail (`--mail-timeout`).
    pub mail: Duration,
    /// A window in which no mail may come (`--quiet-window`).
    pub quiet: Duration,
    /// A whole trial (`--timeout`).
    pub trial: Duration,
    /// All waiting of one request because of 429 answers (`--rate-limit-wait`).
    pub rate_limit: Duration,
    /// How many bytes of text are read of one part of a mail (`--mail-text-limit`).
    pub mail_text: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            mail: Duration::from_secs(10),
            quiet: Duration::from_millis(500),
            trial: Duration::from_secs(60),
            rate_limit: Duration::from_secs(10),
            mail_text: crate::mail::TEXT_LIMIT,
        }
    }
}
