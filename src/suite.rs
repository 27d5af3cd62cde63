//! Runs many trials.
//!
//! Takes planned trials and a [`Session`] (a target that is up and probed, with a sink for its mail); gives one
//! record for each, in the order of the plan, and tells what happens while it happens. It neither prints nor exits:
//! the command line and the adapter for `cargo test` are two users of the same thing.

#[cfg(feature = "reference")]
mod embedded;
mod halt;
mod known;
mod one;
mod runner;
mod session;
mod settings;
#[cfg(feature = "cli")]
mod snapshots;

#[cfg(feature = "reference")]
pub use embedded::{EmbeddedError, embedded_offers, embedded_variants, start_embedded, start_identity};
pub use halt::Halt;
pub use known::known_deviations;
pub use one::{not_run, run as run_one};
pub use runner::{Ahead, Event, run, with_repetitions};
pub use session::{Authorities, Session, SessionOptions};
pub use settings::Settings;
#[cfg(feature = "cli")]
pub use snapshots::Snapshots;
