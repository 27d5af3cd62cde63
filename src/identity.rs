//! An identity server that homeservers can talk to: the v2 API over TLS, on the loopback.
//!
//! Takes a certificate authority, the address of an SMTP server and a way to reach homeservers; gives a server that
//! validates addresses by real mail, publishes and removes associations, signs them, and checks who asks: an OpenID
//! token at the homeserver that issued it, the signature of a request with the homeserver's published keys. It keeps
//! what it was asked, and can be told to misbehave for one address, user or session, so that many trials share it.
//!
//! It never asks anything but the loopback (or what [`IdentityOptions::homeservers`] names), never judges, never
//! grows without a limit, and prints nothing.
//!
//! ```text
//!                                                       ┌─ upstream: another identity server that answers instead
//! listen (TLS, connections) ─ service (record, misbehave) ─ routes ─ endpoints/* (one file per part of the API)
//!                                                                      ├─ state: tokens, sessions, associations
//!                                                                      ├─ homeserver (OpenID, keys) ─ signing, x_matrix
//!                                                                      └─ mailer
//! ```
//!
//! Specification: Identity Service API v1.19.

#[cfg(not(feature = "identity-server"))]
mod absent;
#[cfg(feature = "identity-server")]
mod answer;
#[cfg(feature = "identity-server")]
mod asked;
#[cfg(feature = "identity-server")]
mod authority;
mod behaviour;
#[cfg(feature = "identity-server")]
mod behaviours;
#[cfg(feature = "identity-server")]
mod body;
#[cfg(feature = "identity-server")]
mod bounded;
#[cfg(feature = "identity-server")]
mod caller;
#[cfg(feature = "identity-server")]
mod endpoints;
#[cfg(feature = "identity-server")]
mod handle;
#[cfg(feature = "identity-server")]
mod homeserver;
#[cfg(feature = "identity-server")]
mod limits;
#[cfg(feature = "identity-server")]
mod listen;
#[cfg(feature = "identity-server")]
mod mailer;
#[cfg(feature = "identity-server")]
mod pages;
#[cfg(feature = "identity-server")]
mod paths;
#[cfg(feature = "identity-server")]
mod routes;
#[cfg(feature = "identity-server")]
mod server;
#[cfg(feature = "identity-server")]
mod service;
#[cfg(feature = "identity-server")]
mod sessions;
#[cfg(feature = "identity-server")]
mod signing;
#[cfg(feature = "identity-server")]
mod upstream;
#[cfg(feature = "identity-server")]
mod x_matrix;

#[cfg(not(feature = "identity-server"))]
pub use absent::IdentityServer;
#[cfg(feature = "identity-server")]
pub use authority::{Authority, AuthorityError, Certificate};
pub use behaviour::{Behaviour, Matcher};
#[cfg(feature = "identity-server")]
pub use handle::{IdentityError, IdentityOptions, IdentityServer};
