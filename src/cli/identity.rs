//! The identity server of a run, with the files by which a homeserver is set up to trust it.

use std::sync::Arc;

use tempfile::TempDir;

use crate::identity::{Authority, IdentityOptions, IdentityServer};
use crate::mail::Sink;
use crate::target::{Resolved, Values};

/// The ability of a variant that needs it.
pub(super) const IDENTITY_SERVER: &str = "identity-server";

/// An identity server and its files, which go away with it.
pub(super) struct Desk {
    pub(super) server: Arc<IdentityServer>,
    pub(super) values: Values,
    _folder: TempDir,
}

impl Desk {
    /// Starts one if the variant needs it.
    ///
    /// # Errors
    ///
    /// A message that says what could not be done.
    pub(super) async fn open_for(resolved: &Resolved, sink: &Sink) -> Result<Option<Desk>, String> {
        if !resolved.offers.iter().any(|offer| offer == IDENTITY_SERVER) {
            return Ok(None);
        }
        let authority = Arc::new(Authority::new().map_err(|fault| fault.to_string())?);
        let server = IdentityServer::start(IdentityOptions::new(sink.addr(), Arc::clone(&authority)))
            .await
            .map_err(|fault| fault.to_string())?;
        let homeserver = authority.issue(&["localhost", "127.0.0.1", "::1"]).map_err(|fault| fault.to_string())?;
        let folder = tempfile::Builder::new()
            .prefix("threepid-identity-")
            .tempdir()
            .map_err(|fault| format!("no folder for the identity server's certificates: {fault}"))?;
        let mut values = Values::new();
        for (name, file, text) in [
            ("ca_file", "ca.pem", authority.ca_pem()),
            ("tls_certificate_file", "homeserver.pem", &homeserver.cert_pem),
            ("tls_key_file", "homeserver.key", &homeserver.key_pem),
        ] {
            let path = folder.path().join(file);
            std::fs::write(&path, text).map_err(|fault| format!("cannot write {}: {fault}", path.display()))?;
            values.insert(name.to_owned(), path.display().to_string().into());
        }
        values.insert("id_server".to_owned(), server.name().into());
        Ok(Some(Desk { server: Arc::new(server), values, _folder: folder }))
    }

    /// Where the certificate is that has to be trusted.
    pub(super) fn authority_file(&self) -> &str {
        self.values.get("ca_file").and_then(|file| file.as_str()).unwrap_or_default()
    }

    /// Ends it.
    pub(super) async fn close(self) {
        self.server.shutdown().await;
    }
}
