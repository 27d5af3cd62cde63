//! The e-mail verification of this homeserver, as `threepid` sees it from outside: each scenario is a test.
//!
//! For a homeserver's own repository. It takes what `cargo test` passes on (names, `--list`, `--skip`, `--exact`), starts
//! the homeserver once when the first trial needs it, and stops it after the last. What it needs of `Cargo.toml` stands in
//! the one of this sample. What differs from one homeserver to the next stands in [`start`] and in `threepid.toml` beside
//! this file.

use std::net::SocketAddr;
use std::process::ExitCode;

use threepid::libtest::{Against, Homeserver, StartError, Started};
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    // Where it was started otherwise, for instance by a container of this project: its address, and the one that it was
    // told to send its mail to.
    let homeserver = match (std::env::var("HOMESERVER_URL"), std::env::var("HOMESERVER_SMTP")) {
        (Ok(url), Ok(smtp)) => match smtp.parse() {
            Ok(smtp) => Homeserver::at(url).smtp_listen(smtp),
            Err(_) => panic!("HOMESERVER_SMTP must be an address and a port, such as 127.0.0.1:2525"),
        },
        _ => Homeserver::starting(start),
    };
    // Tests run in the folder of their package.
    threepid::libtest::main(Against::Homeserver(homeserver.profile("tests/threepid.toml")))
}

/// Starts the homeserver on a free port. All its mail has to go to `smtp`, without a login, and its limits have to let
/// some thousand requests a minute pass.
///
/// `threepid`'s reference homeserver stands here for yours. One that is a program of its own is started with
/// `std::process::Command`, waited for until it answers, and killed when what is kept is dropped.
fn start(smtp: SocketAddr) -> Result<Started, StartError> {
    let mut options = threepid::reference::Options::new(smtp);
    options.config.registration_shared_secret = Some("only for tests".to_owned());
    options.config.allowed_domains = Some(vec!["threepid.test".to_owned()]);
    // What this homeserver does wrong, so far: `threepid.toml` says so.
    options.defects = threepid::reference::find_defect("reset-link-validates-when-fetched").into_iter().collect();

    let runtime = Runtime::new()?;
    let running = runtime.block_on(threepid::reference::start(options))?;
    let url = running.url().to_owned();
    Ok(Started::new(url, (running, runtime)))
}
