//! How a managed server is started, from the arguments, and what is told while it starts.
//!
//! Takes the arguments and what happens; gives options, and lines on standard error: one for each event, and one from time to
//! time where something takes long.

use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::args::StartArgs;
use super::terminal;
use crate::run::MAIL_DOMAIN;
use crate::target::{InstallOptions, StartEvent, StartOptions};
use threepid_views::report::{disarm, visible};

/// How much of a line is shown that an installation wrote.
const MOST_CHARS: usize = 80;

/// How servers are installed and started.
pub(super) fn start_options(args: &StartArgs, smtp: std::net::SocketAddr) -> StartOptions {
    let mut options = StartOptions::new(smtp.ip().to_string(), smtp.port(), MAIL_DOMAIN);
    options.install = InstallOptions {
        python: args.python.clone(),
        installer: args.installer.clone(),
        limit: args.install_timeout,
        ..InstallOptions::default()
    };
    options.binary = args.binary.clone();
    options.start_timeout = args.start_timeout;
    options
}

/// How often it is said what still goes on.
const EVERY: Duration = Duration::from_secs(5);

/// What goes on, since when, and what it wrote last.
struct Doing {
    what: String,
    since: Instant,
    wrote: String,
}

static DOING: Mutex<Option<Doing>> = Mutex::new(None);

fn doing<T>(look: impl FnOnce(&mut Option<Doing>) -> T) -> T {
    look(&mut DOING.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Does something that may take long, and says meanwhile what goes on.
pub(super) async fn telling<T>(work: impl Future<Output = T>) -> T {
    begins("asking the homeserver what it offers");
    let done = tokio::select! {
        biased;
        done = work => done,
        never = lines() => match never {},
    };
    doing(|doing| *doing = None);
    done
}

/// Says from time to time what goes on.
async fn lines() -> Infallible {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Some(line) = doing(|doing| doing.as_ref().map(Doing::line)) {
            terminal::err(&disarm(line));
        }
    }
}

fn begins(what: &str) {
    doing(|doing| *doing = Some(Doing { what: what.to_owned(), since: Instant::now(), wrote: String::new() }));
}

impl Doing {
    fn line(&self) -> String {
        let wrote = if self.wrote.is_empty() { String::new() } else { format!(": {}", visible(&self.wrote)) };
        format!("still {}, {} s{wrote}\n", self.what, self.since.elapsed().as_secs())
    }
}

/// Shows how installing and starting goes.
pub(super) fn show(event: StartEvent) {
    match &event {
        StartEvent::Waiting { .. } => begins("waiting for another installation"),
        StartEvent::Installing { .. } => begins("installing"),
        StartEvent::Starting { variant, .. } => begins(&format!("starting `{variant}`")),
        StartEvent::Ready { .. } | StartEvent::Installed { .. } => begins("asking the homeserver what it offers"),
        StartEvent::Output { line, .. } => doing(|doing| {
            doing.iter_mut().for_each(|doing| doing.wrote = line.chars().take(MOST_CHARS).collect());
        }),
        _ => {}
    }
    let seconds = |took: std::time::Duration| format!("{:.1} s", took.as_secs_f64());
    let line = match event {
        StartEvent::Waiting { lock } => format!("waiting for another installation to end ({})", lock.display()),
        StartEvent::NoUv { because } => format!("uv cannot be had, so pip installs: {because}"),
        StartEvent::Undated { day } => {
            format!("without uv the packages are the newest that fit, not those of {day}")
        }
        StartEvent::Altered { folder } => {
            format!("{} is not as it was installed, so it is made again", folder.display())
        }
        StartEvent::Installing { packages, day, folder, python } => {
            let of = day.map(|day| format!(" of {day}")).unwrap_or_default();
            format!("installing {}{of} with {python} into {}", packages.join(" "), folder.display())
        }
        StartEvent::Output { .. } => return,
        StartEvent::Installed { took } => format!("installed in {}", seconds(took)),
        StartEvent::Starting { variant, url, .. } => format!("starting the variant `{variant}` at {url}"),
        StartEvent::PortTaken => "another program took a port; trying again".to_owned(),
        StartEvent::Ready { variant, took } => format!("`{variant}` answers after {}", seconds(took)),
    };
    terminal::err(&format!("{line}\n"));
}
