//! The server under test: its profile, how it is installed and started, what it offers, how accounts come to be.
//!
//! Takes a [`Profile`] (`targets/<name>.toml`) or an address; gives a running server ([`Managed`]), what was found
//! out about it ([`Target`]), and accounts on it ([`Accounts`]). What is peculiar to one homeserver stands in its
//! profile; the only admin API that is named in the code is the shared-secret registration that several servers have.
//!
//! It prints nothing (progress goes to a callback), knows no scenario, judges no answer, and never starts a shell.

mod accounts;
mod administration;
mod error;
#[cfg(feature = "cli")]
mod install;
#[cfg(any(feature = "cli", feature = "browser"))]
pub(crate) mod leftover;
#[cfg(feature = "cli")]
mod managed;
mod patience;
mod probe;
#[cfg(any(feature = "cli", feature = "browser"))]
pub(crate) mod process;
mod profile;
#[cfg(feature = "cli")]
mod progress;
#[cfg(feature = "cli")]
mod python;
mod reach;
mod requirement;
mod template;

#[cfg(test)]
mod tests;

pub use accounts::{AccountOptions, Accounts, Given, Lease, Lent, Method, Need, NoAccount, NotLent, parse_given};
pub use administration::{AdminRequest, Administration, Administrator};
pub use error::{Attempt, InstallError, LogEnd, Missing, ProfileError, StartError, TargetError};
#[cfg(feature = "cli")]
pub use install::{InstallOptions, Installed, Installer, cache_folder, install};
#[cfg(feature = "cli")]
pub use managed::{Managed, StartOptions, Stopped};
pub use probe::{Found, ProbeMail, ProbeMailbox, ProbeOptions, Target, Watch, probe};
pub use profile::{
    Binary, Deviation, Earlier, Hints, Install, Kind, Profile, Recipe, Resolved, Server, Variant, builtin_profiles,
    release_notes,
};
#[cfg(feature = "cli")]
pub use progress::StartEvent;
pub use reach::{Reached, Seen, answers, check_address, leads_on, reach, wait_for};
pub use template::Values;
