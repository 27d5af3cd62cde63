//! `threepid snapshots`: looks at pending answers and takes them as snapshots.

use std::io::{BufRead, IsTerminal};
use std::path::Path;

use super::args::{SnapshotsArgs, SnapshotsCommand};
use super::exit::Exit;
use super::terminal;
use crate::snapshots::{self, Pending};
use threepid_views::report::visible_lines;

pub(super) fn snapshots(command: SnapshotsCommand) -> Exit {
    let (args, review) = match command {
        SnapshotsCommand::Review(args) => (args, true),
        SnapshotsCommand::Accept(args) => (args, false),
    };
    let pending = match pending(&args) {
        Ok(pending) => pending,
        Err(exit) => return exit,
    };
    if pending.is_empty() {
        terminal::out("nothing is pending\n");
        return Exit::Ok;
    }
    let ask = review && std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let mut left = 0;
    for one in &pending {
        let answer = match (review, ask) {
            (false, _) => Answer::Accept,
            (true, ask) => {
                terminal::out(&format!("{}\n{}\n", one.path.display(), visible_lines(&one.diff())));
                if ask { question() } else { Answer::Leave }
            }
        };
        let done = match answer {
            Answer::Accept => snapshots::accept(&one.path).map(|path| Some(format!("accepted {}\n", path.display()))),
            Answer::Reject => snapshots::reject(&one.path).map(|()| Some(format!("rejected {}\n", one.path.display()))),
            Answer::Leave => {
                left += 1;
                Ok(None)
            }
            Answer::Quit => break,
        };
        match done {
            Ok(Some(message)) => terminal::out(&message),
            Ok(None) => {}
            Err(fault) => {
                terminal::error(&fault.to_string());
                return Exit::Failure;
            }
        }
    }
    if review && !ask && left > 0 {
        terminal::err(&format!("{left} pending; `threepid snapshots accept [PATH…]` takes them\n"));
    }
    Exit::Ok
}

/// What is pending below the paths that were given.
fn pending(args: &SnapshotsArgs) -> Result<Vec<Pending>, Exit> {
    let all = snapshots::pending(&args.snapshot_dir).map_err(|fault| {
        terminal::error(&format!("{fault} (--snapshot-dir)"));
        Exit::Failure
    })?;
    if args.paths.is_empty() {
        return Ok(all);
    }
    let below =
        |one: &Pending, path: &Path| one.path.starts_with(path) || one.path.starts_with(args.snapshot_dir.join(path));
    let (chosen, _): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| args.paths.iter().any(|path| below(one, path)));
    if chosen.is_empty() {
        terminal::error("nothing is pending below these paths; `threepid snapshots review` shows what is");
        return Err(Exit::Nothing);
    }
    Ok(chosen)
}

enum Answer {
    Accept,
    Reject,
    Leave,
    Quit,
}

fn question() -> Answer {
    loop {
        terminal::ask("(a)ccept, (r)eject, (s)kip, (q)uit? ");
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => return Answer::Quit,
            Ok(_) => match line.trim() {
                "a" | "accept" => return Answer::Accept,
                "r" | "reject" => return Answer::Reject,
                "s" | "skip" | "" => return Answer::Leave,
                "q" | "quit" => return Answer::Quit,
                _ => {}
            },
        }
    }
}
