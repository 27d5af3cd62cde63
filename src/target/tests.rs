//! The module's tests, one file per topic.

mod accounts;
mod fake;
mod given;
mod install;
mod managed;
mod probe;
mod profile;
mod reach;
mod rendering;
