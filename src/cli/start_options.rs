//! How a managed server is started, from the arguments, and what is told while it starts.

use super::args::StartArgs;
use super::terminal;
use crate::run::MAIL_DOMAIN;
use crate::target::{InstallOptions, StartEvent, StartOptions};

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

/// Shows how installing and starting goes.
pub(super) fn show(event: StartEvent) {
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
