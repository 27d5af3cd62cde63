//! The suite as trials of `cargo test` and `cargo nextest`.

fn main() {}
