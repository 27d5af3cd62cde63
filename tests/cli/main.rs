//! The program as a person or a script uses it: arguments in; streams, files and an exit code out.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod accounts;
mod attention;
mod doctor;
mod exits;
mod interrupt;
mod layout;
mod manual;
mod output;
#[path = "../program/mod.rs"]
mod program;
mod records;
mod scenarios;
mod secrets;
mod sink;
mod snapshots;
mod streams;
mod wire;
