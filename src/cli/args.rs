//! The arguments, as they were typed.
//!
//! Takes the command line; gives what was asked for, without looking at any file or network.

mod choices;
mod doctor;
pub(super) mod durations;
mod http;
mod records;
mod sink;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::browser::Choice;
use crate::target::Installer;
use threepid_engine::plan::Partition;

pub(super) use choices::{ApiChoice, FailOn, Format, SnapshotMode};
pub(super) use doctor::DoctorArgs;
pub(super) use http::HttpArgs;
pub(super) use records::{CompareArgs, ExplainArgs, JudgeArgs, ReportArgs};
pub(super) use sink::{SinkArgs, SmtpArgs};

/// Tests how a Matrix homeserver verifies e-mail addresses: from outside, over real HTTP and real SMTP.
#[derive(Debug, Parser)]
#[command(name = "threepid", version, about, arg_required_else_help = true, infer_subcommands = false)]
#[command(
    after_help = "Exit codes: 0 conformant, 1 not conformant, 2 wrong usage or scenario, 3 target, mail or harness failed, \
                        4 nothing selected, 5 regression, 130 interrupted."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Whether to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub color: Colour,
    /// Also show what asks for no decision: notes, choices, the slowest trials.
    #[arg(long, short, global = true)]
    pub verbose: bool,
}

/// Whether to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Test a homeserver.
    Run(Box<RunArgs>),
    /// Say in seconds whether a homeserver can be tested, and what is missing, without any test.
    Doctor(Box<DoctorArgs>),
    /// List the scenarios.
    List(ListArgs),
    /// Check scenario files, without a homeserver.
    Check(CheckArgs),
    /// Print the JSON Schema of scenario files, for editors, or of a record, for programs that read it.
    Schema(SchemaArgs),
    /// Tell a behaviour as a person would, or write the book of all of them.
    Explain(ExplainArgs),
    /// Say what is different between two saved records; exit code 5 if something is worse.
    Compare(CompareArgs),
    /// Judge a saved record again, with the scenarios at hand and without a network.
    Judge(JudgeArgs),
    /// Make reports of saved records; of several, one that shows them side by side.
    Report(ReportArgs),
    /// Serve the reference homeserver, correct or with named defects.
    Serve(ServeArgs),
    /// Take mail and print it.
    Sink(SinkArgs),
    /// Test the releases of a homeserver one after the other, and tell what changed in which.
    History(Box<HistoryArgs>),
    /// Install and start a homeserver, and keep it until Ctrl-C.
    Up(UpArgs),
    /// Look at answers that differ from their snapshots.
    #[command(subcommand)]
    Snapshots(SnapshotsCommand),
    /// Print the completions of the command line for a shell.
    Completions(CompletionsArgs),
    /// Write the manual pages, one for each command, into a folder.
    Man(ManArgs),
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// That of `report.json` instead.
    #[arg(long)]
    pub record: bool,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// Which shell.
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: clap_complete::Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The folder; it is made if it is not there.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// Under which headings the help of `run` lists its options.
const WHICH: &str = "Which homeserver";
const MAIL: &str = "Mail";
const ACCOUNTS: &str = "Accounts";
const STARTING: &str = "Installing and starting";
const HTTP: &str = "HTTP";
const HOW: &str = "How it is run";
const REPORTS: &str = "Verdicts and reports";

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// What to run: an id (`add-email/success`), one of its cases (`add-email/auth-forms[user-only]`), a folder
    /// (`add-email`) or a glob (`*/wrong-*`); all if none is given.
    #[arg(value_name = "FILTER")]
    pub filters: Vec<String>,
    /// What to test: the name of a built-in profile, or a profile file (*.toml); with `@VERSION` that release. May be
    /// repeated: they are tested one after the other, and `--output` gets a page that shows them side by side.
    #[arg(long, help_heading = WHICH, value_name = "NAME[@VERSION]|FILE")]
    pub target: Vec<String>,
    /// A homeserver that is already running: its address, or a server name whose `/.well-known/matrix/client` leads there.
    #[arg(long, help_heading = WHICH, value_name = "URL|NAME")]
    pub homeserver: Option<String>,
    /// Take mail at once, and begin when this address answers: for servers that do not start without their SMTP server.
    #[arg(long, help_heading = WHICH, num_args = 2, value_names = ["URL", "DURATION"])]
    pub wait_for: Option<Vec<String>>,
    /// The address that the homeserver's links carry, if it is not where it is reached.
    #[arg(long, help_heading = WHICH, value_name = "URL")]
    pub public_url: Option<String>,
    /// Something the homeserver is configured for, as scenarios name it under `needs`; may be repeated.
    #[arg(long, help_heading = WHICH, value_name = "NEED")]
    pub offers: Vec<String>,
    /// Where to take mail [default: 127.0.0.1:2525 with --homeserver, else a free port].
    #[arg(long, help_heading = MAIL, value_name = "ADDR")]
    pub smtp_listen: Option<SocketAddr>,
    /// Offer STARTTLS, with a certificate made for the run. Off by default: homeservers that ask for TLS whenever it is
    /// offered refuse a certificate that nobody has signed.
    #[arg(long, help_heading = MAIL)]
    pub smtp_starttls: bool,
    #[command(flatten)]
    pub smtp: SmtpArgs,
    /// The variant of the target [default: all that the selected scenarios need].
    #[arg(long, help_heading = WHICH, value_name = "NAME")]
    pub variant: Option<String>,
    /// The prefix of the Client-Server API.
    #[arg(long, help_heading = WHICH, value_enum, default_value_t = ApiChoice::Auto)]
    pub api: ApiChoice,
    #[command(flatten)]
    pub scenarios: ScenariosArg,
    /// What to do with answers that differ from their snapshots [default: check where CI is set and the target has
    /// snapshots, else off].
    #[arg(long, help_heading = REPORTS, value_enum, value_name = "MODE")]
    pub snapshots: Option<SnapshotMode>,
    /// Where snapshots are.
    #[arg(long, help_heading = REPORTS, value_name = "DIR", default_value = "snapshots")]
    pub snapshot_dir: PathBuf,
    /// How many trials at once on one server. With 1, variants follow each other too.
    #[arg(long, help_heading = HOW, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: u16,
    /// How often each trial is run.
    #[arg(long, help_heading = HOW, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub repeat: u32,
    /// The seed of all values that the harness chooses [default: another one each time]. A server that is already
    /// running must be fresh for it: addresses of an earlier run with the same seed are taken.
    #[arg(long, help_heading = HOW, value_name = "N")]
    pub seed: Option<u64>,
    /// How long one trial may take.
    #[arg(long, help_heading = HOW, value_name = "DURATION", default_value = "60s", value_parser = durations::some_time)]
    pub timeout: Duration,
    /// How long to wait for a mail.
    #[arg(long, help_heading = MAIL, value_name = "DURATION", default_value = "10s", value_parser = durations::some_time)]
    pub mail_timeout: Duration,
    /// How many bytes of text are read of one part of a mail, and four times as many of all its parts.
    #[arg(long, help_heading = MAIL, value_name = "BYTES", default_value_t = 512 * 1024, value_parser = clap::value_parser!(u32).range(1..))]
    pub mail_text_limit: u32,
    /// How long no mail may come where none should; at least three times as long as the probe mail took.
    #[arg(long, help_heading = MAIL, value_name = "DURATION", default_value = "500ms", value_parser = durations::some_time)]
    pub quiet_window: Duration,
    /// How long one request may wait because the target limits how often it is asked.
    #[arg(long, help_heading = HOW, value_name = "DURATION", default_value = "10s", value_parser = durations::duration)]
    pub rate_limit_wait: Duration,
    /// How many trials may be held up by that: the run ends with them, if they are half of all so far.
    #[arg(long, help_heading = HOW, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub rate_limited_trials: u32,
    #[command(flatten)]
    pub http: HttpArgs,
    /// What opens a page behind a link where plain HTTP cannot tell how a person would go on: a button that needs a script, a
    /// link instead of a form, a token behind the `#`. `auto` takes a Chromium or Chrome with its chromedriver from PATH, if
    /// there is one; PATH names the program of one, which then has to work; with `off` such trials are errors.
    #[arg(long, help_heading = HOW, value_name = "auto|off|PATH", default_value = "auto")]
    pub browser: Choice,
    /// The weakest level that makes a trial fail; what is weaker is noted.
    #[arg(long, help_heading = REPORTS, value_enum, default_value_t = FailOn::Must, value_name = "LEVEL")]
    pub fail_on: FailOn,
    /// Start no more trials after the first that fails.
    #[arg(long, help_heading = HOW)]
    pub fail_fast: bool,
    /// Only one slice of the trials, to run the slices side by side: `slice:1/3`. `report` puts their records together.
    #[arg(long, help_heading = HOW, value_name = "slice:M/N")]
    pub partition: Option<Partition>,
    /// A folder for the record and its reports.
    #[arg(long, help_heading = REPORTS, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// What goes to standard output: a report at the end, or events as JSON, one a line, while it runs.
    #[arg(long, help_heading = REPORTS, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    pub format: Format,
    /// Draft the target's list of known deviations from what fails, into a file that is not there yet.
    #[arg(long, help_heading = REPORTS, value_name = "FILE")]
    pub write_deviations: Option<PathBuf>,
    /// A named defect of the reference homeserver; may be repeated.
    #[arg(long, help_heading = WHICH, value_name = "NAME")]
    pub defect: Vec<String>,
    /// A named lawful difference of the reference homeserver; may be repeated.
    #[arg(long, help_heading = WHICH, value_name = "NAME")]
    pub shape: Vec<String>,
    #[command(flatten)]
    pub provision: ProvisionArgs,
    #[command(flatten)]
    pub start: StartArgs,
}

/// Arguments of `history`, besides those of `run`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// The name of a built-in profile, or a profile file (*.toml).
    #[arg(value_name = "TARGET")]
    pub of: String,
    /// A release; may be repeated [default: those that the profile names for it].
    #[arg(long, value_name = "VERSION")]
    pub release: Vec<String>,
    /// Use the records that are in --output already, of the same scenarios, instead of testing their releases again.
    #[arg(long)]
    pub reuse: bool,
    /// The document to write [default: `history.md` in the folder of --output].
    #[arg(long, value_name = "FILE")]
    pub document: Option<PathBuf>,
    #[command(flatten)]
    pub run: RunArgs,
}

/// How accounts come to be.
#[derive(Debug, Args)]
pub struct ProvisionArgs {
    /// A file with accounts on the homeserver (TOML or JSON), `[[accounts]]` each with `user` and
    /// `password`, or with `access_token`.
    #[arg(long, help_heading = ACCOUNTS, value_name = "FILE")]
    pub accounts: Option<PathBuf>,
    /// Let trials deactivate accounts of that file and change their passwords; without this they are skipped. They run last.
    #[arg(long, help_heading = ACCOUNTS, requires = "accounts")]
    pub accounts_may_be_used_up: bool,
    /// The token that registration asks for.
    #[arg(long, help_heading = ACCOUNTS, value_name = "TOKEN", env = "THREEPID_REGISTRATION_TOKEN", hide_env_values = true)]
    pub registration_token: Option<String>,
    /// The administrator's secret for registration.
    #[arg(long, help_heading = ACCOUNTS, value_name = "SECRET", env = "THREEPID_REGISTRATION_SHARED_SECRET", hide_env_values = true)]
    pub registration_shared_secret: Option<String>,
    /// How long rate limits are waited out for one account.
    #[arg(long, help_heading = ACCOUNTS, value_name = "DURATION", default_value = "60s", value_parser = durations::some_time)]
    pub account_timeout: Duration,
}

/// How servers are installed and started.
#[derive(Debug, Args)]
pub struct StartArgs {
    /// The Python interpreter that servers are installed with [default: the first that will do].
    #[arg(long, help_heading = STARTING, value_name = "PATH", env = "THREEPID_PYTHON")]
    pub python: Option<PathBuf>,
    /// The homeserver's binary, for a target that is started from one [default: the one in PATH].
    #[arg(long, help_heading = STARTING, value_name = "PATH")]
    pub binary: Option<PathBuf>,
    /// What installs servers: `any` for uv or else pip, `pip`, or the path of a uv.
    #[arg(long, help_heading = STARTING, value_name = "any|pip|PATH", default_value = "any", env = "THREEPID_INSTALLER")]
    pub installer: Installer,
    /// How long one step of an installation may take.
    #[arg(long, help_heading = STARTING, value_name = "DURATION", default_value = "15m", value_parser = durations::some_time)]
    pub install_timeout: Duration,
    /// How long a server may take until it answers.
    #[arg(long, help_heading = STARTING, value_name = "DURATION", default_value = "60s", value_parser = durations::some_time)]
    pub start_timeout: Duration,
}

/// Where scenarios are.
#[derive(Debug, Args)]
pub struct ScenariosArg {
    /// A folder with scenarios, instead of those in this program.
    #[arg(long, value_name = "DIR")]
    pub scenarios: Option<PathBuf>,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Which scenarios and rules, as for `run`.
    #[arg(value_name = "FILTER")]
    pub filters: Vec<String>,
    /// List the sections of the specification that something is asked at; with an anchor, the scenarios and rules there.
    #[arg(long, value_name = "ANCHOR", num_args = 0..=1, default_missing_value = "", conflicts_with = "filters")]
    pub spec: Option<String>,
    #[command(flatten)]
    pub scenarios: ScenariosArg,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Folders with scenarios, or single files of one; the shipped scenarios if none is given.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8008")]
    pub listen: SocketAddr,
    /// The SMTP server that mail is sent to.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:2525")]
    pub smtp: SocketAddr,
    /// The address that links carry [default: where it listens].
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// The variant.
    #[arg(long, value_name = "NAME", default_value = "plain")]
    pub variant: String,
    /// A named defect; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub defect: Vec<String>,
    /// A named lawful difference; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub shape: Vec<String>,
    /// List all defects and end.
    #[arg(long)]
    pub list_defects: bool,
    /// List all shapes and end.
    #[arg(long)]
    pub list_shapes: bool,
}

/// Arguments of `up`.
#[derive(Debug, Args)]
pub struct UpArgs {
    /// The name of a built-in profile, or a profile file (*.toml); with `@VERSION` that release.
    #[arg(value_name = "NAME|FILE")]
    pub target: String,
    /// The variant.
    #[arg(long, value_name = "NAME", default_value = "plain")]
    pub variant: String,
    /// Where to take the server's mail.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub smtp_listen: SocketAddr,
    /// Keep everything the server writes in this folder.
    #[arg(long, value_name = "DIR")]
    pub scratch: Option<PathBuf>,
    #[command(flatten)]
    pub start: StartArgs,
}

/// What to do with pending snapshots.
#[derive(Debug, Subcommand)]
pub enum SnapshotsCommand {
    /// Show what differs; on a terminal, ask about each.
    Review(SnapshotsArgs),
    /// Take all pending answers, or those below some paths, as the new snapshots.
    Accept(SnapshotsArgs),
}

/// Arguments of `snapshots`.
#[derive(Debug, Args)]
pub struct SnapshotsArgs {
    /// Only these pending files (*.snap.new), or those below these folders.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Where snapshots are.
    #[arg(long, value_name = "DIR", default_value = "snapshots")]
    pub snapshot_dir: PathBuf,
}
