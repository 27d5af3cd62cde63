//! Getting accounts on the target.
//!
//! Takes what the user gave and what the profile says, and tries each way in order: given accounts (a token or a
//! login), registration with the stages a program can complete, the admin's shared secret. Gives accounts, with the
//! exchanges that they took, so that they stand in the record. It never uses an account twice unless it was given back
//! and is clean, and remembers every secret it saw so that they can be kept out of reports.

mod ask;
mod clean;
mod given;
mod lend;
mod login;
mod names;
mod options;
mod pool;
pub(in crate::target) mod registration;
mod restore;
mod shared_secret;
mod source;

pub use given::{Given, parse_given};
pub use lend::{Lease, Lent, NoAccount, NotLent};
pub use options::{AccountOptions, Method};
pub use pool::Need;
pub use source::Accounts;
