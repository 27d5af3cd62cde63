//! The endpoints, one file for each part of the API.

pub(super) mod account;
pub(super) mod bind;
pub(super) mod lookup;
pub(super) mod pubkey;
pub(super) mod status;
pub(super) mod terms;
pub(super) mod unbind;
pub(super) mod validate;
