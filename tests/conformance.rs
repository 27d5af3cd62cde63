//! The suite on the clean reference homeserver, as trials of `cargo test` and `cargo nextest`: all pass.

use std::process::ExitCode;

use threepid::libtest::{Against, main as run};

fn main() -> ExitCode {
    run(Against::Reference)
}
