//! Mail that did not come: whether that says something about the homeserver.
//!
//! It does not if the sink refused the mail at one of its limits, nor if the homeserver is gone meanwhile. One request
//! tells the latter, and is made only when mail is missing.

use super::context::Context;
use threepid_record::model::{Exchange, Stop, StopReason};
use threepid_wire::http::{Client, Outgoing};

/// What every homeserver answers to.
const VERSIONS: &str = "/_matrix/client/versions";

/// Why nothing can be said of the mail that is missing, if so, with the exchange that shows it, if one does.
pub(super) async fn excuse(
    refused: Option<String>,
    address: &str,
    client: &Client,
    context: &Context,
) -> Option<(Option<Exchange>, Stop)> {
    if let Some(reply) = refused {
        let message = refused_at_a_limit(address, &reply);
        return Some((None, Stop { reason: StopReason::Impossible, message }));
    }
    let exchange = client.send(Outgoing::new("GET", context.origins.request_url(VERSIONS))).await;
    let cause = exchange.failure.as_ref()?.message.clone();
    let message = format!("no mail came to {address}, and the homeserver no longer answers: {cause}");
    Some((Some(exchange), Stop { reason: StopReason::Unreachable, message }))
}

/// Why it cannot be said whether a mail was sent.
pub(super) fn refused_at_a_limit(address: &str, reply: &str) -> String {
    format!("the mail sink refused a mail at one of its limits that was to {address} or may have been: {reply}")
}
