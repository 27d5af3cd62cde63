//! What is said of a target that was not seen, and of trials that are not run.
//!
//! Takes what was asked for; gives the reason why nothing more is started, so that a run that ends early never looks whole.
//! It asks nothing of any target.

use tokio_util::sync::CancellationToken;

use super::super::args::ApiChoice;
use super::Prepared;
use crate::suite::Settings;
use threepid_engine::plan::Api;
use threepid_record::model::TargetInfo;

impl Prepared<'_> {
    /// Why nothing more is started, if that is so.
    pub(super) fn stop_reason(&self, broken: &Option<String>, cancel: &CancellationToken) -> Option<&'static str> {
        self.settings.stop_reason(cancel).or_else(|| broken.as_ref().map(|_| Settings::ENDED))
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
pub(super) fn without_user(address: &str) -> String {
    let Ok(mut url) = url::Url::parse(address) else { return String::new() };
    if url.username().is_empty() && url.password().is_none() {
        return address.to_owned();
    }
    // Both fail only for an address without a host, which has no user either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}
