//! `threepid` asks a Matrix homeserver from outside, over real HTTP and real SMTP, whether its e-mail
//! verification works as the specification and the clients expect.
//!
//! Data flows one way: file → scenario → trial → transcript → verdict → report. `ARCHITECTURE.md` has the map.

pub mod browser;
#[cfg(feature = "cli")]
pub mod cli;
pub mod identity;
pub mod libtest;
mod random;
pub mod run;
pub mod shipped;
#[cfg(feature = "cli")]
pub mod snapshots;
pub mod suite;
pub mod target;

pub use threepid_engine::{judge, matching, plan, scenario};
pub use threepid_record::{compare, html, model, redact};
#[cfg(feature = "reference")]
pub use threepid_reference as reference;
#[cfg(feature = "cli")]
pub use threepid_views::explain;
pub use threepid_views::report;
pub use threepid_wire::{http, mail};
