//! Arguments about HTTP: its limits, and whom to trust.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// How requests are made.
#[derive(Debug, Args)]
pub struct HttpArgs {
    /// How long one HTTP exchange may take.
    #[arg(long, help_heading = super::HTTP, value_name = "DURATION", default_value = "30s", value_parser = super::durations::some_time)]
    pub request_timeout: Duration,
    /// How long a connection may take to be made.
    #[arg(long, help_heading = super::HTTP, value_name = "DURATION", default_value = "5s", value_parser = super::durations::some_time)]
    pub connect_timeout: Duration,
    /// How many bytes of an answer's body are read.
    #[arg(long, help_heading = super::HTTP, value_name = "BYTES", default_value_t = 1024 * 1024, value_parser = clap::value_parser!(u32).range(1..))]
    pub body_limit: u32,
    /// A file with certificate authorities (PEM) to trust besides the system's.
    #[arg(long, help_heading = super::HTTP, value_name = "FILE")]
    pub cacert: Option<PathBuf>,
}
