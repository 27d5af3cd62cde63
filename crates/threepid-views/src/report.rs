//! Views of a run's record.
//!
//! Takes a `model::Report` (secrets already replaced) and gives it as a file that programs read (`json`), as what CI
//! systems read (`junit`, `markdown`, `annotations`, `outputs`), as what a person reads in a terminal (`text`, `events`) or in a browser (`html`),
//! and as files to look at a failure with (`artifacts`). It never judges, never changes a verdict, and imports only
//! `model`, and `html` to tell a page's title from its text.
//!
//! Everything a server said is untrusted here: control characters are shown, not sent, and markup stays text.

pub mod again;
#[cfg(feature = "documents")]
pub mod annotations;
#[cfg(feature = "documents")]
pub mod artifacts;
#[cfg(feature = "documents")]
pub mod badge;
pub mod causes;
#[cfg(feature = "documents")]
pub mod comparison;
pub mod curl;
#[cfg(feature = "documents")]
pub mod drafts;
#[cfg(feature = "documents")]
pub mod events;
#[cfg(feature = "documents")]
mod file;
#[cfg(feature = "documents")]
pub mod history;
#[cfg(feature = "documents")]
pub mod html;
#[cfg(feature = "documents")]
pub mod json;
#[cfg(feature = "documents")]
pub mod junit;
#[cfg(feature = "documents")]
pub mod markdown;
#[cfg(feature = "documents")]
mod merge;
#[cfg(feature = "documents")]
pub mod outputs;
mod phrases;
#[cfg(feature = "documents")]
pub mod statement;
mod style;
mod summary;
pub mod text;
mod visible;

#[cfg(test)]
mod fixture;

#[cfg(feature = "documents")]
use file::append_file;
#[cfg(feature = "documents")]
pub use file::{WriteError, write_file};
#[cfg(feature = "documents")]
pub use merge::merge;
#[cfg(feature = "documents")]
pub(crate) use phrases::capital;
pub use phrases::count;
pub use phrases::{browsed, conclusion, page};
pub use style::Style;
pub use text::Extent;
pub use visible::{disarm, visible, visible_lines};
