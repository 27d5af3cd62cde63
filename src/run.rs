//! Performs one trial, step by step.
//!
//! Takes a trial, the accounts of its actors and a way to reach the target and the sink; gives the transcript, the
//! values and the secrets that came up. It never judges: it goes on after a wrong answer, so that the effect can be
//! seen too, and stops only where a value that a later step needs is missing or nothing answers any more. It neither
//! prints nor exits.

mod administrator;
mod causes;
mod click;
mod context;
mod generate;
mod heavy;
mod identity;
mod link;
mod mailboxes;
mod missing_mail;
mod orders;
mod performer;
mod rate_limit;
mod repetitions;
mod request;
mod secrets;
mod setup_failed;
mod stop;

pub use context::{Context, Limits};
pub(crate) use heavy::heavy;
pub use performer::{CLEANING, Performed, perform};
pub use setup_failed::not_begun;

/// The domain of all addresses that the harness makes. `.test` is reserved (RFC 6761): no mail can leave.
pub const MAIL_DOMAIN: &str = "threepid.test";
