//! The reference homeserver as what trials are run against.
//!
//! Takes the name of a variant and where its mail goes; gives it started, with an identity server that it trusts.

use std::net::SocketAddr;
use std::sync::Arc;

use super::homeserver::{Started, offer};
use crate::identity::IdentityServer;
use crate::suite::{embedded_offers, embedded_variants, start_embedded, start_identity};
use crate::target::Profile;
use threepid_engine::plan::VariantOffer;

/// Its profile, its variants, and what has to be declared of it: nothing.
pub(super) fn known() -> Result<(Profile, Vec<VariantOffer>, Vec<String>), String> {
    let profile = Profile::load("reference").map_err(|fault| fault.to_string())?;
    let variant = |name| offer(name, embedded_offers(name).iter().map(|offer| (*offer).to_owned()));
    Ok((profile, embedded_variants().into_iter().map(variant).collect(), Vec::new()))
}

/// Starts one of its variants on a free port.
pub(super) async fn start(variant: &str, smtp: SocketAddr) -> Result<(Started, Option<Arc<IdentityServer>>), String> {
    let trusted = start_identity(smtp).await.map_err(|fault| fault.to_string())?;
    let running = start_embedded(variant, None, smtp, None, Vec::new(), Vec::new(), Some(&trusted));
    let running = running.await.map_err(|fault| fault.to_string())?;
    Ok((Started::new(running.url().to_owned(), running), Some(trusted)))
}
