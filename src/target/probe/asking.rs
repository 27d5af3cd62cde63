//! Asking the target one thing.
//!
//! Takes a request to the client-server API; gives the exchange, which is noted too. It judges no answer.

use serde_json::Value;
use tokio::time::Instant;

use threepid_record::model::{Account, Exchange};
use threepid_wire::http::{Client, Outgoing};

use super::options::ProbeOptions;
use crate::target::patience;

/// Where a homeserver lists the versions of the specification.
pub(super) const VERSIONS: &str = "/_matrix/client/versions";

/// What the steps of the probe share.
pub(super) struct Asking<'a> {
    pub(super) options: &'a ProbeOptions,
    pub(super) client: &'a Client,
    pub(super) api: &'a str,
    pub(super) exchanges: &'a mut Vec<Exchange>,
}

impl Asking<'_> {
    /// Asks the client-server API, in its newest version that the target speaks.
    pub(super) async fn send(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        account: Option<&Account>,
    ) -> Exchange {
        let url = self.options.origins.request_url(&format!("/_matrix/client/{}{path}", self.api));
        let mut outgoing = Outgoing::new(method, url);
        if let Some(account) = account {
            outgoing = outgoing.bearer(&account.access_token);
        }
        if let Some(body) = body {
            outgoing = outgoing.json(body);
        }
        let deadline = Instant::now() + self.options.accounts.patience;
        patience::send(self.client, outgoing, deadline, self.exchanges).await
    }
}

/// An address as people write it, without the slash of an empty path.
pub(super) fn plain(url: &url::Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}
