//! Waiting until a server answers.

use std::time::Duration;

use crate::target::error::StartError;
use crate::target::process::{Process, in_words};
use threepid_wire::http::{Client, HttpOptions, Outgoing, Shared};

/// Readiness is asked for at each new output of the server; for one that writes nothing, this often.
const SILENT_INTERVAL: Duration = Duration::from_millis(250);
/// The least time between two questions: a server that logs each of them must not keep both sides busy.
const LEAST_INTERVAL: Duration = Duration::from_millis(20);
/// How long one question for readiness may take; a server that has bound its port may still be busy.
const READY_TIMEOUT: Duration = Duration::from_secs(2);

/// Why a server did not get ready.
pub(super) enum NotReady {
    /// It ended: how.
    Ended(String),
    /// The limit passed: what the last question came to.
    Late(String),
}

/// Waits until the server answers. Each new output of the server may mean that it now does, so each is a reason to
/// ask; a server that is silent is asked at an interval.
pub(super) async fn wait_until_ready(
    process: &mut Process,
    url: &str,
    limit: Duration,
) -> Result<Result<(), NotReady>, StartError> {
    let deadline = tokio::time::Instant::now() + limit;
    let shared = Shared::new().map_err(|error| StartError::Http(error.to_string()))?;
    let http = HttpOptions { request_timeout: READY_TIMEOUT, ..HttpOptions::default() };
    let client = Client::new(&http, &shared).map_err(|error| StartError::Http(error.to_string()))?;
    let mut output = process.output();
    let mut last = "it was not asked yet".to_owned();
    loop {
        tokio::select! {
            biased;
            status = process.ended() => {
                let status = status.map_or_else(|error| error.to_string(), in_words);
                return Ok(Err(NotReady::Ended(status)));
            }
            () = tokio::time::sleep_until(deadline) => return Ok(Err(NotReady::Late(last))),
            exchange = async {
                tokio::time::sleep(LEAST_INTERVAL).await;
                // An error means that the output was closed; then the interval is all there is.
                let grown = async { if output.changed().await.is_err() { std::future::pending().await } };
                tokio::select! {
                    () = grown => {}
                    () = tokio::time::sleep(SILENT_INTERVAL) => {}
                }
                client.send(Outgoing::new("GET", url)).await
            } => match (exchange.response, exchange.failure) {
                (Some(response), None) if response.status == 200 => return Ok(Ok(())),
                (Some(response), None) => last = format!("it answered {}", response.status),
                (_, Some(failure)) => last = failure.message,
                (None, None) => {}
            },
        }
    }
}
