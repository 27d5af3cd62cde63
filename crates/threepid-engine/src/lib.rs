//! The scenario language and what is made of it: plan, matching, verdict. All of it is pure.
//!
//! Takes the texts of scenario files, what a target offers, and transcripts; gives trials and verdicts. It never touches
//! the network or a clock, and reads no files but those of a scenario folder that it is given.

pub mod coverage;
pub mod judge;
pub mod matching;
pub mod plan;
pub mod scenario;
