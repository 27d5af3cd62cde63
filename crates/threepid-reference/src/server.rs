//! What every endpoint shares: the configuration, the switches, the mailer and the state.
//!
//! *Gives* the two questions about switches and the lock; *never* holds the lock across an await: the state is a plain mutex,
//! so that "check, then change" in one endpoint is one step for all others.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use url::Url;

use super::{
    accounts::{Accounts, UserId},
    address::Address,
    answer::MatrixError,
    config::Config,
    error::StartError,
    identity::{IdentityServers, bindings::Bindings, openid::OpenIdTokens, signing::SigningKey},
    limits::Limits,
    mailer::Mailer,
    nonces::Nonces,
    options::Options,
    proofs::{Proofs, Purpose},
    pushers::Pushers,
    switches::Switches,
    uia::Challenges,
};

/// One homeserver.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) name: String,
    /// The base of the links, without a trailing slash.
    pub(super) public_url: String,
    pub(super) config: Config,
    pub(super) mailer: Mailer,
    pub(super) identity: IdentityServers,
    /// What this server signs with.
    pub(super) key: SigningKey,
    pub(super) switches: Switches,
    state: Mutex<State>,
}

/// Everything that changes.
#[derive(Debug)]
pub(super) struct State {
    pub(super) accounts: Accounts,
    pub(super) proofs: Proofs,
    pub(super) challenges: Challenges,
    pub(super) limits: Limits,
    pub(super) pushers: Pushers,
    pub(super) bindings: Bindings,
    pub(super) openid: OpenIdTokens,
    pub(super) nonces: Nonces,
}

impl State {
    /// Takes an address from an account that gives it up. Whoever followed a link to reset the password of that account by it
    /// has proved nothing any more, whoever has the address next.
    pub(super) fn give_up(&mut self, switches: &Switches, user: &UserId, address: &Address) {
        if self.accounts.detach(user, address) {
            self.forget_resets(switches, address);
        }
    }

    fn forget_resets(&mut self, switches: &Switches, address: &Address) {
        if !switches.has_defect("reset-proof-outlives-removal") {
            self.proofs.close_all(Purpose::Reset, address);
        }
    }

    /// Ends an account, and with it what its addresses proved.
    pub(super) fn deactivate(&mut self, switches: &Switches, user: &UserId) {
        let addresses: Vec<_> = self.accounts.threepids(user).iter().map(|it| it.address.clone()).collect();
        self.accounts.deactivate(user, switches.has_defect("addresses-survive-deactivation"));
        for address in &addresses {
            self.forget_resets(switches, address);
        }
        self.pushers.remove_all(user);
    }
}

impl Server {
    /// `bound_url` is the address that the server listens on, for links when no public one is given.
    pub(super) fn new(options: &Options, switches: Switches, bound_url: &str) -> Result<Self, StartError> {
        let public_url = options.public_url.as_deref().unwrap_or(bound_url).trim_end_matches('/').to_owned();
        let absolute = Url::parse(&public_url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !absolute {
            return Err(StartError::PublicUrl { given: public_url });
        }
        let config = options.config.clone();
        let mailer = Mailer::new(options.smtp, &options.server_name, config.smtp_timeout)?;
        let identity = IdentityServers::new(&config)?;
        let state = State {
            accounts: Accounts::new(&options.server_name),
            proofs: Proofs::new(config.session_lifetime, config.token_lifetime),
            challenges: Challenges::new(),
            limits: Limits::new(),
            pushers: Pushers::default(),
            bindings: Bindings::default(),
            openid: OpenIdTokens::new(),
            nonces: Nonces::default(),
        };
        let state = Mutex::new(state);
        Ok(Self {
            name: options.server_name.clone(),
            public_url,
            config,
            mailer,
            identity,
            key: SigningKey::generate().ok_or(StartError::SigningKey)?,
            switches,
            state,
        })
    }

    /// Whether the promise behind this defect is to be broken.
    pub(super) fn has_defect(&self, name: &str) -> bool {
        self.switches.has_defect(name)
    }

    /// Whether this lawful difference is to be shown.
    pub(super) fn has_shape(&self, name: &str) -> bool {
        self.switches.has_shape(name)
    }

    /// Whether validation mails are on offer at all.
    pub(super) fn mails(&self) -> bool {
        self.config.mail && self.refusal_of_mail().is_none()
    }

    /// Whether users may change their addresses.
    pub(super) fn changes_permitted(&self) -> Result<(), MatrixError> {
        if self.config.changes_enabled {
            return Ok(());
        }
        let refusal = MatrixError::forbidden("third-party identifiers cannot be changed on this server");
        Err(refusal)
    }

    /// What requestToken answers on a server whose shape is not to offer it.
    pub(super) fn refusal_of_mail(&self) -> Option<MatrixError> {
        let error = "validation by e-mail is not offered here";
        self.switches.refusal_of_mail().map(|refusal| MatrixError::new(refusal.status, &refusal.errcode, error))
    }

    /// Whether a password is that of the account. Who tries too many is told to wait.
    pub(super) fn password_is(&self, state: &mut State, user: &UserId, password: &str) -> Result<bool, MatrixError> {
        let is_right = state.accounts.password_is(user, password);
        let limits = self.config.rate_limits.as_ref().filter(|_| !self.has_defect("passwords-can-be-guessed"));
        if let Some(limits) = limits {
            let admitted = state.limits.guess(limits.by_guess, user, is_right, Instant::now());
            admitted.map_err(MatrixError::limit_exceeded)?;
        }
        Ok(is_right)
    }

    /// The state, for as long as one endpoint needs it. A panic elsewhere does not make it unusable: every change is complete
    /// before anything that could panic.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
