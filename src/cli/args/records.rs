//! Arguments of what is done with saved records: tell, compare, judge again, report.

use std::path::PathBuf;

use clap::Args;

use super::{FailOn, ScenariosArg};

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The scenario's id: `add-email/wrong-password`.
    #[arg(value_name = "ID", required_unless_present_any = ["all", "spec"], conflicts_with = "all")]
    pub id: Option<String>,
    /// Tell what is asked at a section of the specification: `client-server-api/#rate-limiting`, or what stands after `#`.
    #[arg(long, value_name = "ANCHOR", conflicts_with_all = ["id", "all", "record"])]
    pub spec: Option<String>,
    /// Write the book of all behaviours, as Markdown.
    #[arg(long, requires = "output")]
    pub all: bool,
    /// The folder for the book.
    #[arg(long, value_name = "DIR", requires = "all")]
    pub output: Option<PathBuf>,
    /// A record, or the folder it is in: what is told is what was asked and answered then.
    #[arg(long, value_name = "RECORD")]
    pub record: Option<PathBuf>,
    #[command(flatten)]
    pub scenarios: ScenariosArg,
}

/// Arguments of `compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The earlier record, or the folder it is in.
    #[arg(value_name = "BEFORE")]
    pub before: PathBuf,
    /// The later record, or the folder it is in.
    #[arg(value_name = "AFTER")]
    pub after: PathBuf,
    /// Print Markdown.
    #[arg(long, conflicts_with = "json")]
    pub markdown: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// A trial that takes this many times as long as before is a regression, too.
    #[arg(long, value_name = "FACTOR", value_parser = factor)]
    pub slower: Option<f64>,
    /// Compare although the scenarios were not the same.
    #[arg(long)]
    pub allow_different_suites: bool,
}

fn factor(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(factor) if factor >= 1.0 && f64::is_finite(factor) => Ok(factor),
        _ => Err("give a number of at least 1, for instance 1.5".to_owned()),
    }
}

/// Arguments of `judge`.
#[derive(Debug, Args)]
pub struct JudgeArgs {
    /// A record that `run --output` wrote, or the folder it is in.
    #[arg(value_name = "RECORD")]
    pub record: PathBuf,
    #[command(flatten)]
    pub scenarios: ScenariosArg,
    /// The weakest level that makes a trial fail; what is weaker is noted.
    #[arg(long, value_enum, default_value_t = FailOn::Must, value_name = "LEVEL")]
    pub fail_on: FailOn,
    /// A folder for the new record and its reports.
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Records that `run --output` wrote, or the folders they are in. Slices of one run are put together.
    #[arg(value_name = "RECORD", required = true)]
    pub records: Vec<PathBuf>,
    /// A page for a browser; of several records, the servers side by side.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// What CI systems read.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// A summary in Markdown.
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// The record itself: of slices, the whole.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// The conformance statement, to attach to a release: JSON if the name ends in `.json`, else Markdown.
    #[arg(long, value_name = "FILE")]
    pub statement: Option<PathBuf>,
    /// What a badge service reads.
    #[arg(long, value_name = "FILE")]
    pub badge: Option<PathBuf>,
}
