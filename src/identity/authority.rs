//! A certificate authority made for one run, and certificates from it.
//!
//! Takes names; gives PEM. Homeservers are told to trust the authority, and get certificates from it for their own
//! federation listener. It never writes a file: who needs one writes it.

use std::net::IpAddr;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// The authority's key or a certificate could not be made.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// The library refuses, for instance because a name cannot stand in a certificate.
    #[error("no certificate could be made for {names}: {source}")]
    Certificate {
        /// For which names.
        names: String,
        /// Why.
        source: rcgen::Error,
    },
    /// The certificate cannot be used for TLS.
    #[error("TLS could not be set up with a certificate made for it: {0}")]
    Tls(#[from] rustls::Error),
    /// What was made cannot be read back.
    #[error("a certificate that was made cannot be read: {0}")]
    Pem(#[from] rustls::pki_types::pem::Error),
}

/// A certificate authority. Its key is never given away.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    pem: String,
}

/// A certificate with its private key.
#[derive(Clone)]
pub struct Certificate {
    /// The certificate, PEM.
    pub cert_pem: String,
    /// Its private key, PEM (PKCS #8).
    pub key_pem: String,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").finish_non_exhaustive()
    }
}

impl Authority {
    /// Makes an authority with a new key.
    ///
    /// # Errors
    ///
    /// When the system has no randomness for a key.
    pub fn new() -> Result<Authority, AuthorityError> {
        let make = || {
            let mut params = CertificateParams::default();
            params.distinguished_name.push(DnType::CommonName, "threepid test authority");
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
            CertifiedIssuer::self_signed(params, KeyPair::generate()?)
        };
        let issuer =
            make().map_err(|source| AuthorityError::Certificate { names: "an authority".to_owned(), source })?;
        let pem = issuer.pem();
        Ok(Authority { issuer, pem })
    }

    /// The authority's own certificate: what has to be trusted.
    pub fn ca_pem(&self) -> &str {
        &self.pem
    }

    /// Issues a certificate for these host names and IP addresses.
    ///
    /// # Errors
    ///
    /// When a name cannot stand in a certificate.
    pub fn issue(&self, names: &[&str]) -> Result<Certificate, AuthorityError> {
        let make = || {
            // Texts that are IP addresses become IP SANs.
            let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?;
            params.distinguished_name.push(DnType::CommonName, "threepid test server");
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            params.use_authority_key_identifier_extension = true;
            let key = KeyPair::generate()?;
            let certificate = params.signed_by(&key, &self.issuer)?;
            Ok(Certificate { cert_pem: certificate.pem(), key_pem: key.serialize_pem() })
        };
        make().map_err(|source| AuthorityError::Certificate { names: names.join(", "), source })
    }

    /// A certificate for everything by which a server on `address` is reached.
    pub(super) fn for_loopback(&self, address: IpAddr) -> Result<Certificate, AuthorityError> {
        let address = address.to_string();
        let mut names = vec!["localhost", "127.0.0.1", "::1"];
        if !names.contains(&address.as_str()) {
            names.push(&address);
        }
        self.issue(&names)
    }
}

impl Certificate {
    /// TLS with this certificate, HTTP/1.1 only.
    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor, AuthorityError> {
        let chain = CertificateDer::pem_slice_iter(self.cert_pem.as_bytes()).collect::<Result<Vec<_>, _>>()?;
        let key = PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes())?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}
