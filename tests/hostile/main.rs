//! The run against homeservers that mean harm, or that are broken as nobody would think of.
//!
//! Whatever they do, the program ends within its limits, with the exit code that tells who is at fault, in clear words,
//! in bounded memory, with a record that is whole and that nobody has written orders or secrets into.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod answers;
mod cost;
mod death;
mod homeserver;
mod kills;
mod limited;
mod limits;
mod links;
mod mail;
mod page;
mod phrases;
mod preflight;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../program/mod.rs"]
mod program;
mod readers;
mod run;
mod server;
mod tls;
mod writing;
