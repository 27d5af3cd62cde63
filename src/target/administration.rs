//! What an administrator of a target does to accounts, as its profile says.
//!
//! Takes the profile's section `[administration]` and an administrator's access token; gives the requests. It sends nothing.

use serde::Deserialize;
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use super::template::{Values, render_text, render_value};
use threepid_engine::scenario::AccountChange;
use threepid_wire::http::{Origins, Outgoing};

/// The requests that put an account into another state. What is missing cannot be done.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Administration {
    /// Makes an account of no use but to log out.
    pub lock: Option<AdminRequest>,
    /// Takes that back.
    pub unlock: Option<AdminRequest>,
    /// Makes an account of little use.
    pub suspend: Option<AdminRequest>,
    /// Takes that back.
    pub unsuspend: Option<AdminRequest>,
}

/// One request, as an administrator.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdminRequest {
    /// The method: `PUT`.
    pub method: String,
    /// The path, from `/_` on; `{{user_id}}` is the account.
    pub path: String,
    /// The JSON body.
    #[serde(default)]
    pub body: Value,
}

/// The administrator of a target that is up.
#[derive(Debug, Clone)]
pub struct Administrator {
    /// What the profile says.
    pub section: Administration,
    /// The administrator's access token.
    pub access_token: String,
}

impl Administrator {
    /// The request that does it to an account; `None` if the profile does not say how.
    ///
    /// # Errors
    ///
    /// A message if the profile's request has a placeholder that is not known.
    pub fn request(&self, change: AccountChange, user_id: &str, origins: &Origins) -> Result<Option<Outgoing>, String> {
        let request = match change {
            AccountChange::Lock => &self.section.lock,
            AccountChange::Unlock => &self.section.unlock,
            AccountChange::Suspend => &self.section.suspend,
            AccountChange::Unsuspend => &self.section.unsuspend,
        };
        let Some(request) = request else {
            return Ok(None);
        };
        let place = format!("administration.{}", change.word());
        let values = |user_id: String| Values::from([("user_id".to_owned(), json!(user_id))]);
        let path = render_text(&request.path, &values(byte_serialize(user_id.as_bytes()).collect()), &place);
        let path = path.map_err(|fault| fault.to_string())?;
        let body =
            render_value(&request.body, &values(user_id.to_owned()), &place).map_err(|fault| fault.to_string())?;
        let outgoing =
            Outgoing::new(&request.method, origins.request_url(&path)).bearer(&self.access_token).json(&body);
        Ok(Some(outgoing))
    }
}
