//! Whom the client for identity servers trusts.
//!
//! *Takes* authorities as PEM; *gives* a client's settings; *never* touches the provider that the whole process shares: ring is
//! passed explicitly.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use super::error::StartError;

/// Trusts the authorities in `pem` and no others.
pub(super) fn client_config(pem: &str) -> Result<ClientConfig, StartError> {
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_slice_iter(pem.as_bytes());
    for certificate in certificates {
        let added = certificate.ok().map(|it| roots.add(it));
        if !matches!(added, Some(Ok(()))) {
            return Err(StartError::Certificate("an identity server's authority"));
        }
    }
    if roots.is_empty() {
        return Err(StartError::Certificate("an identity server's authority"));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|source| StartError::Tls { source })?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::certificate;

    #[test]
    fn an_authority_has_to_be_one() {
        let (cert_pem, key_pem) = certificate();
        assert!(client_config(&cert_pem).is_ok());
        for pem in ["", "nonsense", &key_pem] {
            assert!(client_config(pem).is_err(), "{pem}");
        }
    }
}
