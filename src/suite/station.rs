//! A target that is up and probed, and what its trials share.

use std::future::Future;
use std::pin::Pin;

use tokio::time::Instant;
use url::Url;

use crate::mail::{Mailbox, Sink, read_mail};
use crate::model::{Arrival, Mail};
use crate::plan::Api;
use crate::run::Context;
use crate::target::{ProbeMail, ProbeMailbox, Target};

/// A target with everything that trials on it need.
pub struct Station {
    /// The target as the preflight found it.
    pub target: Target,
    /// What trials share.
    pub context: Context,
    /// The variant's name.
    pub variant: String,
}

impl Station {
    /// The API versions that the target serves, newest first.
    pub fn apis(&self) -> Vec<Api> {
        [Api::V3, Api::R0].into_iter().filter(|api| self.target.apis.contains(&api.to_string())).collect()
    }
}

/// The sink, as the preflight uses it.
pub struct Mailroom {
    /// The sink.
    pub sink: Sink,
    /// The addresses under which the target is known.
    pub origins: Vec<Url>,
}

impl ProbeMail for Mailroom {
    fn open(&self, address: &str) -> Box<dyn ProbeMailbox + '_> {
        Box::new(Watched { mailbox: self.sink.mailbox(address), origins: &self.origins })
    }

    fn listens_on(&self) -> String {
        self.sink.addr().to_string()
    }

    fn strays(&self) -> Vec<Arrival> {
        self.sink.strays()
    }
}

struct Watched<'a> {
    mailbox: Mailbox,
    origins: &'a [Url],
}

impl ProbeMailbox for Watched<'_> {
    fn first(&mut self, deadline: Instant) -> Pin<Box<dyn Future<Output = Option<Mail>> + Send + '_>> {
        Box::pin(async move {
            let received = self.mailbox.receive(1, deadline).await;
            received.first().map(|mail| read_mail(mail, self.origins))
        })
    }
}
