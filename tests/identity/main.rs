//! The identity server as homeservers, clients and people see it: over TLS, with mail through the real sink and a
//! homeserver that vouches and signs.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod accounts;
mod behind;
mod bind;
mod homeserver;
mod misbehave;
mod unbind;
mod validate;
mod world;
