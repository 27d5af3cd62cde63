//! `threepid completions` and `threepid man`: what packages install beside the program.
//!
//! Takes the arguments as clap knows them; gives shell completions and manual pages, so that neither can differ from
//! `--help`. It never runs anything else of the program.

use clap::CommandFactory;

use super::args::{Cli, CompletionsArgs, ManArgs};
use super::exit::Exit;
use super::terminal;

pub(super) fn completions(args: &CompletionsArgs) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "threepid", &mut text);
    terminal::out(&String::from_utf8_lossy(&text));
    Exit::Ok
}

pub(super) fn pages(args: &ManArgs) -> Exit {
    let folder = &args.folder;
    let written = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
    match written {
        Ok(()) => Exit::Ok,
        Err(fault) => {
            terminal::error(&format!(
                "cannot write manual pages into {}: {fault}; name another folder",
                folder.display()
            ));
            Exit::Failure
        }
    }
}
