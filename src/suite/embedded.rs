//! Starts the reference homeserver that is part of this program.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::identity::{Authority, IdentityError, IdentityOptions, IdentityServer};
use threepid_record::model::Ability;
use threepid_reference::{Config, Defect, Options, Running, Shape};

/// The secret with which accounts are made where nobody can register; the reference's profile has it too.
const SHARED_SECRET: &str = "only for tests on the loopback";

/// Why the reference homeserver could not be started.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// It has no such variant.
    #[error("the reference homeserver has no variant `{name}`; it has {known}")]
    Variant {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// It could not be started.
    #[error(transparent)]
    Start(#[from] threepid_reference::StartError),
}

/// Starts an identity server with an authority of its own, whose mail goes to `smtp`.
///
/// # Errors
///
/// [`IdentityError`].
pub async fn start_identity(smtp: SocketAddr) -> Result<Arc<IdentityServer>, IdentityError> {
    let authority = Arc::new(Authority::new()?);
    Ok(Arc::new(IdentityServer::start(IdentityOptions::new(smtp, authority)).await?))
}

/// The names of its variants, `plain` first.
pub fn embedded_variants() -> Vec<&'static str> {
    threepid_reference::variants().iter().map(|variant| variant.name).collect()
}

/// What a variant offers that cannot be probed.
pub fn embedded_offers(variant: &str) -> &'static [&'static str] {
    if variant == "plain" {
        &[Ability::IDENTITY_SERVER, "no-phone-numbers", "account-locks", "account-suspension"]
    } else {
        &[]
    }
}

/// Starts it on a free port (or on `listen`), with its mail going to `smtp`. It trusts `identity`, which learns where
/// it is.
///
/// # Errors
///
/// If it has no such variant, if two shapes contradict each other, or if the address cannot be bound.
pub async fn start_embedded(
    variant: &str,
    listen: Option<SocketAddr>,
    smtp: SocketAddr,
    public_url: Option<String>,
    defects: Vec<&'static Defect>,
    shapes: Vec<&'static Shape>,
    identity: Option<&IdentityServer>,
) -> Result<Running, EmbeddedError> {
    let mut config = Config::default();
    let known = || embedded_variants().iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let found = threepid_reference::find_variant(variant)
        .ok_or_else(|| EmbeddedError::Variant { name: variant.to_owned(), known: known() })?;
    (found.apply)(&mut config);
    config.registration_shared_secret = Some(SHARED_SECRET.to_owned());
    config.identity_ca_pem = identity.map(|identity| identity.ca_pem().to_owned());
    config.private_identity_servers = identity.map(|identity| identity.name().to_owned()).into_iter().collect();
    let mut options = Options::new(smtp);
    options.public_url = public_url;
    options.defects = defects;
    options.shapes = shapes;
    options.config = config;
    if let Some(listen) = listen {
        options.listen = listen;
    }
    let running = threepid_reference::start(options).await?;
    if let Some(identity) = identity {
        identity.learn_homeserver(running.server_name(), running.url());
    }
    Ok(running)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::Profile;

    #[test]
    fn the_profile_has_the_variants_and_the_secret_of_the_reference() {
        let profile = Profile::load("reference").unwrap();
        let mut named = profile.variant_names();
        let mut real = embedded_variants();
        named.sort_unstable();
        real.sort_unstable();
        assert_eq!(named, real);
        for name in real {
            assert_eq!(profile.resolve(name).unwrap().offers, embedded_offers(name), "{name}");
        }
        assert_eq!(profile.accounts.registration_shared_secret.as_deref(), Some(SHARED_SECRET));
    }
}
