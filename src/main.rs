//! The program: hands its arguments to the command line and ends with its exit code.

use std::process::ExitCode;

use clap::Parser;
use threepid::cli::{self, Cli};

fn main() -> ExitCode {
    ExitCode::from(cli::main(Cli::parse()).code())
}
