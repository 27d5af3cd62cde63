//! The identity server of a run, with the files by which a homeserver is set up to trust it.

use std::sync::Arc;

use tempfile::TempDir;

use super::args::StartArgs;
use super::start_options::{show, start_options};
use crate::identity::IdentityServer;
use crate::suite::start_identity;
use crate::target::leftover::{self, Held};
use crate::target::{Managed, Profile, Resolved, Values};
use threepid_record::model::Ability;
use threepid_wire::mail::Sink;

/// An identity server and its files, which go away with it.
pub(super) struct IdentityFixture {
    pub(super) server: Arc<IdentityServer>,
    pub(super) values: Values,
    behind: Option<Managed>,
    _folder: TempDir,
    _held: Held,
}

impl IdentityFixture {
    /// Starts one if the variant needs it.
    ///
    /// # Errors
    ///
    /// A message that says what could not be done.
    pub(super) async fn open_for(
        resolved: &Resolved,
        sink: &Sink,
        start: &StartArgs,
    ) -> Result<Option<IdentityFixture>, String> {
        if !resolved.offers.iter().any(|offer| offer == Ability::IDENTITY_SERVER) {
            return Ok(None);
        }
        let server = start_identity(sink.addr()).await.map_err(|fault| fault.to_string())?;
        let authority = server.authority();
        let homeserver = authority.issue(&["localhost", "127.0.0.1", "::1"]).map_err(|fault| fault.to_string())?;
        let folder = tempfile::Builder::new()
            .prefix(&format!("{}identity-", leftover::PREFIX))
            .tempdir()
            .map_err(|fault| format!("no folder for the identity server's certificates: {fault}"))?;
        leftover::sweep();
        let held = leftover::hold(folder.path())
            .map_err(|fault| format!("cannot write to {}: {fault}", folder.path().display()))?;
        let mut values = Values::new();
        for (name, file, text) in [
            ("ca_file", "ca.pem", authority.ca_pem()),
            ("tls_certificate_file", "homeserver.pem", &homeserver.cert_pem),
            ("tls_key_file", "homeserver.key", &homeserver.key_pem),
        ] {
            let path = folder.path().join(file);
            leftover::write_private(&path, text.as_bytes())
                .map_err(|fault| format!("cannot write {}: {fault}", path.display()))?;
            values.insert(name.to_owned(), path.display().to_string().into());
        }
        values.insert("id_server".to_owned(), server.name().into());
        let behind = match &resolved.identity_server {
            None => None,
            Some(profile) => Some(behind(profile, &server, &values, sink, start).await?),
        };
        Ok(Some(IdentityFixture { server, values, behind, _folder: folder, _held: held }))
    }

    /// Where the certificate is that has to be trusted.
    pub(super) fn authority_file(&self) -> &str {
        self.values.get("ca_file").and_then(|file| file.as_str()).unwrap_or_default()
    }

    /// Ends it.
    pub(super) async fn close(self) {
        self.server.shutdown().await;
        if let Some(behind) = self.behind {
            behind.stop().await;
        }
    }
}

/// Starts another identity server behind the harness's own.
async fn behind(
    profile: &str,
    front: &IdentityServer,
    values: &Values,
    sink: &Sink,
    start: &StartArgs,
) -> Result<Managed, String> {
    let profile = Profile::load(profile).map_err(|fault| fault.to_string())?;
    let mut options = start_options(start, sink.addr());
    options.values = values.clone();
    let managed = Managed::start(&profile, profile.variant_names()[0], &options, &show)
        .await
        .map_err(|fault| fault.to_string())?;
    front.forward_to(&managed.url).map_err(|fault| fault.to_string())?;
    Ok(managed)
}
