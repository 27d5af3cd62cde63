//! The mail sink as its clients see it: real mail libraries, every command, and sessions that mean harm.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod clients;
mod commands;
mod faults;
mod hostile;
mod peer;
mod process;
