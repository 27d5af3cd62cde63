//! The endpoints, one file for each part of the flow.
//!
//! *Take* the shared server, the caller and the body; *give* a response or a [`MatrixError`](super::answer::MatrixError);
//! *never* route, and never hold the state's lock across an await.

pub(super) mod add;
pub(super) mod admin;
pub(super) mod binding;
pub(super) mod deactivate;
pub(super) mod federation;
pub(super) mod link;
pub(super) mod login;
pub(super) mod password;
pub(super) mod profile;
pub(super) mod pushers;
pub(super) mod register;
pub(super) mod request_token;
pub(super) mod submit;
pub(super) mod threepids;
pub(super) mod versions;
