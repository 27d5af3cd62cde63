//! Scenarios × cases × API versions × what the target offers → trials, and skips with their reasons.
//!
//! Takes a suite, what was selected, and what is known of the target; gives trials in a fixed order. Pure: it never
//! touches a network or a disk.

mod select;
mod trial;
mod variant;

pub use select::{NothingSelected, Partition, PartitionError, Selection};
pub(crate) use trial::by_level;
pub use trial::{ActorNeeds, Api, Planned, Trial, plan};
pub use variant::{VariantOffer, assign};
