//! The TLS settings that all clients share.
//!
//! Takes extra certificate authorities (PEM) and gives a [`Shared`] that is cheap to clone. The system's own
//! authorities are read at the first TLS handshake, so a run over plain HTTP never looks for them, and a machine
//! without any still works. It never touches the process-wide default provider.

use std::fmt;
use std::sync::{Arc, OnceLock};

use reqwest::ClientBuilder;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use thiserror::Error;

/// What keeps the shared TLS settings from being made.
#[derive(Debug, Error)]
pub enum TlsError {
    /// The text is no PEM, or holds no certificate.
    #[error("no certificate could be read from `{origin}` (`--cacert` takes a PEM file with one or more certificates)")]
    NotPem {
        /// The file's name, as the user gave it.
        origin: String,
    },
    /// A certificate cannot be used as an authority.
    #[error("a certificate in `{origin}` cannot be trusted as an authority: {source}")]
    NotAnAuthority {
        /// The file's name, as the user gave it.
        origin: String,
        /// What is wrong with it.
        source: rustls::Error,
    },
    /// The cryptographic provider refuses the protocol versions.
    #[error("TLS could not be set up: {0}")]
    Setup(rustls::Error),
}

/// TLS settings shared by all clients of a run; cloning it copies a few pointers.
#[derive(Clone)]
pub struct Shared {
    config: ClientConfig,
    roots: Arc<Roots>,
}

impl Shared {
    /// The system's authorities only.
    ///
    /// # Errors
    /// When the provider refuses the protocol versions, which no known build does.
    pub fn new() -> Result<Shared, TlsError> {
        Shared::with_extra(RootCertStore::empty(), Vec::new())
    }

    /// The system's authorities and those in `pem`; `origin` names the file in messages.
    ///
    /// # Errors
    /// When `pem` holds no certificate, or one that cannot be an authority.
    pub fn with_pem(pem: &[u8], origin: &str) -> Result<Shared, TlsError> {
        Shared::with_all([(pem, origin)])
    }

    /// The system's authorities and those in all of these.
    ///
    /// # Errors
    /// As [`Shared::with_pem`], for each.
    pub fn with_all<'a>(all: impl IntoIterator<Item = (&'a [u8], &'a str)>) -> Result<Shared, TlsError> {
        let mut extra = RootCertStore::empty();
        let mut given = Vec::new();
        for (pem, origin) in all {
            let before = extra.len();
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|_| TlsError::NotPem { origin: origin.to_owned() })?;
                given.push(certificate.clone());
                extra
                    .add(certificate)
                    .map_err(|source| TlsError::NotAnAuthority { origin: origin.to_owned(), source })?;
            }
            if extra.len() == before {
                return Err(TlsError::NotPem { origin: origin.to_owned() });
            }
        }
        Shared::with_extra(extra, given)
    }

    fn with_extra(extra: RootCertStore, given: Vec<CertificateDer<'static>>) -> Result<Shared, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let roots = Arc::new(Roots { extra, given, provider: Arc::clone(&provider), loaded: OnceLock::new() });
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Setup)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&roots) as Arc<dyn ServerCertVerifier>)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Shared { config, roots })
    }

    /// What went wrong when the system's authorities were read; `None` if nothing did, or if none were needed yet.
    pub fn note(&self) -> Option<&str> {
        self.roots.loaded.get().and_then(|loaded| loaded.note.as_deref())
    }

    pub(super) fn apply(&self, builder: ClientBuilder) -> ClientBuilder {
        builder.tls_backend_preconfigured(self.config.clone())
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("extra_roots", &self.roots.extra.len()).finish_non_exhaustive()
    }
}

/// Verifies certificates against the extra authorities and the system's, which are read when first needed.
struct Roots {
    extra: RootCertStore,
    /// The certificates that somebody named, as they stand in the file.
    given: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
    loaded: OnceLock<Loaded>,
}

struct Loaded {
    /// `None` when there is no authority at all: then no certificate can be trusted.
    verifier: Option<Arc<WebPkiServerVerifier>>,
    note: Option<String>,
}

impl Roots {
    fn loaded(&self) -> &Loaded {
        self.loaded.get_or_init(|| {
            let mut store = self.extra.clone();
            let native = rustls_native_certs::load_native_certs();
            // Systems carry odd certificates among good ones: those that cannot be used are left out.
            let (used, _) = store.add_parsable_certificates(native.certs);
            let note = (used == 0).then(|| {
                let causes: Vec<String> = native.errors.iter().map(ToString::to_string).collect();
                let causes = if causes.is_empty() { "none were found".to_owned() } else { causes.join("; ") };
                format!("this system's certificate authorities could not be used ({causes}); name some with `--cacert`")
            });
            let verifier =
                WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(&self.provider)).build().ok();
            Loaded { verifier, note }
        })
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roots").finish_non_exhaustive()
    }
}

impl ServerCertVerifier for Roots {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let loaded = self.loaded();
        match &loaded.verifier {
            Some(verifier) => {
                let verified = verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
                match verified {
                    // What `openssl req -x509` makes calls itself an authority, which may serve nothing itself. Whoever
                    // names just this one trusts it; its name has to be right all the same.
                    Err(rustls::Error::InvalidCertificate(CertificateError::Other(_)))
                        if self.given.iter().any(|given| given == end_entity) =>
                    {
                        verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                        Ok(ServerCertVerified::assertion())
                    }
                    other => other,
                }
            }
            None => {
                // A wrong name is the more useful thing to hear, if both are wrong.
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Err(rustls::Error::General(loaded.note.clone().unwrap_or_default()))
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
