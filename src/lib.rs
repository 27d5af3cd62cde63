//! `threepid` asks a Matrix homeserver from outside, over real HTTP and real SMTP, whether its e-mail
//! verification works as the specification and the clients expect.
//!
//! Data flows one way: file → scenario → trial → transcript → verdict → report. `ARCHITECTURE.md` has the map.

pub mod cli;
pub mod compare;
pub mod explain;
pub mod html;
pub mod http;
pub mod identity;
pub mod judge;
pub mod libtest;
pub mod mail;
pub mod matching;
pub mod model;
pub mod plan;
pub mod redact;
pub mod reference;
pub mod report;
pub mod run;
pub mod scenario;
pub mod snapshots;
pub mod suite;
pub mod target;
