//! The HTTP client: one request in, one [`Exchange`] out.
//!
//! Takes an [`Outgoing`] request and gives what was sent with what came back, timed and bounded.
//! A failure is data ([`threepid_record::model::Failure`]), so [`Client::send`] never returns an error: whether a missing
//! answer is the server's fault is for the judge to say.
//!
//! It never follows a redirect, never uses a proxy, never repeats a request by itself, never reads more than its
//! limits allow, and never decides what an answer means.

mod client;
mod failure;
mod options;
mod origins;
mod retry;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "http/no_tls.rs"]
mod tls;

#[cfg(test)]
mod tests;

pub use client::{Client, Outgoing};
pub use options::HttpOptions;
pub use origins::{Forwarded, Origins, OriginsError, Reached};
pub use retry::asked_to_wait;
pub use tls::{Shared, TlsError};

#[doc(no_inline)]
pub use threepid_record::model::Exchange;
