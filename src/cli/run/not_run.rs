//! What a run leaves: trials of variants that are not started any more.
//!
//! Takes what was selected; gives a record for each trial that was not run, with the reason, so that a run that ends
//! early never looks whole. It asks nothing of any target.

use tokio_util::sync::CancellationToken;

use super::super::args::ApiChoice;
use super::kept::Kept;
use super::{Prepared, Selected};
use crate::suite::not_run;
use threepid_engine::plan::{Api, plan};
use threepid_record::model::{TargetInfo, TrialRecord};
use threepid_views::report::events::RunEvent;

impl Prepared<'_> {
    /// Why nothing more is started, if that is so.
    pub(super) fn stop_reason(&self, broken: &Option<String>, cancel: &CancellationToken) -> Option<String> {
        let ended = || format!("{}the run ended before it", TrialRecord::NOT_RUN);
        self.settings.stop_reason(cancel).or_else(|| broken.as_ref().map(|_| ended()))
    }

    /// Records the trials of a variant as not run.
    pub(super) fn left(
        &self,
        variant: &str,
        scenarios: &[Selected],
        (info, apis): &(TargetInfo, Vec<Api>),
        reason: &str,
        kept: &mut Kept,
    ) {
        for planned in plan(&self.suite, scenarios, variant, info, apis, self.args.repeat) {
            let record = not_run(&planned.trial, reason.to_owned());
            if !self.only_rules {
                self.tell(RunEvent::Trial(&record));
            }
            kept.trial(record, info);
        }
    }

    /// What is known before any variant has answered.
    pub(super) fn unseen(&self) -> (TargetInfo, Vec<Api>) {
        let apis = match self.args.api {
            ApiChoice::Auto | ApiChoice::V3 => vec![Api::V3],
            ApiChoice::R0 => vec![Api::R0],
            ApiChoice::Both => vec![Api::V3, Api::R0],
        };
        (self.unknown_target(), apis)
    }

    /// A target of which nothing was seen.
    pub(super) fn unknown_target(&self) -> TargetInfo {
        let url = self.args.homeserver.as_deref().map(without_user).unwrap_or_default();
        self.told(TargetInfo {
            name: self.profile.label(),
            public_url: url.clone(),
            url,
            versions: Vec::new(),
            server: None,
            abilities: Vec::new(),
            defects: Vec::new(),
            shapes: Vec::new(),
        })
    }

    /// The target with what it was told to do otherwise.
    pub(super) fn told(&self, info: TargetInfo) -> TargetInfo {
        TargetInfo { defects: self.args.defect.clone(), shapes: self.args.shape.clone(), ..info }
    }
}

/// An address without a user and a password in it.
fn without_user(address: &str) -> String {
    let Ok(mut url) = url::Url::parse(address) else { return String::new() };
    if url.username().is_empty() && url.password().is_none() {
        return address.to_owned();
    }
    // Both fail only for an address without a host, which has no user either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}
