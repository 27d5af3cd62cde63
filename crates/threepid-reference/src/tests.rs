//! The server from outside: over real HTTP and against a small SMTP server that records what it takes.

mod accounts;
mod adding;
mod client;
mod flow;
mod identity_server;
mod links;
mod mails;
mod requests;
mod sink;
mod switches;
mod tls;
mod walks;

use client::World;
pub(super) use identity_server::certificate;
