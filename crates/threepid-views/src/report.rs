//! Views of a run's record.
//!
//! Takes a `model::Report` (secrets already replaced) and gives it as a file that programs read (`json`), as what CI
//! systems read (`junit`, `markdown`, `annotations`, `outputs`), as what a person reads in a terminal (`text`, `events`) or in a browser (`html`),
//! and as files to look at a failure with (`artifacts`). It never judges, never changes a verdict, and imports only
//! `model`, and `html` to tell a page's title from its text.
//!
//! Everything a server said is untrusted here: control characters are shown, not sent, and markup stays text.

pub mod again;
pub mod annotations;
pub mod artifacts;
pub mod badge;
pub mod causes;
pub mod comparison;
pub mod curl;
pub mod drafts;
pub mod events;
mod file;
pub mod history;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
mod merge;
pub mod outputs;
mod phrases;
pub mod statement;
mod style;
mod summary;
pub mod text;
mod visible;

#[cfg(test)]
mod fixture;

use file::append_file;
pub use file::{WriteError, write_file};
pub use merge::merge;
pub use phrases::count;
pub use phrases::{browsed, conclusion, page};
pub use style::Style;
pub use text::Extent;
pub use visible::{disarm, visible, visible_lines};
