//! What stands for the identity server in a program that is built without it.
//!
//! There is never one of these, so nothing is ever asked of it.

use super::behaviour::{Behaviour, Matcher};
use threepid_record::model::Asked;

/// An identity server that cannot be made: this is built without the feature `identity-server`.
#[derive(Debug)]
pub enum IdentityServer {}

impl IdentityServer {
    pub(crate) fn name(&self) -> &str {
        match *self {}
    }

    pub(crate) fn url(&self) -> String {
        match *self {}
    }

    pub(crate) fn ca_pem(&self) -> &str {
        match *self {}
    }

    pub(crate) fn asked(&self, _: &Matcher) -> Vec<Asked> {
        match *self {}
    }

    pub(crate) fn behave(&self, _: Matcher, _: Behaviour) {
        match *self {}
    }

    pub(crate) fn calm(&self, _: &str) {
        match *self {}
    }
}
