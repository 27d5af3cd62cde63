//! Target profiles: what is peculiar to one homeserver, as data.
//!
//! Takes the name of a built-in profile or a TOML file, gives a checked [`Profile`], and for each of its variants the
//! settings with the variant's own merged over the base. It starts nothing and reads nothing but the file.

mod keys;
mod load;
mod parse;
mod release;
mod variant;

pub use keys::{Binary, Deviation, Earlier, Hints, Install, Kind, Profile, Server, Variant};
pub use load::{builtin_profiles, release_notes};
pub use release::Recipe;
pub use variant::Resolved;
