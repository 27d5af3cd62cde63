//! The administrator's part in a trial: an account is locked or suspended, as the target's profile says.
//!
//! Takes a step and the trial's values; gives the exchange that did it, or why the trial cannot go on. It judges nothing: a
//! server that does not do what its profile says was not tested.

use threepid_engine::matching::Values;
use threepid_engine::scenario::Administration;
use threepid_record::model::{Exchange, Stop};
use threepid_wire::http::Client;

use super::context::Context;
use super::stop::{impossible, unbound};

/// Does it.
pub(super) async fn does(
    step: &Administration,
    values: &Values,
    context: &Context,
    client: &Client,
) -> Result<(Exchange, Result<(), Stop>), Stop> {
    let word = step.does.word();
    let account = values.fill_text(&step.account).map_err(unbound)?;
    let administrator = context.administrator.as_ref();
    let outgoing = administrator
        .and_then(|administrator| administrator.request(step.does, &account, &context.origins).transpose())
        .unwrap_or_else(|| Err(format!("the target's profile has no `administration.{word}`")))
        .map_err(impossible)?;
    let exchange = client.send(outgoing).await;
    let done = match exchange.response.as_ref().map(|response| response.status) {
        Some(200..=299) => Ok(()),
        Some(status) => Err(impossible(format!("the administrator could not {word} the account: {status}"))),
        None => Err(impossible(format!("the administrator could not {word} the account: no complete answer"))),
    };
    Ok((exchange, done))
}
