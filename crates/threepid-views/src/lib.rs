//! The views of a record: text, HTML, JUnit, Markdown, JSON, statement and badge, and the book of behaviours.
//!
//! Takes records and scenarios; gives documents. It never judges, and never changes what a record says.

#[cfg(feature = "documents")]
pub mod explain;
pub mod report;
