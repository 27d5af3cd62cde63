//! The signals that ask the program to end: the first to stop, the second to wait for nothing any more.
//!
//! Takes Ctrl-C, SIGTERM, SIGQUIT and the closing of the terminal (SIGHUP); gives two tokens. Whoever is asked to stop still
//! ends what it started and writes what it has: after the second signal, too. Only the third ends the program where it is.

use tokio_util::sync::CancellationToken;

/// What the program was asked by signals.
#[derive(Debug, Clone)]
pub(super) struct Interrupt {
    /// Stop: what runs may end in good order.
    pub(super) stop: CancellationToken,
    /// Wait for nothing: what runs is ended.
    pub(super) now: CancellationToken,
}

impl Interrupt {
    /// From here on no signal is missed, so this is called before anything says that the program is ready.
    pub(super) fn listen() -> Interrupt {
        let interrupt = Interrupt { stop: CancellationToken::new(), now: CancellationToken::new() };
        let told = interrupt.clone();
        let mut signals = Signals::listen();
        tokio::spawn(async move {
            signals.next().await;
            told.stop.cancel();
            signals.next().await;
            told.now.cancel();
            signals.next().await;
            super::terminal::err("threepid: stopped at once; what was running may be left over\n");
            // A person who asks three times does not want to wait for anything.
            std::process::exit(130);
        });
        interrupt
    }

    /// Does something, but for no longer than until the program shall wait for nothing: then it is given up where it is,
    /// which ends what it owns.
    pub(super) async fn unless_now<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.now.cancelled() => None,
        }
    }
}

/// The signals that ask the program to stop.
#[cfg(unix)]
struct Signals {
    all: futures_util::stream::SelectAll<Received>,
}

#[cfg(unix)]
type Received = std::pin::Pin<Box<dyn futures_util::Stream<Item = ()> + Send>>;

#[cfg(unix)]
impl Signals {
    fn listen() -> Signals {
        use tokio::signal::unix::{SignalKind, signal};
        let mut kinds = vec![SignalKind::interrupt(), SignalKind::terminate(), SignalKind::quit()];
        // Whoever started it with `nohup` wants it to outlive the terminal.
        if !hangups_are_ignored() {
            kinds.push(SignalKind::hangup());
        }
        // A system that refuses leaves the signal as it is: it ends the program.
        let signals = kinds.into_iter().filter_map(|kind| signal(kind).ok());
        let streams =
            signals.map(|signal| {
                let received = futures_util::stream::unfold(signal, |mut signal| async move {
                    signal.recv().await.map(|()| ((), signal))
                });
                Box::pin(received) as Received
            });
        Signals { all: streams.collect() }
    }

    async fn next(&mut self) {
        use futures_util::StreamExt as _;
        if self.all.next().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// Whether the program was started with SIGHUP ignored. Known on Linux only.
#[cfg(unix)]
fn hangups_are_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
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
