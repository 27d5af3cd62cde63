//! The variants of the server: what it offers and what it refuses.
//!
//! *Takes* nothing; *gives* plain data whose default is the plain variant; *never* changes how correct the server is: every
//! variant conforms, it is [`Defect`](super::Defect)s that break promises.

use std::time::Duration;

/// What the server offers. The default is the plain variant: mail, open registration, no restrictions.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// Whether the server can send mail; without it requestToken answers `M_THREEPID_MEDIUM_NOT_SUPPORTED`.
    pub mail: bool,
    /// Whether users may change their third-party identifiers; the `m.3pid_changes` capability says so.
    pub changes_enabled: bool,
    /// Who may register.
    pub registration: Registration,
    /// The secret with which an administrator creates accounts whatever `registration` says; `None` offers no such way.
    pub registration_shared_secret: Option<String>,
    /// Whether every new account needs an e-mail address.
    pub registration_needs_email: bool,
    /// Whether people who register have to agree to terms first.
    pub registration_terms: bool,
    /// Whether guests are let in.
    pub guests: bool,
    /// The domains whose addresses are accepted; `None` accepts all. Others are answered `M_THREEPID_DENIED`.
    pub allowed_domains: Option<Vec<String>>,
    /// Whether requestToken hides which addresses have accounts: it answers 200 and a sid whatever the truth is.
    pub inhibit_3pid_errors: bool,
    /// The hosts that a `next_link` may lead to; `None` accepts all.
    pub next_link_hosts: Option<Vec<String>>,
    /// Whether requestToken answers a `submit_url`, so that the token can be typed as well as clicked.
    pub submit_url: bool,
    /// How often validation mails may be asked for; `None` does not limit it.
    pub rate_limits: Option<RateLimits>,
    /// Whether clients are told apart by the last address in `X-Forwarded-For`, as behind one proxy.
    pub trust_forwarded_for: bool,
    /// How long a link in a mail works.
    pub token_lifetime: Duration,
    /// How long a validation session lives, and with it a proof that nobody has used yet.
    pub session_lifetime: Duration,
    /// How long the SMTP server may take for one mail.
    pub smtp_timeout: Duration,
    /// The certificate authority of the identity servers, as PEM. Without one no identity server is trusted.
    pub identity_ca_pem: Option<String>,
    /// The identity servers that may be at a private or a loopback address, with their ports: for tests on one machine.
    pub private_identity_servers: Vec<String>,
    /// How long an identity server may take for one answer.
    pub identity_timeout: Duration,
}

/// Who may register, and with which stage.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Registration {
    /// Everyone, with the dummy stage.
    Open,
    /// Nobody: 403 `M_FORBIDDEN`.
    Disabled,
    /// Whoever knows this token: the `m.login.registration_token` stage.
    Token(String),
}

/// How often validation mails may be asked for, and passwords tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimits {
    /// By one client address, whatever the e-mail addresses are.
    pub by_client: Limit,
    /// For one e-mail address, whoever asks.
    pub by_email: Limit,
    /// Wrong passwords for one account.
    pub by_guess: Limit,
}

/// So many at once, and one more each time the interval has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// How many requests are admitted at once.
    pub burst: u32,
    /// How long it takes until one more is admitted.
    pub interval: Duration,
}

impl Default for RateLimits {
    /// Five mails from one client, three to one address, and one more every five minutes; ten wrong passwords, and one more
    /// every minute.
    fn default() -> Self {
        let interval = Duration::from_secs(300);
        Self {
            by_client: Limit { burst: 5, interval },
            by_email: Limit { burst: 3, interval },
            by_guess: Limit { burst: 10, interval: Duration::from_secs(60) },
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mail: true,
            changes_enabled: true,
            registration: Registration::Open,
            registration_shared_secret: None,
            registration_needs_email: false,
            registration_terms: false,
            guests: false,
            allowed_domains: None,
            inhibit_3pid_errors: false,
            next_link_hosts: None,
            submit_url: false,
            rate_limits: None,
            trust_forwarded_for: false,
            token_lifetime: Duration::from_secs(60 * 60),
            session_lifetime: Duration::from_secs(24 * 60 * 60),
            smtp_timeout: Duration::from_secs(10),
            identity_ca_pem: None,
            private_identity_servers: Vec::new(),
            identity_timeout: Duration::from_secs(10),
        }
    }
}
