//! Values, and patterns held against what was seen.
//!
//! Takes a pattern, what was seen and the values so far; binds new values and gives what differs. Both `run` (which
//! only binds) and `judge` (which only looks at what differs) use it, so that the two can never disagree about a
//! value. Pure; it never touches a network and never decides on an outcome.

mod check;
mod compare;
mod describe;
mod observe;
mod outcome;
mod values;

pub use check::{Held, Nearest, hold};
pub use compare::{Mismatch, compare};
pub use describe::{describe, shown};
pub use observe::{observe, observe_exchange, observe_responses};
pub use outcome::outcomes;
pub use values::{Bound, Unbound, Values};
