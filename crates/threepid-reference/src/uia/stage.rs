//! The steps of a flow, and the flows made of them.

/// One step of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Password,
    Dummy,
    RegistrationToken,
    EmailIdentity,
    Terms,
    /// A one-time password of a device: there for a shape, and nobody has one.
    SecondFactor,
    /// A visit to an identity provider: there for a shape, and nobody makes one.
    SingleSignOn,
}

impl Stage {
    const ALL: [Self; 7] = [
        Self::Password,
        Self::Dummy,
        Self::RegistrationToken,
        Self::EmailIdentity,
        Self::Terms,
        Self::SecondFactor,
        Self::SingleSignOn,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Password => "m.login.password",
            Self::Dummy => "m.login.dummy",
            Self::RegistrationToken => "m.login.registration_token",
            Self::EmailIdentity => "m.login.email.identity",
            Self::Terms => "m.login.terms",
            Self::SecondFactor => "org.example.totp",
            Self::SingleSignOn => "m.login.sso",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

/// Alternative ways to authenticate; each is a list of stages.
pub(crate) type Flows = &'static [&'static [Stage]];
