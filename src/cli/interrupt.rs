//! Ctrl-C and SIGTERM: the first asks to stop, the second stops at once.

use tokio_util::sync::CancellationToken;

/// A token that is cancelled by the first signal. The second one ends the program where it is.
///
/// From here on no signal is missed, so this is called before anything says that the program is ready.
pub(super) fn token() -> CancellationToken {
    let token = CancellationToken::new();
    let cancelled = token.clone();
    let mut signals = Signals::listen();
    tokio::spawn(async move {
        signals.next().await;
        cancelled.cancel();
        signals.next().await;
        super::terminal::err("threepid: stopped at once; what was running may be left over\n");
        #[expect(clippy::exit, reason = "a person who asks twice does not want to wait for anything")]
        std::process::exit(130);
    });
    token
}

/// The signals that ask the program to stop.
#[cfg(unix)]
struct Signals {
    interrupt: Option<tokio::signal::unix::Signal>,
    terminate: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> Signals {
        use tokio::signal::unix::{SignalKind, signal};
        // A system that refuses leaves the signal as it is: it ends the program.
        Signals { interrupt: signal(SignalKind::interrupt()).ok(), terminate: signal(SignalKind::terminate()).ok() }
    }

    async fn next(&mut self) {
        tokio::select! {
            Some(()) = received(&mut self.interrupt) => {}
            Some(()) = received(&mut self.terminate) => {}
            else => std::future::pending().await,
        }
    }
}

#[cfg(unix)]
async fn received(signal: &mut Option<tokio::signal::unix::Signal>) -> Option<()> {
    signal.as_mut()?.recv().await
}

/// Ctrl-C, where there are no signals.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> Signals {
        Signals
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
