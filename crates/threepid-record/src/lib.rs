//! The plain data that the other crates hand to each other, and what is done to it without knowing anything else.
//!
//! Takes and gives the record of a run: its transcript, findings, verdicts. Beside the data stand what makes it safe to
//! write ([`redact`]), what makes pages readable ([`html`]) and what compares two records ([`compare`]). It never knows a
//! scenario, does no I/O, and imports nothing else of the project.

pub mod compare;
pub mod html;
pub mod model;
pub mod number;
pub mod redact;
