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
    /// The domains whose addresses are accepted; `None` accepts all. Others are answered `M_THREEPID_DENIED`.
    pub allowed_domains: Option<Vec<String>>,
    /// How long a link in a mail works.
    pub token_lifetime: Duration,
    /// How long a validation session lives, and with it a proof that nobody has used yet.
    pub session_lifetime: Duration,
    /// How long the SMTP server may take for one mail.
    pub smtp_timeout: Duration,
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

impl Default for Config {
    fn default() -> Self {
        Self {
            mail: true,
            changes_enabled: true,
            registration: Registration::Open,
            allowed_domains: None,
            token_lifetime: Duration::from_secs(60 * 60),
            session_lifetime: Duration::from_secs(24 * 60 * 60),
            smtp_timeout: Duration::from_secs(10),
        }
    }
}
