//! What clients share where the program is built without TLS: nothing.
//!
//! Takes no certificate authorities, and refuses those it is given. It has the interface of `tls`.

use reqwest::ClientBuilder;
use thiserror::Error;

/// What keeps the shared TLS settings from being made.
#[derive(Debug, Error)]
pub enum TlsError {
    /// There are none in this build.
    #[error(
        "`{origin}` names certificate authorities, and this is built without TLS: enable the feature `tls` of threepid"
    )]
    NotBuilt {
        /// The file's name, as the user gave it.
        origin: String,
    },
}

/// What all clients of a run share.
#[derive(Debug, Clone)]
pub struct Shared(());

impl Shared {
    /// Nothing.
    ///
    /// # Errors
    /// Never.
    pub fn new() -> Result<Shared, TlsError> {
        Ok(Shared(()))
    }

    /// Nothing, if no authorities are given.
    ///
    /// # Errors
    /// [`TlsError::NotBuilt`] for the first.
    pub fn with_all<'a>(all: impl IntoIterator<Item = (&'a [u8], &'a str)>) -> Result<Shared, TlsError> {
        match all.into_iter().next() {
            None => Shared::new(),
            Some((_, origin)) => Err(TlsError::NotBuilt { origin: origin.to_owned() }),
        }
    }

    /// Nothing went wrong.
    pub fn note(&self) -> Option<&str> {
        None
    }

    pub(super) fn apply(&self, builder: ClientBuilder) -> ClientBuilder {
        builder
    }
}
