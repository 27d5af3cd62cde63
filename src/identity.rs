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

mod answer;
mod asked;
mod authority;
mod behaviour;
mod body;
mod bounded;
mod caller;
mod endpoints;
mod handle;
mod homeserver;
mod limits;
mod listen;
mod mailer;
mod pages;
mod paths;
mod routes;
mod server;
mod service;
mod sessions;
mod signing;
mod upstream;
mod x_matrix;

pub use authority::{Authority, AuthorityError, Certificate};
pub use behaviour::{Behaviour, Matcher};
pub use handle::{IdentityError, IdentityOptions, IdentityServer};
