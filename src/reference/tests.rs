//! The server from outside: over real HTTP and against a small SMTP server that records what it takes.

mod accounts;
mod adding;
mod client;
mod flow;
mod links;
mod mails;
mod requests;
mod sink;
mod switches;

use client::World;
