//! Where the identity server answers.

/// What the v2 API is below.
pub(super) const V2: &str = "/_matrix/identity/v2";
/// Where the link in a mail leads, below [`V2`].
pub(super) const SUBMIT: &str = "/validate/email/submitToken";
