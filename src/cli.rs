//! The command line: arguments → configuration → the other modules; results → streams and exit codes.
//!
//! It is the only part that prints, reads the environment or decides how the program ends. It knows nothing about
//! Matrix.

mod args;
mod check;
mod clock;
mod compare;
mod exit;
mod explain;
mod history;
mod identity;
mod interrupt;
mod judge;
mod list;
mod load;
mod manual;
mod output;
mod progress;
mod reach;
mod records;
mod report;
mod retention;
mod run;
mod schema;
mod serve;
mod sink;
mod snapshots;
mod start;
mod start_options;
mod terminal;
mod up;

pub use args::Cli;
pub use exit::Exit;

use args::Command;
use terminal::Terminal;

/// Does what was asked for.
pub fn main(cli: Cli) -> Exit {
    let terminal = Terminal::look(cli.color, cli.verbose);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(fault) => {
            terminal::error(&format!("cannot start the async runtime: {fault}"));
            return Exit::Failure;
        }
    };
    let exit = match cli.command {
        Command::Run(args) => runtime.block_on(run::run(*args, terminal)),
        Command::Doctor(args) => runtime.block_on(run::doctor(*args, terminal)),
        Command::List(args) => list::list(&args, terminal),
        Command::Check(args) => check::check(&args, terminal),
        Command::Explain(args) => explain::explain(&args, terminal),
        Command::Compare(args) => compare::compare(&args, terminal),
        Command::Judge(args) => judge::judge(&args, terminal),
        Command::Report(args) => report::report(&args, terminal),
        Command::Schema(args) => schema::schema(&args),
        Command::History(args) => runtime.block_on(history::history(*args, terminal)),
        Command::Serve(args) => runtime.block_on(serve::serve(args)),
        Command::Sink(args) => runtime.block_on(sink::sink(args)),
        Command::Up(args) => runtime.block_on(up::up(args, terminal)),
        Command::Snapshots(command) => snapshots::snapshots(command),
        Command::Completions(args) => manual::completions(&args),
        Command::Man(args) => manual::pages(&args),
    };
    // Tasks that still wait for a peer must not keep the program.
    runtime.shutdown_background();
    match terminal::unwritten() {
        None => exit,
        Some(fault) => {
            terminal::error(&format!("cannot write the results: {fault}"));
            Exit::Failure
        }
    }
}
