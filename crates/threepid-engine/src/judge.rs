//! Says what a transcript is worth.
//!
//! Takes a trial and its transcript, or those of a saved record; gives a verdict with everything that is not as
//! required. Pure: it never touches a network, a disk or a clock.
//!
//! Three things never mix: what the server does wrong (fail), what could not be seen (error), and what the server
//! does not offer (skip).

mod again;
mod contract;
mod deviation;
mod snapshot;
mod verdict;

#[cfg(test)]
mod tests;

pub use again::{Again, judge_again};
pub use contract::ContractJudge;
pub use deviation::{Deviation, Deviations, Unmatched};
pub use snapshot::{StepAnswer, answers, placeholders, unbound};
pub use verdict::{Verdict, judge};
