//! Ctrl-C and SIGTERM: the first asks to stop, the second stops at once.

use tokio_util::sync::CancellationToken;

/// A token that is cancelled by the first signal. The second one ends the program where it is.
pub(super) fn token() -> CancellationToken {
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        signal().await;
        cancelled.cancel();
        signal().await;
        super::terminal::err("threepid: stopped at once; what was running may be left over\n");
        #[expect(clippy::exit, reason = "a person who asks twice does not want to wait for anything")]
        std::process::exit(130);
    });
    token
}

async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
